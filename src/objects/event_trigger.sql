-- event triggers
SELECT 'pg_event_trigger'::regclass::oid AS classid, e.oid AS objid, 0 AS objsubid,
       e.evtname AS name, e.evtevent AS event, coalesce(e.evttags, '{}') AS tags, p.proname AS function,
       n.nspname AS function_schema, e.evtenabled::text AS firing,
       pg_get_userbyid(e.evtowner)::text AS owner, NULL::text[] AS acl, obj_description(e.oid, 'pg_event_trigger') AS comment
  FROM pg_event_trigger e
  JOIN pg_proc p ON p.oid = e.evtfoid
  JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.refclassid = 'pg_extension'::regclass AND d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e')
