-- columns of tables, with identity sequences and generation expressions; what few columns have is looked up for these
-- alone, which is cheaper than to join it to all
SELECT 'pg_class'::regclass::oid AS classid, a.attrelid AS objid, a.attnum::int AS objsubid,
       n.nspname AS schema, c.relname AS relation, a.attname AS name,
       CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname::text ELSE tn.nspname || '.' || t.typname END AS type_key,
       a.atttypmod AS type_typmod, format_type(a.atttypid, a.atttypmod) AS type_sql,
       CASE WHEN a.attcollation <> t.typcollation THEN (
           SELECT jsonb_build_object('schema', cn.nspname, 'name', co.collname)
             FROM pg_collation co JOIN pg_namespace cn ON cn.oid = co.collnamespace
            WHERE co.oid = a.attcollation)::text END AS collation,
       a.attnotnull AS not_null,
       nn.conname AS not_null_name, nn.connoinherit AS not_null_no_inherit, nn.convalidated AS not_null_valid,
       nn.conislocal AS not_null_local, nd.description AS not_null_comment,
       CASE WHEN c.relispartition THEN '' ELSE a.attidentity::text END AS identity, a.attgenerated::text AS generated,
       CASE WHEN a.attgenerated <> '' THEN (
           SELECT pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum) END AS expression,
       CASE WHEN a.attidentity <> '' AND NOT c.relispartition THEN (
           SELECT jsonb_build_object(
                      'name', jsonb_build_object('schema', sn.nspname, 'name', sc.relname),
                      'owner', pg_get_userbyid(sc.relowner), 'acl', sc.relacl::text[],
                      'comment', obj_description(sc.oid, 'pg_class'),
                      'options', jsonb_build_object('data_type', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'increment', s.seqincrement,
                          'min', s.seqmin, 'max', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle))
             FROM pg_depend i
             JOIN pg_sequence s ON s.seqrelid = i.objid
             JOIN pg_class sc ON sc.oid = s.seqrelid
             JOIN pg_namespace sn ON sn.oid = sc.relnamespace
            WHERE i.refclassid = 'pg_class'::regclass AND i.refobjid = a.attrelid AND i.refobjsubid = a.attnum
              AND i.classid = 'pg_class'::regclass AND i.deptype = 'i')::text END AS sequence,
       CASE WHEN a.attstorage <> t.typstorage
            THEN CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END
       END AS storage,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::int2 END AS statistics,
       a.attoptions AS options, a.attfdwoptions AS foreign_options, NOT a.attislocal AS inherited, c.reloftype <> 0 AS of_type,
       NULL::text AS owner, a.attacl::text[] AS acl,
       ds.description AS comment
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_type t ON t.oid = a.atttypid
  JOIN pg_namespace tn ON tn.oid = t.typnamespace
  LEFT JOIN pg_constraint nn ON nn.conrelid = a.attrelid AND nn.contype = 'n' AND nn.conkey = ARRAY[a.attnum]
  LEFT JOIN pg_description nd ON nd.classoid = 'pg_constraint'::regclass AND nd.objoid = nn.oid AND nd.objsubid = 0
  LEFT JOIN pg_description ds ON ds.classoid = 'pg_class'::regclass AND ds.objoid = a.attrelid AND ds.objsubid = a.attnum
 WHERE a.attnum > 0 AND NOT a.attisdropped
   AND c.relkind IN ('r', 'p', 'f')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
