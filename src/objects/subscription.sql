-- subscriptions of this database. The connection is shown to those alone who may see it: a query that names the column
-- fails for everybody else, so it is asked for in one of its own. Columns that a version does not have mean those of `absent`
SELECT 'pg_subscription'::regclass::oid AS classid, s.oid AS objid, 0 AS objsubid, s.subname AS name,
       s.subenabled AS enabled, s.subslotname::text AS slot, s.subpublications AS publications,
       jsonb_strip_nulls(jsonb_build_object(
           'synchronous_commit', s.subsynccommit,
           'binary', s.subbinary,
           'streaming', (SELECT CASE substream::text WHEN 't' THEN 'on' WHEN 'true' THEN 'on' WHEN 'p' THEN 'parallel' ELSE 'off' END
                           FROM pg_subscription own WHERE own.oid = s.oid),
           'two_phase', (SELECT subtwophasestate <> 'd' FROM pg_subscription own WHERE own.oid = s.oid),
           'disable_on_error', (SELECT subdisableonerr FROM pg_subscription own WHERE own.oid = s.oid),
           'password_required', (SELECT subpasswordrequired FROM pg_subscription own WHERE own.oid = s.oid),
           'run_as_owner', (SELECT subrunasowner FROM pg_subscription own WHERE own.oid = s.oid),
           'failover', (SELECT subfailover FROM pg_subscription own WHERE own.oid = s.oid),
           'origin', (SELECT suborigin FROM pg_subscription own WHERE own.oid = s.oid)))::text AS parameters,
       CASE WHEN has_column_privilege('pg_subscription', 'subconninfo', 'SELECT')
            THEN convert_from(decode(substring(query_to_xml(format(
                     'SELECT encode(convert_to(subconninfo, ''UTF8''), ''hex'') AS c FROM pg_catalog.pg_subscription WHERE oid = %s',
                     s.oid), true, false, '')::text FROM '<c>([0-9a-f]*)</c>'), 'hex'), 'UTF8') END AS connection,
       pg_get_userbyid(s.subowner)::text AS owner, NULL::text[] AS acl, obj_description(s.oid, 'pg_subscription') AS comment
  FROM pg_subscription s
 CROSS JOIN (SELECT NULL::"char" AS subtwophasestate, NULL::bool AS subdisableonerr, NULL::bool AS subpasswordrequired,
                    NULL::bool AS subrunasowner, NULL::bool AS subfailover, NULL::text AS suborigin) absent
 WHERE s.subdbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
