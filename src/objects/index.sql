-- indexes of ordinary tables and materialized views that no constraint owns
SELECT 'pg_class'::regclass::oid AS classid, i.indexrelid AS objid, 0 AS objsubid,
       n.nspname AS schema, ic.relname AS name, c.relname AS relation, c.relkind = 'm' AS materialized,
       CASE WHEN w.definition IS NULL OR st.special THEN pg_get_indexdef(i.indexrelid)
            ELSE w.definition || coalesce(' WHERE ' || pg_get_expr(i.indpred, i.indrelid), '') END AS definition,
       i.indisclustered AS clustered, i.indisreplident AS replica_identity,
       i.indisvalid AS valid, c.relkind = 'p' AS partitioned, un.nspname::text AS parent_schema, u.relname::text AS parent_index,
       ic.reloptions AS options, ts.spcname::text AS tablespace,
       coalesce(st.targets, '{}') AS statistics,
       ic.relpages::int8 AS pages,
       NULL::text AS owner, NULL::text[] AS acl, ds.description AS comment
  FROM pg_index i
  JOIN pg_class ic ON ic.oid = i.indexrelid
  JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = ic.relnamespace
  LEFT JOIN pg_inherits h ON h.inhrelid = ic.oid
  LEFT JOIN pg_class u ON u.oid = h.inhparent
  LEFT JOIN pg_namespace un ON un.oid = u.relnamespace
  LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
  LEFT JOIN pg_description ds ON ds.classoid = 'pg_class'::regclass AND ds.objoid = ic.oid AND ds.objsubid = 0
  LEFT JOIN (
       SELECT a.attrelid, bool_or(a.attoptions IS NOT NULL) AS special,
              array_agg(a.attnum || ' ' || a.attstattarget ORDER BY a.attnum) FILTER (WHERE a.attstattarget >= 0) AS targets
         FROM pg_attribute a
        WHERE a.attnum > 0 AND (a.attstattarget >= 0 OR a.attoptions IS NOT NULL)
        GROUP BY a.attrelid) st ON st.attrelid = ic.oid
  LEFT JOIN (
       -- what most indexes are, columns without anything special, is put together here: pg_get_indexdef looks at every
       -- column of the table each time
       SELECT e.indexrelid,
              'CREATE ' || CASE WHEN e.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX ON t USING ' || quote_ident(max(am.amname::text))
                  || ' (' || string_agg(quote_ident(a.attname)
                  || CASE e.option WHEN 0 THEN '' WHEN 1 THEN ' DESC NULLS LAST' WHEN 2 THEN ' NULLS FIRST' ELSE ' DESC' END,
                  ', ' ORDER BY e.place) FILTER (WHERE e.class IS NOT NULL) || ')'
                  || coalesce(' INCLUDE (' || string_agg(quote_ident(a.attname), ', ' ORDER BY e.place) FILTER (WHERE e.class IS NULL)
                  || ')', '') AS definition
              -- a column that came with PostgreSQL 15, and what it is before
         FROM (SELECT false AS indnullsnotdistinct) before,
              LATERAL (
              -- columns of INCLUDE have no class
              SELECT indexrelid, indrelid, indisunique, unnest(indkey::int2[]) AS number, unnest(indclass::oid[]) AS class,
                     unnest(indcollation::oid[]) AS coll, unnest(indoption::int2[]) AS option,
                     generate_subscripts(indkey, 1) + 1 AS place
                FROM pg_index
               WHERE indrelid >= 16384 AND indexprs IS NULL AND NOT indisprimary AND NOT indnullsnotdistinct) e
         JOIN pg_attribute a ON a.attrelid = e.indrelid AND a.attnum = e.number AND a.attnum > 0
         JOIN pg_type t ON t.oid = a.atttypid
         LEFT JOIN pg_opclass o ON o.oid = e.class
         LEFT JOIN pg_am am ON am.oid = o.opcmethod
        GROUP BY e.indexrelid, e.indisunique
       HAVING bool_and(e.class IS NULL OR o.opcdefault AND e.coll IN (0, a.attcollation)
              AND (o.opcintype = a.atttypid
                   OR NOT EXISTS (SELECT FROM pg_opclass q WHERE q.opcmethod = o.opcmethod AND q.opcintype = a.atttypid AND q.opcdefault)
                      AND (a.atttypid = 'varchar'::regtype AND o.opcintype = 'text'::regtype
                           OR t.typtype = 'e' AND o.opcintype = 'anyenum'::regtype
                           OR t.typtype = 'r' AND o.opcintype = 'anyrange'::regtype
                           OR t.typcategory = 'A' AND t.typtype = 'b' AND o.opcintype = 'anyarray'::regtype)))) w ON w.indexrelid = i.indexrelid
 WHERE c.relkind IN ('r', 'm', 'p') AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
