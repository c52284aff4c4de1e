-- triggers of tables and views; those that PostgreSQL makes for itself and clones for partitions apart
SELECT 'pg_trigger'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.relname AS relation, t.tgname AS name, c.relkind = 'v' AS of_view,
       pg_get_triggerdef(t.oid) AS definition, t.tgenabled::text AS firing,
       NULL::text AS owner, NULL::text[] AS acl, obj_description(t.oid, 'pg_trigger') AS comment
  FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.relkind IN ('r', 'v', 'p', 'f')
   AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e'
                      AND (e.classid = 'pg_class'::regclass AND e.objid = c.oid
                           OR e.classid = 'pg_trigger'::regclass AND e.objid = t.oid))
