-- materialized views
SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.relname AS relation, pg_get_viewdef(c.oid) AS definition, c.reloptions AS options, tc.reloptions AS toast_options,
       CASE WHEN am.amname <> 'heap' THEN am.amname::text END AS access_method, ts.spcname::text AS tablespace,
       c.relispopulated AS populated,
       c.reltype AS row_type, r.oid AS rule,
       (SELECT jsonb_agg(jsonb_build_object('name', a.attname, 'type',
                 CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname::text ELSE tn.nspname || '.' || t.typname END,
                 'typmod', a.atttypmod, 'comment', col_description(c.oid, a.attnum), 'acl', a.attacl::text[],
                 'default', pg_get_expr(d.adbin, d.adrelid),
                 'collation', CASE WHEN a.attcollation <> t.typcollation THEN jsonb_build_array(cn.nspname, co.collname) END)
                 ORDER BY a.attnum)
          FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace tn ON tn.oid = t.typnamespace
          LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
          LEFT JOIN pg_collation co ON co.oid = a.attcollation LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text AS columns,
       (SELECT jsonb_object_agg(a.attname, jsonb_build_object('storage',
                 CASE WHEN a.attstorage <> t.typstorage
                      THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END END,
                 'compression', CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END,
                 'options', (SELECT coalesce(jsonb_object_agg(split_part(o, '=', 1), substr(o, strpos(o, '=') + 1)), '{}')
                               FROM unnest(a.attoptions) o),
                 'statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget END))
          FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND (a.attstorage <> t.typstorage OR a.attstattarget >= 0 OR a.attcompression <> '' OR a.attoptions IS NOT NULL))::text AS settings,
       pg_get_userbyid(c.relowner)::text AS owner, c.relacl::text[] AS acl, obj_description(c.oid, 'pg_class') AS comment
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN'
  LEFT JOIN pg_am am ON am.oid = c.relam
  LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
  LEFT JOIN pg_class tc ON tc.oid = c.reltoastrelid
 WHERE c.relkind = 'm' AND c.relpersistence <> 't'
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
