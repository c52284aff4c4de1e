-- primary keys, unique, check and exclusion constraints of ordinary tables
SELECT 'pg_constraint'::regclass::oid AS classid, k.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.relname AS relation, k.conname AS name, k.contype::text AS type,
       pg_get_constraintdef(k.oid) AS definition, k.convalidated AS valid, k.conparentid <> 0 AS derived, NOT k.conislocal AS inherited,
       k.conindid AS index_oid, i.indisclustered AS clustered, i.indisreplident AS replica_identity, i.indisvalid AS index_valid,
       c.relkind = 'p' AS partitioned, un.nspname::text AS parent_schema, u.relname::text AS parent_index,
       ic.reloptions AS options, ts.spcname::text AS tablespace,
       NULL::text AS owner, NULL::text[] AS acl, ds.description AS comment,
       di.description AS index_comment
  FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
  LEFT JOIN pg_class ic ON ic.oid = i.indexrelid
  LEFT JOIN pg_inherits h ON h.inhrelid = ic.oid
  LEFT JOIN pg_class u ON u.oid = h.inhparent
  LEFT JOIN pg_namespace un ON un.oid = u.relnamespace
  LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
  LEFT JOIN pg_description ds ON ds.classoid = 'pg_constraint'::regclass AND ds.objoid = k.oid AND ds.objsubid = 0
  LEFT JOIN pg_description di ON di.classoid = 'pg_class'::regclass AND di.objoid = ic.oid AND di.objsubid = 0
 WHERE k.contype IN ('p', 'u', 'c', 'x') AND c.relkind IN ('r', 'p', 'f')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
