-- tables: partitioned and foreign ones and partitions among them
SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.relname AS relation, c.relpersistence = 'u' AS unlogged,
       CASE WHEN am.amname <> 'heap' THEN am.amname::text END AS access_method, ts.spcname::text AS tablespace,
       c.reloptions AS options, tc.reloptions AS toast_options, c.reloftype::regtype::text AS of_type,
       CASE WHEN c.relkind = 'f' THEN 'd' ELSE c.relreplident::text END AS replica_identity, c.relrowsecurity AS row_security, c.relforcerowsecurity AS row_security_forced,
       CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_by,
       ARRAY(SELECT format('%s', json_build_array(pn.nspname, p.relname)) FROM pg_inherits h
               JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
              WHERE h.inhrelid = c.oid AND NOT c.relispartition ORDER BY h.inhseqno) AS parents,
       c.reltype AS row_type, c.relpages::int8 AS pages, c.reltuples::int8 AS rows,
       CASE WHEN c.relkind = 'f' THEN 0::int8 WHEN c.relpages = 0 THEN pg_relation_size(c.oid) ELSE c.relpages::int8 * 8192 END AS bytes,
       fs.srvname::text AS server, ft.ftoptions AS foreign_options,
       pg_get_userbyid(c.relowner)::text AS owner, c.relacl::text[] AS acl, ds.description AS comment
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_am am ON am.oid = c.relam
  LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
  LEFT JOIN pg_class tc ON tc.oid = c.reltoastrelid
  LEFT JOIN pg_foreign_table ft ON ft.ftrelid = c.oid
  LEFT JOIN pg_foreign_server fs ON fs.oid = ft.ftserver
  LEFT JOIN pg_description ds ON ds.classoid = 'pg_class'::regclass AND ds.objoid = c.oid AND ds.objsubid = 0
 WHERE c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
