-- casts; the one from a range type to its multirange type belongs to the range type
SELECT 'pg_cast'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       CASE WHEN sn.nspname = 'pg_catalog' THEN s.typname::text ELSE sn.nspname || '.' || s.typname END AS source_key,
       -1 AS source_typmod, format_type(s.oid, -1) AS source_sql,
       CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname::text ELSE tn.nspname || '.' || t.typname END AS target_key,
       -1 AS target_typmod, format_type(t.oid, -1) AS target_sql,
       c.castmethod::text AS method, c.castcontext::text AS context,
       pn.nspname::text AS function_schema, p.proname::text AS function_name, p.provolatile::text AS volatility,
       (SELECT array_agg(CASE WHEN an.nspname = 'pg_catalog' THEN a.typname::text ELSE an.nspname || '.' || a.typname END ORDER BY i.n)
          FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY i(id, n)
          JOIN pg_type a ON a.oid = i.id JOIN pg_namespace an ON an.oid = a.typnamespace) AS arguments,
       NULL::text AS owner, NULL::text[] AS acl, obj_description(c.oid, 'pg_cast') AS comment
  FROM pg_cast c
  JOIN pg_type s ON s.oid = c.castsource
  JOIN pg_namespace sn ON sn.oid = s.typnamespace
  JOIN pg_type t ON t.oid = c.casttarget
  JOIN pg_namespace tn ON tn.oid = t.typnamespace
  LEFT JOIN pg_proc p ON p.oid = c.castfunc
  LEFT JOIN pg_namespace pn ON pn.oid = p.pronamespace
 WHERE c.oid >= 16384
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_cast'::regclass AND e.objid = c.oid AND e.deptype IN ('e', 'i'))
