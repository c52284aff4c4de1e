-- foreign servers
SELECT 'pg_foreign_server'::regclass::oid AS classid, s.oid AS objid, 0 AS objsubid,
       s.srvname AS name, w.fdwname::text AS wrapper, s.srvtype AS type, s.srvversion AS version, s.srvoptions AS options,
       pg_get_userbyid(s.srvowner)::text AS owner, s.srvacl::text[] AS acl,
       obj_description(s.oid, 'pg_foreign_server') AS comment
  FROM pg_foreign_server s
  JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
 WHERE NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_foreign_server'::regclass AND d.objid = s.oid AND d.deptype = 'e')
