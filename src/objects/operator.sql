-- operators; those without a function are only named by others
SELECT 'pg_operator'::regclass::oid AS classid, o.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, o.oprname AS name,
       CASE WHEN ln.nspname = 'pg_catalog' THEN l.typname::text ELSE ln.nspname || '.' || l.typname END AS left_key,
       -1 AS left_typmod, format_type(l.oid, -1) AS left_sql,
       CASE WHEN rn.nspname = 'pg_catalog' THEN r.typname::text ELSE rn.nspname || '.' || r.typname END AS right_key,
       -1 AS right_typmod, format_type(r.oid, -1) AS right_sql,
       CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname::text ELSE tn.nspname || '.' || t.typname END AS result_key,
       p.provolatile::text AS volatility,
       pn.nspname::text AS function_schema, p.proname::text AS function_name,
       cn.nspname::text AS commutator_schema, c.oprname::text AS commutator_name,
       gn.nspname::text AS negator_schema, g.oprname::text AS negator_name,
       sn.nspname::text AS restrict_schema, s.proname::text AS restrict_name,
       jn.nspname::text AS join_schema, j.proname::text AS join_name,
       o.oprcanhash AS hashes, o.oprcanmerge AS merges,
       pg_get_userbyid(o.oprowner)::text AS owner, NULL::text[] AS acl, obj_description(o.oid, 'pg_operator') AS comment
  FROM pg_operator o
  JOIN pg_namespace n ON n.oid = o.oprnamespace
  JOIN pg_proc p ON p.oid = o.oprcode
  JOIN pg_namespace pn ON pn.oid = p.pronamespace
  JOIN pg_type r ON r.oid = o.oprright
  JOIN pg_namespace rn ON rn.oid = r.typnamespace
  JOIN pg_type t ON t.oid = o.oprresult
  JOIN pg_namespace tn ON tn.oid = t.typnamespace
  LEFT JOIN pg_type l ON l.oid = o.oprleft
  LEFT JOIN pg_namespace ln ON ln.oid = l.typnamespace
  LEFT JOIN pg_operator c ON c.oid = o.oprcom
  LEFT JOIN pg_namespace cn ON cn.oid = c.oprnamespace
  LEFT JOIN pg_operator g ON g.oid = o.oprnegate
  LEFT JOIN pg_namespace gn ON gn.oid = g.oprnamespace
  LEFT JOIN pg_proc s ON s.oid = o.oprrest
  LEFT JOIN pg_namespace sn ON sn.oid = s.pronamespace
  LEFT JOIN pg_proc j ON j.oid = o.oprjoin
  LEFT JOIN pg_namespace jn ON jn.oid = j.pronamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_operator'::regclass AND e.objid = o.oid AND e.deptype = 'e')
