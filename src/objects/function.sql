-- functions and window functions; those that a range type made with itself belong to the type
SELECT 'pg_proc'::regclass::oid AS classid, p.oid AS objid, 0 AS objsubid,
       n.nspname::text AS schema, p.proname::text AS name, p.prokind::text AS kind, l.lanname::text AS language,
       (SELECT jsonb_agg(jsonb_build_object('name', coalesce(p.proargnames[a.n], ''), 'mode', coalesce(p.proargmodes[a.n], 'i'),
                 'key', CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname::text ELSE tn.nspname || '.' || t.typname END,
                 'sql', format_type(a.id, -1)) ORDER BY a.n)
          FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY a(id, n)
          JOIN pg_type t ON t.oid = a.id JOIN pg_namespace tn ON tn.oid = t.typnamespace)::text AS arguments,
       pg_get_expr(p.proargdefaults, 0) AS defaults,
       CASE WHEN rn.nspname = 'pg_catalog' THEN r.typname::text ELSE rn.nspname || '.' || r.typname END AS result_key,
       -1 AS result_typmod, format_type(p.prorettype, -1) AS result_sql, p.proretset AS returns_set,
       p.provolatile::text AS volatility, p.proparallel::text AS parallel, p.procost AS cost, p.prorows AS rows,
       p.proleakproof AS leakproof, p.prosecdef AS security_definer, p.proisstrict AS strict, p.proconfig AS settings,
       sn.nspname AS support_schema, s.proname AS support_name,
       (SELECT jsonb_agg(jsonb_build_object('key',
                 CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname::text ELSE tn.nspname || '.' || t.typname END,
                 'sql', format_type(t.oid, -1)) ORDER BY a.n)
          FROM unnest(p.protrftypes) WITH ORDINALITY a(id, n)
          JOIN pg_type t ON t.oid = a.id JOIN pg_namespace tn ON tn.oid = t.typnamespace)::text AS transforms,
       p.prosrc AS source, p.probin AS library, pg_get_function_sqlbody(p.oid) AS body,
       pg_get_userbyid(p.proowner)::text AS owner, p.proacl::text[] AS acl, obj_description(p.oid, 'pg_proc') AS comment
  FROM pg_proc p
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_language l ON l.oid = p.prolang
  JOIN pg_type r ON r.oid = p.prorettype
  JOIN pg_namespace rn ON rn.oid = r.typnamespace
  LEFT JOIN pg_proc s ON s.oid = p.prosupport
  LEFT JOIN pg_namespace sn ON sn.oid = s.pronamespace
 WHERE p.prokind IN ('f', 'w')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype IN ('e', 'i'))
