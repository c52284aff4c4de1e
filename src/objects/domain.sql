-- domains, those below first
SELECT 'pg_type'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, t.typname AS name, t.typarray AS array_oid,
       CASE WHEN bn.nspname = 'pg_catalog' THEN b.typname::text ELSE bn.nspname || '.' || b.typname END AS type_key,
       t.typtypmod AS type_typmod, format_type(t.typbasetype, t.typtypmod) AS type_sql,
       CASE WHEN t.typcollation <> b.typcollation THEN cn.nspname END AS collation_schema,
       CASE WHEN t.typcollation <> b.typcollation THEN co.collname END AS collation_name,
       pg_get_expr(t.typdefaultbin, 0) AS expression, t.typnotnull AS not_null,
       (SELECT k.conname::text FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'n') AS not_null_name,
       pg_get_userbyid(t.typowner) AS owner, t.typacl::text[] AS acl, obj_description(t.oid, 'pg_type') AS comment
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_type b ON b.oid = t.typbasetype
  JOIN pg_namespace bn ON bn.oid = b.typnamespace
  LEFT JOIN pg_collation co ON co.oid = t.typcollation
  LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
 WHERE t.typtype = 'd'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
 ORDER BY t.oid
