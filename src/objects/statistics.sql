-- extended statistics of tables, foreign tables and materialized views
SELECT 'pg_statistic_ext'::regclass::oid AS classid, s.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, s.stxname AS name, cn.nspname AS relation_schema, c.relname AS relation, c.relkind = 'm' AS materialized,
       pg_get_statisticsobjdef(s.oid) AS definition,
       nullif((to_jsonb(s) ->> 'stxstattarget')::int, -1) AS target,
       pg_get_userbyid(s.stxowner)::text AS owner, NULL::text[] AS acl,
       obj_description(s.oid, 'pg_statistic_ext') AS comment
  FROM pg_statistic_ext s
  JOIN pg_namespace n ON n.oid = s.stxnamespace
  JOIN pg_class c ON c.oid = s.stxrelid
  JOIN pg_namespace cn ON cn.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'm', 'p', 'f')
   AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.deptype = 'e' AND (e.classid = 'pg_class'::regclass AND e.objid = c.oid
                                               OR e.classid = 'pg_statistic_ext'::regclass AND e.objid = s.oid))
