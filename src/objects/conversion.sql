-- conversions between encodings
SELECT 'pg_conversion'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.conname AS name,
       pg_encoding_to_char(c.conforencoding)::text AS source, pg_encoding_to_char(c.contoencoding)::text AS target,
       pn.nspname AS function_schema, p.proname AS function_name, c.condefault AS is_default,
       pg_get_userbyid(c.conowner)::text AS owner, NULL::text[] AS acl,
       obj_description(c.oid, 'pg_conversion') AS comment
  FROM pg_conversion c
  JOIN pg_namespace n ON n.oid = c.connamespace
  JOIN pg_proc p ON p.oid = c.conproc
  JOIN pg_namespace pn ON pn.oid = p.pronamespace
 WHERE c.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_conversion'::regclass AND e.objid = c.oid AND e.deptype = 'e')
