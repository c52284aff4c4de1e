-- text search dictionaries
SELECT 'pg_ts_dict'::regclass::oid AS classid, d.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, d.dictname AS name,
       tn.nspname AS template_schema, t.tmplname AS template_name, d.dictinitoption AS options,
       pg_get_userbyid(d.dictowner)::text AS owner, NULL::text[] AS acl,
       obj_description(d.oid, 'pg_ts_dict') AS comment
  FROM pg_ts_dict d
  JOIN pg_namespace n ON n.oid = d.dictnamespace
  JOIN pg_ts_template t ON t.oid = d.dicttemplate
  JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
 WHERE d.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_ts_dict'::regclass AND e.objid = d.oid AND e.deptype = 'e')
