-- extensions
SELECT 'pg_extension'::regclass::oid AS classid, x.oid AS objid, 0 AS objsubid,
       x.extname AS name, n.nspname AS schema, x.extversion AS version,
       NULL::text AS owner, NULL::text[] AS acl,
       obj_description(x.oid, 'pg_extension') AS comment,
       (SELECT a.comment FROM pg_available_extensions() a WHERE a.name = x.extname) AS given_comment
  FROM pg_extension x
  JOIN pg_namespace n ON n.oid = x.extnamespace
 ORDER BY x.oid
