-- base types; the arrays that PostgreSQL makes over types belong to these
SELECT 'pg_type'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid, n.nspname AS schema, t.typname AS name,
       t.typlen AS length, t.typbyval AS by_value, t.typalign::text AS alignment, t.typstorage::text AS storage,
       t.typcategory::text AS category, t.typispreferred AS preferred, t.typdelim::text AS delimiter,
       t.typdefault AS default_value, t.typcollation <> 0 AS collatable, t.typarray AS array_oid,
       CASE WHEN en.nspname = 'pg_catalog' THEN e.typname::text ELSE en.nspname || '.' || e.typname END AS element_key,
       -1 AS element_typmod, format_type(e.oid, -1) AS element_sql,
       (SELECT jsonb_agg(jsonb_build_array(f.role, pn.nspname, p.proname))
          FROM (VALUES ('input', t.typinput::oid), ('output', t.typoutput::oid), ('receive', t.typreceive::oid),
                       ('send', t.typsend::oid), ('typmod_in', t.typmodin::oid), ('typmod_out', t.typmodout::oid),
                       ('analyze', t.typanalyze::oid), ('subscript', t.typsubscript::oid)) f(role, id)
          JOIN pg_proc p ON p.oid = f.id
          JOIN pg_namespace pn ON pn.oid = p.pronamespace)::text AS functions,
       pg_get_userbyid(t.typowner)::text AS owner, t.typacl::text[] AS acl, obj_description(t.oid, 'pg_type') AS comment
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_type e ON e.oid = t.typelem
  LEFT JOIN pg_namespace en ON en.oid = e.typnamespace
 WHERE t.typtype = 'b' AND t.typisdefined
   AND t.typsubscript <> 'pg_catalog.array_subscript_handler'::regproc
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
