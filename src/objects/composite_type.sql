-- composite types that are not the row type of a table or view
SELECT 'pg_type'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       'pg_class'::regclass::oid AS class_classid, c.oid AS class_oid, t.typarray AS array_oid,
       n.nspname AS schema, t.typname AS name,
       coalesce(a.names, '{}') AS names, coalesce(a.keys, '{}') AS keys, coalesce(a.typmods, '{}') AS typmods,
       coalesce(a.types, '{}') AS types, coalesce(a.collation_schemas, '{}') AS collation_schemas,
       coalesce(a.collation_names, '{}') AS collation_names,
       coalesce(a.comments, '{}') AS comments,
       pg_get_userbyid(t.typowner) AS owner, t.typacl::text[] AS acl, obj_description(t.oid, 'pg_type') AS comment
  FROM pg_type t
  JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN (
       SELECT a.attrelid,
              array_agg(a.attname::text ORDER BY a.attnum) AS names,
              array_agg(CASE WHEN tn.nspname = 'pg_catalog' THEN b.typname::text ELSE tn.nspname || '.' || b.typname END ORDER BY a.attnum) AS keys,
              array_agg(a.atttypmod ORDER BY a.attnum) AS typmods,
              array_agg(ds.description ORDER BY a.attnum) AS comments,
              array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types,
              array_agg(CASE WHEN a.attcollation <> b.typcollation THEN cn.nspname::text END ORDER BY a.attnum) AS collation_schemas,
              array_agg(CASE WHEN a.attcollation <> b.typcollation THEN co.collname::text END ORDER BY a.attnum) AS collation_names
         FROM pg_attribute a
         JOIN pg_class r ON r.oid = a.attrelid AND r.relkind = 'c'
         JOIN pg_type b ON b.oid = a.atttypid
         JOIN pg_namespace tn ON tn.oid = b.typnamespace
         LEFT JOIN pg_collation co ON co.oid = a.attcollation
         LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
         LEFT JOIN pg_description ds ON ds.classoid = 'pg_class'::regclass AND ds.objoid = a.attrelid AND ds.objsubid = a.attnum
        WHERE a.attnum > 0 AND NOT a.attisdropped
        GROUP BY a.attrelid) a ON a.attrelid = c.oid
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
 ORDER BY t.oid
