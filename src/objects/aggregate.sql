-- aggregates
SELECT 'pg_proc'::regclass::oid AS classid, p.oid AS objid, 0 AS objsubid,
       n.nspname::text AS schema, p.proname::text AS name, g.aggkind::text AS form, g.aggnumdirectargs::int AS direct,
       (SELECT jsonb_agg(jsonb_build_object('name', coalesce(p.proargnames[a.n], ''), 'mode', coalesce(p.proargmodes[a.n], 'i'),
                 'key', CASE WHEN tn.nspname = 'pg_catalog' THEN t.typname::text ELSE tn.nspname || '.' || t.typname END,
                 'sql', format_type(a.id, -1)) ORDER BY a.n)
          FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY a(id, n)
          JOIN pg_type t ON t.oid = a.id JOIN pg_namespace tn ON tn.oid = t.typnamespace)::text AS arguments,
       CASE WHEN rn.nspname = 'pg_catalog' THEN r.typname::text ELSE rn.nspname || '.' || r.typname END AS result_key,
       CASE WHEN stn.nspname = 'pg_catalog' THEN st.typname::text ELSE stn.nspname || '.' || st.typname END AS state_key,
       -1 AS state_typmod, format_type(g.aggtranstype, -1) AS state_sql, g.aggtransspace AS state_space,
       CASE WHEN mtn.nspname = 'pg_catalog' THEN mt.typname::text ELSE mtn.nspname || '.' || mt.typname END AS moving_key,
       -1 AS moving_typmod, format_type(g.aggmtranstype, -1) AS moving_sql, g.aggmtransspace AS moving_space,
       (SELECT jsonb_object_agg(f.word, jsonb_build_array(fn.nspname, fp.proname))
          FROM (VALUES ('sfunc', g.aggtransfn), ('finalfunc', g.aggfinalfn), ('combinefunc', g.aggcombinefn),
                       ('serialfunc', g.aggserialfn), ('deserialfunc', g.aggdeserialfn), ('msfunc', g.aggmtransfn),
                       ('minvfunc', g.aggminvtransfn), ('mfinalfunc', g.aggmfinalfn)) f(word, id)
          JOIN pg_proc fp ON fp.oid = f.id JOIN pg_namespace fn ON fn.oid = fp.pronamespace)::text AS functions,
       g.aggfinalextra AS final_extra, g.aggmfinalextra AS moving_final_extra,
       g.aggfinalmodify::text AS final_modify, g.aggmfinalmodify::text AS moving_final_modify,
       g.agginitval AS initial, g.aggminitval AS moving_initial,
       opn.nspname AS operator_schema, op.oprname AS operator_name, p.proparallel::text AS parallel,
       pg_get_userbyid(p.proowner)::text AS owner, p.proacl::text[] AS acl, obj_description(p.oid, 'pg_proc') AS comment
  FROM pg_proc p
  JOIN pg_aggregate g ON g.aggfnoid = p.oid
  JOIN pg_namespace n ON n.oid = p.pronamespace
  JOIN pg_type r ON r.oid = p.prorettype
  JOIN pg_namespace rn ON rn.oid = r.typnamespace
  JOIN pg_type st ON st.oid = g.aggtranstype
  JOIN pg_namespace stn ON stn.oid = st.typnamespace
  LEFT JOIN pg_type mt ON mt.oid = g.aggmtranstype
  LEFT JOIN pg_namespace mtn ON mtn.oid = mt.typnamespace
  LEFT JOIN pg_operator op ON op.oid = g.aggsortop
  LEFT JOIN pg_namespace opn ON opn.oid = op.oprnamespace
 WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND NOT EXISTS (SELECT FROM pg_depend e
                    WHERE e.refclassid = 'pg_extension'::regclass AND e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
