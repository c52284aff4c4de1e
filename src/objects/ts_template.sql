-- text search templates, which nobody owns
SELECT 'pg_ts_template'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, t.tmplname AS name,
       jn.nspname AS init_schema, j.proname AS init_name, ln.nspname AS lexize_schema, l.proname AS lexize_name,
       NULL::text AS owner, NULL::text[] AS acl, obj_description(t.oid, 'pg_ts_template') AS comment
  FROM pg_ts_template t
  JOIN pg_namespace n ON n.oid = t.tmplnamespace
  JOIN pg_proc l ON l.oid = t.tmpllexize
  JOIN pg_namespace ln ON ln.oid = l.pronamespace
  LEFT JOIN pg_proc j ON j.oid = t.tmplinit
  LEFT JOIN pg_namespace jn ON jn.oid = j.pronamespace
 WHERE t.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend m
                    WHERE m.classid = 'pg_ts_template'::regclass AND m.objid = t.oid AND m.deptype = 'e')
