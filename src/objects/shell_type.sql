-- types that are a name only
SELECT 'pg_type'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid, n.nspname AS schema, t.typname AS name
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE NOT t.typisdefined
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
