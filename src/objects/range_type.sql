-- range types, each with its multirange type; what PostgreSQL made along with them belongs to them
SELECT 'pg_type'::regclass::oid AS classid, t.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, t.typname AS name,
       CASE WHEN sn.nspname = 'pg_catalog' THEN s.typname::text ELSE sn.nspname || '.' || s.typname END AS subtype_key,
       -1 AS subtype_typmod, format_type(s.oid, -1) AS subtype_sql,
       CASE WHEN NOT o.opcdefault THEN opn.nspname::text END AS class_schema,
       CASE WHEN NOT o.opcdefault THEN o.opcname::text END AS class_name,
       CASE WHEN r.rngcollation <> s.typcollation THEN cn.nspname::text END AS collation_schema,
       CASE WHEN r.rngcollation <> s.typcollation THEN c.collname::text END AS collation_name,
       fn.nspname::text AS canonical_schema, f.proname::text AS canonical_name,
       dn.nspname::text AS difference_schema, d.proname::text AS difference_name,
       mn.nspname::text AS multirange_schema, m.typname::text AS multirange_name,
       made.classes, made.ids, made.constructors,
       pg_get_userbyid(t.typowner)::text AS owner, t.typacl::text[] AS acl, obj_description(t.oid, 'pg_type') AS comment
  FROM pg_range r
  JOIN pg_type t ON t.oid = r.rngtypid
  JOIN pg_namespace n ON n.oid = t.typnamespace
  JOIN pg_type s ON s.oid = r.rngsubtype
  JOIN pg_namespace sn ON sn.oid = s.typnamespace
  JOIN pg_type m ON m.oid = r.rngmultitypid
  JOIN pg_namespace mn ON mn.oid = m.typnamespace
  JOIN pg_opclass o ON o.oid = r.rngsubopc
  JOIN pg_namespace opn ON opn.oid = o.opcnamespace
  LEFT JOIN pg_collation c ON c.oid = r.rngcollation
  LEFT JOIN pg_namespace cn ON cn.oid = c.collnamespace
  LEFT JOIN pg_proc f ON f.oid = r.rngcanonical
  LEFT JOIN pg_namespace fn ON fn.oid = f.pronamespace
  LEFT JOIN pg_proc d ON d.oid = r.rngsubdiff
  LEFT JOIN pg_namespace dn ON dn.oid = d.pronamespace
  CROSS JOIN LATERAL (
       -- arrays, the multirange type, constructors, the cast to the multirange type
       WITH RECURSIVE inside(class, id) AS (
           SELECT 'pg_type'::regclass::oid, t.oid
           UNION
           SELECT i.classid, i.objid FROM inside o
             JOIN pg_depend i ON i.refclassid = o.class AND i.refobjid = o.id AND i.deptype = 'i')
       SELECT array_agg(i.class) AS classes, array_agg(i.id) AS ids,
              jsonb_agg(DISTINCT jsonb_build_array(p.prorettype = m.oid, pn.nspname, p.proname)) FILTER (WHERE p.oid IS NOT NULL)::text AS constructors
         FROM inside i
         LEFT JOIN pg_proc p ON i.class = 'pg_proc'::regclass AND p.oid = i.id
         LEFT JOIN pg_namespace pn ON pn.oid = p.pronamespace
        WHERE i.id <> t.oid) made
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
 ORDER BY t.oid
