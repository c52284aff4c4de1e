-- text search configurations; the parser says what its token types are called
SELECT 'pg_ts_config'::regclass::oid AS classid, c.oid AS objid, 0 AS objsubid,
       n.nspname AS schema, c.cfgname AS name, pn.nspname AS parser_schema, p.prsname AS parser_name,
       (SELECT json_agg(json_build_object('token', t.alias, 'schema', dn.nspname, 'name', d.dictname)
                        ORDER BY m.maptokentype, m.mapseqno)::text
          FROM pg_ts_config_map m
          JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
          JOIN pg_ts_dict d ON d.oid = m.mapdict
          JOIN pg_namespace dn ON dn.oid = d.dictnamespace
         WHERE m.mapcfg = c.oid) AS mappings,
       pg_get_userbyid(c.cfgowner)::text AS owner, NULL::text[] AS acl,
       obj_description(c.oid, 'pg_ts_config') AS comment
  FROM pg_ts_config c
  JOIN pg_namespace n ON n.oid = c.cfgnamespace
  JOIN pg_ts_parser p ON p.oid = c.cfgparser
  JOIN pg_namespace pn ON pn.oid = p.prsnamespace
 WHERE c.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.classid = 'pg_ts_config'::regclass AND e.objid = c.oid AND e.deptype = 'e')
