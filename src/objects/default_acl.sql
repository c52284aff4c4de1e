-- default privileges, as granted and not yet joined to those that PostgreSQL gives by itself
SELECT 'pg_default_acl'::regclass::oid AS classid, d.oid AS objid, 0 AS objsubid,
       coalesce(n.nspname, '')::text AS schema, pg_get_userbyid(d.defaclrole)::text AS role,
       d.defaclobjtype::text AS letter, d.defaclacl::text[] AS acl
  FROM pg_default_acl d
  LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
