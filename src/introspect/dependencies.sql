-- what needs what, between objects that are not PostgreSQL's own; a member of an extension stands for the extension
SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid
  FROM pg_depend
 WHERE refobjid >= 16384 AND objid >= 16384 AND deptype IN ('n', 'a', 'i', 'P', 'S')
   -- the triggers behind foreign keys, and the types that come with a relation or another type
   AND NOT (deptype = 'i' AND classid IN ('pg_trigger'::regclass, 'pg_type'::regclass))
UNION ALL
SELECT d.classid, d.objid, d.objsubid, e.refclassid, e.refobjid, 0
  FROM pg_depend e
  JOIN pg_depend d ON d.refclassid = e.classid AND d.refobjid = e.objid
 WHERE e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e' AND d.objid >= 16384 AND d.deptype IN ('n', 'a')
   AND NOT EXISTS (SELECT FROM pg_depend m WHERE m.refclassid = 'pg_extension'::regclass AND m.classid = d.classid AND m.objid = d.objid AND m.deptype = 'e')
