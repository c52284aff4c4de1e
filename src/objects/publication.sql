-- publications; the schemas are found by what depends on them, since PostgreSQL 14 has no catalogue of them
SELECT 'pg_publication'::regclass::oid AS classid, p.oid AS objid, 0 AS objsubid,
       p.pubname AS name, p.puballtables AS all_tables, p.pubviaroot AS via_root,
       coalesce(to_jsonb(p) ->> 'pubgencols', 'n') = 's' AS generated,
       array_remove(ARRAY[CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                          CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END], NULL) AS publish,
       ARRAY(SELECT n.nspname::text FROM pg_depend d
               JOIN pg_depend s ON s.classid = d.classid AND s.objid = d.objid AND s.refclassid = 'pg_namespace'::regclass
               JOIN pg_namespace n ON n.oid = s.refobjid
              WHERE d.refclassid = 'pg_publication'::regclass AND d.refobjid = p.oid
                AND d.classid <> 'pg_publication_rel'::regclass) AS schemas,
       pg_get_userbyid(p.pubowner)::text AS owner, NULL::text[] AS acl, obj_description(p.oid, 'pg_publication') AS comment
  FROM pg_publication p
 WHERE NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_publication'::regclass AND e.objid = p.oid AND e.deptype = 'e')
