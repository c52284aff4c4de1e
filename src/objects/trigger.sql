-- triggers of tables and views; those that PostgreSQL makes for itself and clones for partitions apart
SELECT 'pg_trigger'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.relname AS relation, t.tgname AS name, c.relkind = 'v' AS of_view,
       pg_get_triggerdef(t.oid) AS definition, t.tgenabled::text AS firing,
       -- clones that fire otherwise than what they are clones of
       CASE WHEN c.relkind = 'p' THEN (
         SELECT jsonb_agg(jsonb_build_array(kn.nspname, kc.relname, k.tgenabled::text))::text
           FROM pg_partition_tree(c.oid) p
           JOIN pg_trigger k ON k.tgrelid = p.relid AND k.tgname = t.tgname AND k.tgparentid <> 0
           JOIN pg_trigger kp ON kp.oid = k.tgparentid AND kp.tgenabled <> k.tgenabled
           JOIN pg_class kc ON kc.oid = k.tgrelid
           JOIN pg_namespace kn ON kn.oid = kc.relnamespace) END AS clones,
       NULL::text AS owner, NULL::text[] AS acl, obj_description(t.oid, 'pg_trigger') AS comment
  FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.relkind IN ('r', 'v', 'p', 'f')
   AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.deptype = 'e'
                      AND (e.classid = 'pg_class'::regclass AND e.objid = c.oid
                           OR e.classid = 'pg_trigger'::regclass AND e.objid = t.oid))
