-- rules of tables and views; those that make a view apart
SELECT 'pg_rewrite'::regclass::oid AS classid, r.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.relname AS relation, r.rulename AS name, c.relkind = 'v' AS of_view,
       pg_get_ruledef(r.oid) AS definition, r.ev_enabled::text AS firing,
       NULL::text AS owner, NULL::text[] AS acl, obj_description(r.oid, 'pg_rewrite') AS comment
  FROM pg_rewrite r
  JOIN pg_class c ON c.oid = r.ev_class
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE r.rulename <> '_RETURN' AND c.relkind IN ('r', 'v', 'p')
   AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
