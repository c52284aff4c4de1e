-- what needs what, between objects that are not PostgreSQL's own
SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid
  FROM pg_depend
 WHERE refobjid >= 16384 AND objid >= 16384 AND deptype IN ('n', 'a', 'i', 'P', 'S')
