-- defaults of columns, which refer to no column; generated columns keep their expression in the same place and are read with the column
SELECT 'pg_attrdef'::regclass::oid AS classid, d.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.relname AS relation, a.attname AS name,
       pg_get_expr(d.adbin, 0) AS expression
  FROM pg_attrdef d
  JOIN pg_class c ON c.oid = d.adrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
 WHERE a.attgenerated = '' AND NOT a.attisdropped
   AND c.relkind IN ('r', 'p', 'v', 'f')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
