-- transforms between types and languages; those of extensions are not ours
SELECT 'pg_transform'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       CASE WHEN yn.nspname = 'pg_catalog' THEN y.typname::text ELSE yn.nspname || '.' || y.typname END AS type_key,
       -1 AS type_typmod, format_type(y.oid, -1) AS type_sql, l.lanname::text AS language,
       fn.nspname::text AS from_schema, f.proname::text AS from_name,
       gn.nspname::text AS to_schema, g.proname::text AS to_name,
       NULL::text AS owner, NULL::text[] AS acl, obj_description(t.oid, 'pg_transform') AS comment
  FROM pg_transform t
  JOIN pg_type y ON y.oid = t.trftype
  JOIN pg_namespace yn ON yn.oid = y.typnamespace
  JOIN pg_language l ON l.oid = t.trflang
  LEFT JOIN pg_proc f ON f.oid = t.trffromsql
  LEFT JOIN pg_namespace fn ON fn.oid = f.pronamespace
  LEFT JOIN pg_proc g ON g.oid = t.trftosql
  LEFT JOIN pg_namespace gn ON gn.oid = g.pronamespace
 WHERE t.oid >= 16384
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_transform'::regclass AND e.objid = t.oid AND e.deptype = 'e')
