-- what is said about objects of any kind: their security labels, and the extensions that they shall go with
SELECT l.classoid AS classid, l.objoid AS objid, l.objsubid, a.attname::text AS part,
       l.provider::text AS provider, l.label::text AS label, NULL::text AS extension,
       i.type::text AS type, i.identity::text AS identity, i.schema::text AS home
  FROM pg_seclabel l
  LEFT JOIN pg_attribute a ON l.classoid = 'pg_class'::regclass AND a.attrelid = l.objoid AND a.attnum = l.objsubid AND l.objsubid <> 0,
       pg_identify_object(l.classoid, l.objoid, l.objsubid) i
UNION ALL
SELECT d.classid, d.objid, d.objsubid, NULL, NULL, NULL, e.extname, i.type, i.identity, i.schema
  FROM pg_depend d
  JOIN pg_extension e ON e.oid = d.refobjid,
       pg_identify_object(d.classid, d.objid, d.objsubid) i
 WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'x'
 ORDER BY 1, 2, 3, 5
