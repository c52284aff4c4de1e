-- collations; the version is that of the server's libraries
SELECT 'pg_collation'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.collname AS name, c.collprovider::text AS provider,
       -- where the locale stands has changed in 15 and 17
       coalesce(j.row ->> 'colllocale', j.row ->> 'colliculocale',
                CASE WHEN c.collprovider = 'i' THEN c.collcollate::text END) AS locale,
       CASE WHEN c.collprovider = 'c' THEN c.collcollate::text END AS lc_collate,
       CASE WHEN c.collprovider = 'c' THEN c.collctype::text END AS lc_ctype,
       c.collisdeterministic AS deterministic,
       c.collprovider = 'c' AND c.collencoding = -1 AND c.collcollate = c.collctype AS every_encoding, j.row ->> 'collicurules' AS rules,
       pg_get_userbyid(c.collowner)::text AS owner, NULL::text[] AS acl,
       obj_description(c.oid, 'pg_collation') AS comment
  FROM pg_collation c
  CROSS JOIN LATERAL (SELECT to_jsonb(c) AS row) j
  JOIN pg_namespace n ON n.oid = c.collnamespace
 WHERE c.oid >= 16384 AND c.collencoding IN (-1, pg_char_to_encoding(getdatabaseencoding()))
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_collation'::regclass AND e.objid = c.oid AND e.deptype = 'e')
