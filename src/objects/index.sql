-- indexes of ordinary tables and materialized views that no constraint owns
SELECT 'pg_class'::regclass::oid AS classid, i.indexrelid AS objid, 0 AS objsubid,
       n.nspname AS schema, ic.relname AS name, c.relname AS relation, c.relkind = 'm' AS materialized,
       pg_get_indexdef(i.indexrelid) AS definition, i.indisclustered AS clustered, i.indisreplident AS replica_identity,
       i.indisvalid AS valid, ic.relispartition AS derived, ic.reloptions AS options, ts.spcname::text AS tablespace,
       ARRAY(SELECT a.attnum || ' ' || (to_jsonb(a) ->> 'attstattarget') FROM pg_attribute a
              WHERE a.attrelid = ic.oid AND a.attstattarget >= 0 ORDER BY a.attnum) AS statistics,
       ic.relpages::int8 AS pages,
       NULL::text AS owner, NULL::text[] AS acl, obj_description(ic.oid, 'pg_class') AS comment
  FROM pg_index i
  JOIN pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = ic.relnamespace
  LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
 WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
