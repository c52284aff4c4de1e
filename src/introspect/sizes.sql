-- bytes of everything that is stored: a table with its indexes and large values, a partitioned one with its partitions
SELECT n.nspname AS schema, c.relname AS name,
       CASE c.relkind WHEN 'p' THEN (SELECT sum(pg_total_relation_size(t.relid)) FROM pg_partition_tree(c.oid) t)
                      WHEN 'I' THEN (SELECT sum(pg_relation_size(t.relid)) FROM pg_partition_tree(c.oid) t)
                      ELSE pg_total_relation_size(c.oid) END::bigint AS bytes
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'm', 'p', 'i', 'I', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
