-- procedures
SELECT 'pg_proc'::regclass::oid AS classid, p.oid AS objid, 0 AS objsubid,
       n.nspname::text AS schema, p.proname::text AS name, l.lanname::text AS language,
       (SELECT jsonb_agg(jsonb_build_object('name', coalesce(p.proargnames[a.n], ''), 'mode', coalesce(p.proargmodes[a.n], 'i'),
                 'key', CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname::text ELSE tn.nspname || '.' || t.typname END,
                 'sql', format_type(a.id, -1)) ORDER BY a.n)
          FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY a(id, n)
          JOIN pg_type t ON t.oid = a.id JOIN pg_namespace tn ON tn.oid = t.typnamespace)::text AS arguments,
       pg_get_expr(p.proargdefaults, 0) AS defaults,
       p.prosecdef AS security_definer, p.proconfig AS settings,
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
 WHERE p.prokind = 'p'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
