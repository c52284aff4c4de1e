-- what needs what, between objects that are not PostgreSQL's own; a member of an extension stands for the extension
SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid
  FROM pg_depend
 WHERE refobjid >= 16384 AND objid >= 16384 AND deptype IN ('n', 'a', 'i', 'P', 'S')
UNION ALL
SELECT d.classid, d.objid, d.objsubid, e.refclassid, e.refobjid, 0
  FROM pg_depend e
  JOIN pg_depend d ON d.refclassid = e.classid AND d.refobjid = e.objid
 WHERE e.deptype = 'e' AND d.objid >= 16384 AND d.deptype IN ('n', 'a')
   AND NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = d.classid AND m.objid = d.objid AND m.deptype = 'e')
