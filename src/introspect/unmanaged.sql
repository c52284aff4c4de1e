-- what exists in the database and no kind models: address, kind and identity as pg_identify_object gives them
WITH member AS (
    SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
), object(classid, objid) AS (
    SELECT 'pg_trigger'::regclass::oid, t.oid FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
               WHERE NOT t.tgisinternal AND c.relkind NOT IN ('r', 'v', 'p', 'f')
    UNION ALL SELECT 'pg_policy'::regclass, p.oid FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
               WHERE c.relkind NOT IN ('r', 'p')
    UNION ALL SELECT 'pg_rewrite'::regclass, r.oid FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
               WHERE r.rulename <> '_RETURN' AND r.oid >= 16384 AND c.relkind NOT IN ('r', 'v', 'p')
    UNION ALL SELECT 'pg_operator'::regclass, o.oid FROM pg_operator o WHERE o.oprcode = 0
    UNION ALL SELECT 'pg_collation'::regclass, c.oid FROM pg_collation c
               WHERE c.oid >= 16384 AND c.collencoding NOT IN (-1, pg_char_to_encoding(getdatabaseencoding()))
    UNION ALL SELECT 'pg_statistic_ext'::regclass, s.oid FROM pg_statistic_ext s JOIN pg_class c ON c.oid = s.stxrelid
               WHERE EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
    UNION ALL SELECT 'pg_am'::regclass, a.oid FROM pg_am a WHERE a.oid >= 16384
), named AS (
    SELECT o.classid, o.objid, i.type, i.identity, coalesce(i.schema, (
               -- triggers, policies and rules lie where their relation does
               SELECT ns.nspname FROM pg_class c JOIN pg_namespace ns ON ns.oid = c.relnamespace
                WHERE c.oid = CASE o.classid
                    WHEN 'pg_trigger'::regclass THEN (SELECT t.tgrelid FROM pg_trigger t WHERE t.oid = o.objid)
                    WHEN 'pg_policy'::regclass THEN (SELECT p.polrelid FROM pg_policy p WHERE p.oid = o.objid)
                    WHEN 'pg_rewrite'::regclass THEN (SELECT r.ev_class FROM pg_rewrite r WHERE r.oid = o.objid)
                END)) AS schema
      FROM object o, pg_identify_object(o.classid, o.objid, 0) i
     WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = o.classid AND m.objid = o.objid)
), granted(classid, objid, acl) AS (
    SELECT 'pg_class'::regclass::oid, oid, relacl FROM pg_class
    UNION ALL SELECT 'pg_proc'::regclass, oid, proacl FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typacl FROM pg_type
    UNION ALL SELECT 'pg_namespace'::regclass, oid, nspacl FROM pg_namespace
    UNION ALL SELECT 'pg_language'::regclass, oid, lanacl FROM pg_language
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, fdwacl FROM pg_foreign_data_wrapper
), said(classid, objid, type, identity, schema) AS (
    SELECT classid, objid, type, identity, schema FROM named
    -- what is said about objects, managed or not
    UNION ALL SELECT 'pg_init_privs'::regclass, m.objid, 'privilege change',
               format('of %s %s of an extension', i.type, i.identity), i.schema
          FROM member m JOIN granted g ON g.classid = m.classid AND g.objid = m.objid
          LEFT JOIN pg_init_privs p ON p.classoid = m.classid AND p.objoid = m.objid AND p.objsubid = 0,
               pg_identify_object(m.classid, m.objid, 0) i
         WHERE g.acl IS DISTINCT FROM p.initprivs
    -- not under the trigger's own address: nothing that drops its partition has to ask for it
    UNION ALL SELECT 'pg_inherits'::regclass, t.oid, 'trigger state', format('%s of %s in partition %s',
               CASE t.tgenabled WHEN 'D' THEN 'disabled' WHEN 'A' THEN 'always' WHEN 'R' THEN 'replica' ELSE 'enabled' END,
               quote_ident(t.tgname), i.identity), i.schema
          FROM pg_trigger t JOIN pg_trigger parent ON parent.oid = t.tgparentid,
               pg_identify_object('pg_class'::regclass, t.tgrelid, 0) i
         -- under the parent's name it is managed
         WHERE NOT parent.tgisinternal AND t.tgenabled <> parent.tgenabled AND t.tgname <> parent.tgname
)
SELECT n.classid, n.objid, n.type::text AS type, n.identity::text AS identity, n.schema::text AS home
  FROM said n
 -- what another session drops meanwhile, such as its temporary objects, has no identity any more
 WHERE n.identity IS NOT NULL AND coalesce(n.schema, '') !~ '^pg_' AND coalesce(n.schema, '') <> 'information_schema'
