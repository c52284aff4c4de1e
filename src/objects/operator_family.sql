-- operator families, with all their operators and functions; also those that are not ours but have classes of ours
WITH name(oid, key) AS (
    SELECT t.oid, CASE WHEN n.nspname = 'pg_catalog' THEN t.typname::text ELSE n.nspname || '.' || t.typname END
      FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
), member(family, input, class, id, entry) AS (
    SELECT o.amopfamily, o.amoplefttype, 'pg_amop'::regclass::oid, o.oid,
           jsonb_build_object('number', o.amopstrategy, 'left', l.key, 'right', r.key, 'schema', pn.nspname, 'name', p.oprname,
               -- amoppurpose follows from it
               'order', CASE WHEN s.oid IS NOT NULL THEN jsonb_build_array(sn.nspname, s.opfname) END)
      FROM pg_amop o
      JOIN name l ON l.oid = o.amoplefttype
      JOIN name r ON r.oid = o.amoprighttype
      JOIN pg_operator p ON p.oid = o.amopopr
      JOIN pg_namespace pn ON pn.oid = p.oprnamespace
      LEFT JOIN pg_opfamily s ON s.oid = o.amopsortfamily
      LEFT JOIN pg_namespace sn ON sn.oid = s.opfnamespace
     WHERE o.oid >= 16384
    UNION ALL
    SELECT o.amprocfamily, o.amproclefttype, 'pg_amproc'::regclass, o.oid,
           jsonb_build_object('number', o.amprocnum, 'left', l.key, 'right', r.key, 'schema', pn.nspname, 'name', p.proname,
               'arguments', (SELECT coalesce(jsonb_agg(a.key ORDER BY i.n), '[]')
                               FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY i(id, n) JOIN name a ON a.oid = i.id))
      FROM pg_amproc o
      JOIN name l ON l.oid = o.amproclefttype
      JOIN name r ON r.oid = o.amprocrighttype
      JOIN pg_proc p ON p.oid = o.amproc
      JOIN pg_namespace pn ON pn.oid = p.pronamespace
     WHERE o.oid >= 16384
), ours AS (
    SELECT f.*, n.nspname, NOT (n.nspname ~ '^pg_' OR n.nspname = 'information_schema' OR EXISTS (
               SELECT FROM pg_depend e WHERE e.classid = 'pg_opfamily'::regclass AND e.objid = f.oid AND e.deptype = 'e')) AS managed
      FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace
)
SELECT 'pg_opfamily'::regclass::oid AS classid, f.oid AS objid, 0 AS objsubid,
       f.nspname AS schema, f.opfname AS name, a.amname::text AS method, f.managed,
       (SELECT jsonb_agg(m.entry || jsonb_build_object(
                   'class', (SELECT jsonb_build_array(cn.nspname, c.opcname) FROM pg_opclass c JOIN pg_namespace cn ON cn.oid = c.opcnamespace
                              WHERE c.opcfamily = f.oid AND c.opcintype = m.input ORDER BY c.opcdefault DESC, c.opcname, cn.nspname LIMIT 1),
                   'tied', EXISTS (SELECT FROM pg_depend d WHERE d.classid = m.class AND d.objid = m.id
                                      AND d.refclassid = 'pg_opclass'::regclass AND d.deptype = 'i')))
          FROM member m WHERE m.family = f.oid)::text AS members,
       pg_get_userbyid(f.opfowner)::text AS owner, NULL::text[] AS acl, obj_description(f.oid, 'pg_opfamily') AS comment
  FROM ours f
  JOIN pg_am a ON a.oid = f.opfmethod
 WHERE f.managed OR EXISTS (SELECT FROM pg_opclass c WHERE c.opcfamily = f.oid AND c.oid >= 16384)
