-- foreign-data wrappers
SELECT 'pg_foreign_data_wrapper'::regclass::oid AS classid, w.oid AS objid, 0 AS objsubid,
       w.fdwname AS name, w.fdwoptions AS options,
       hn.nspname::text AS handler_schema, h.proname::text AS handler,
       vn.nspname::text AS validator_schema, v.proname::text AS validator,
       pg_get_userbyid(w.fdwowner)::text AS owner, w.fdwacl::text[] AS acl,
       obj_description(w.oid, 'pg_foreign_data_wrapper') AS comment
  FROM pg_foreign_data_wrapper w
  LEFT JOIN pg_proc h ON h.oid = w.fdwhandler
  LEFT JOIN pg_namespace hn ON hn.oid = h.pronamespace
  LEFT JOIN pg_proc v ON v.oid = w.fdwvalidator
  LEFT JOIN pg_namespace vn ON vn.oid = v.pronamespace
 WHERE NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_foreign_data_wrapper'::regclass AND d.objid = w.oid AND d.deptype = 'e')
