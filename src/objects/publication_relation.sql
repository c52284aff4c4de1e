-- tables of publications. PostgreSQL 14 has neither column lists nor row filters: there the names mean those of `absent`
SELECT 'pg_publication_rel'::regclass::oid AS classid, r.oid AS objid, 0 AS objsubid,
       p.pubname AS publication, n.nspname AS schema, c.relname AS relation,
       (SELECT pg_get_expr(prqual, prrelid) FROM pg_publication_rel own WHERE own.oid = r.oid) AS filter,
       (SELECT CASE WHEN prattrs IS NOT NULL THEN ARRAY(SELECT a.attname::text FROM pg_attribute a
                 WHERE a.attrelid = prrelid AND a.attnum = ANY(prattrs)) END
          FROM pg_publication_rel own WHERE own.oid = r.oid) AS columns
  FROM pg_publication_rel r
 CROSS JOIN (SELECT NULL::pg_node_tree AS prqual, NULL::int2vector AS prattrs) absent
  JOIN pg_publication p ON p.oid = r.prpubid
  JOIN pg_class c ON c.oid = r.prrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_publication'::regclass AND e.objid = p.oid AND e.deptype = 'e')
