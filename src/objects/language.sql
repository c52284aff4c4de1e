-- procedural languages; PostgreSQL's own and those of extensions are not ours
SELECT 'pg_language'::regclass::oid AS classid, l.oid AS objid, 0 AS objsubid,
       l.lanname AS name, l.lanpltrusted AS trusted,
       hn.nspname::text AS handler_schema, h.proname::text AS handler,
       inl.nspname::text AS inline_schema, i.proname::text AS inline,
       vn.nspname::text AS validator_schema, v.proname::text AS validator,
       pg_get_userbyid(l.lanowner)::text AS owner, l.lanacl::text[] AS acl,
       obj_description(l.oid, 'pg_language') AS comment
  FROM pg_language l
  LEFT JOIN pg_proc h ON h.oid = l.lanplcallfoid
  LEFT JOIN pg_namespace hn ON hn.oid = h.pronamespace
  LEFT JOIN pg_proc i ON i.oid = l.laninline
  LEFT JOIN pg_namespace inl ON inl.oid = i.pronamespace
  LEFT JOIN pg_proc v ON v.oid = l.lanvalidator
  LEFT JOIN pg_namespace vn ON vn.oid = v.pronamespace
 WHERE l.oid >= 16384
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = 'pg_language'::regclass AND d.objid = l.oid AND d.deptype = 'e')
