-- operator classes; what is in them comes with their families
SELECT 'pg_opclass'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.opcname AS name, a.amname::text AS method,
       fn.nspname::text AS family_schema, f.opfname::text AS family_name,
       CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname::text ELSE tn.nspname || '.' || t.typname END AS input_key,
       -1 AS input_typmod, format_type(t.oid, -1) AS input_sql,
       CASE WHEN kn.nspname = 'pg_catalog' THEN k.typname::text ELSE kn.nspname || '.' || k.typname END AS storage_key,
       -1 AS storage_typmod, format_type(k.oid, -1) AS storage_sql,
       c.opcdefault AS "default",
       pg_get_userbyid(c.opcowner)::text AS owner, NULL::text[] AS acl, obj_description(c.oid, 'pg_opclass') AS comment
  FROM pg_opclass c
  JOIN pg_namespace n ON n.oid = c.opcnamespace
  JOIN pg_am a ON a.oid = c.opcmethod
  JOIN pg_opfamily f ON f.oid = c.opcfamily
  JOIN pg_namespace fn ON fn.oid = f.opfnamespace
  JOIN pg_type t ON t.oid = c.opcintype
  JOIN pg_namespace tn ON tn.oid = t.typnamespace
  LEFT JOIN pg_type k ON k.oid = c.opckeytype
  LEFT JOIN pg_namespace kn ON kn.oid = k.typnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_opclass'::regclass AND e.objid = c.oid AND e.deptype = 'e')
