-- The facts about the members of all extensions, one line of text each, in the format that src/facts/record.rs
-- describes. scripts/facts runs this query too, with other members, to make the shipped tables.
with member(extension, class, id) as (
    -- members
    select e.extname::text, d.classid, d.objid
    from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
    where d.refclassid = 'pg_catalog.pg_extension'::regclass and d.deptype = 'e'
    -- end of members
),
-- types that belong to a member: row types, then multiranges, then arrays over any of them
direct(extension, id) as (
    select extension, id from member where class = 'pg_catalog.pg_type'::regclass
    union
    select m.extension, c.reltype from member m join pg_catalog.pg_class c on c.oid = m.id
    where m.class = 'pg_catalog.pg_class'::regclass and c.reltype <> 0
),
ranged(extension, id) as (
    select extension, id from direct
    union
    select d.extension, r.rngmultitypid from direct d join pg_catalog.pg_range r on r.rngtypid = d.id
),
member_type(extension, id) as (
    select extension, id from ranged
    union
    select r.extension, t.typarray from ranged r join pg_catalog.pg_type t on t.oid = r.id where t.typarray <> 0
),
-- names whose characters could be taken for separators have these replaced
space(oid, name, prefix) as (
    select oid, nullif(translate(nspname, E',\t\n:', E'\x1f\x1e\x1d\x1b'), 'pg_catalog'),
        case when nspname = 'pg_catalog' then '' else translate(nspname, E',\t\n:', E'\x1f\x1e\x1d\x1b') || '.' end
    from pg_catalog.pg_namespace
),
key(oid, key) as (
    select t.oid, s.prefix || translate(t.typname, E',\t\n:', E'\x1f\x1e\x1d\x1b')
    from pg_catalog.pg_type t join space s on s.oid = t.typnamespace
),
coll(oid, pair) as (
    select c.oid, translate(coalesce(s.name, ''), '.', E'\x1c') || '.'
        || translate(c.collname, E',\t\n:', E'\x1f\x1e\x1d\x1b')
    from pg_catalog.pg_collation c join space s on s.oid = c.collnamespace
)
select m.extension, concat_ws(E'\t', 't', coalesce(s.name, ''), translate(t.typname, E',\t\n:', E'\x1f\x1e\x1d\x1b'),
    t.typtype, t.typcategory,
    case when t.typispreferred then 'p' else '' end || case when t.typnotnull then 'n' else '' end
        || case when t.typmodin <> 0 then 'm' else '' end,
    case when t.typsubscript = 'pg_catalog.array_subscript_handler'::regproc then coalesce(elem.key, '') else '' end,
    case when t.typsubscript = 'pg_catalog.raw_array_subscript_handler'::regproc then coalesce(elem.key, '') else '' end,
    coalesce(arr.key, ''), coalesce(base.key, ''), case when t.typtypmod = -1 then '' else t.typtypmod::text end,
    coalesce((select translate(coalesce(rs.name, ''), '.', E'\x1c') || '.'
            || translate(c.relname, E',\t\n:', E'\x1f\x1e\x1d\x1b')
        from pg_catalog.pg_class c join space rs on rs.oid = c.relnamespace where c.oid = t.typrelid), ''),
    coalesce(coll.pair, ''),
    coalesce((select string_agg(translate(l.enumlabel, E',\t\n:', E'\x1f\x1e\x1d\x1b'), ',' order by l.enumsortorder)
        from pg_catalog.pg_enum l where l.enumtypid = t.oid), ''),
    coalesce((select k.key from pg_catalog.pg_range r join key k on k.oid = r.rngsubtype where r.rngtypid = t.oid), ''),
    coalesce((select k.key from pg_catalog.pg_range r join key k on k.oid = r.rngtypid
        where r.rngmultitypid = t.oid), ''),
    coalesce((select k.key from pg_catalog.pg_range r join key k on k.oid = r.rngmultitypid
        where r.rngtypid = t.oid), '')) as fact
from member_type m
    join pg_catalog.pg_type t on t.oid = m.id
    join space s on s.oid = t.typnamespace
    left join key elem on elem.oid = t.typelem
    left join key arr on arr.oid = t.typarray
    left join key base on base.oid = t.typbasetype
    left join coll on coll.oid = t.typcollation
union all
select m.extension, concat_ws(E'\t', 'f', coalesce(s.name, ''), translate(p.proname, E',\t\n:', E'\x1f\x1e\x1d\x1b'),
    coalesce((select string_agg(k.key, ',' order by a.n)
        from unnest(p.proargtypes::oid[]) with ordinality a(id, n) join key k on k.oid = a.id), ''),
    p.pronargdefaults, coalesce((select k.key from key k where k.oid = p.provariadic), ''),
    case when p.proretset then 's' else '' end, ret.key, p.prokind, p.provolatile,
    coalesce((select string_agg(translate(a.name, E',\t\n:', E'\x1f\x1e\x1d\x1b'), ',' order by a.n)
        from unnest(p.proargnames) with ordinality a(name, n)), ''),
    coalesce(array_to_string(p.proargmodes, ''), ''),
    coalesce((select string_agg(k.key, ',' order by a.n)
        from unnest(p.proallargtypes) with ordinality a(id, n) join key k on k.oid = a.id), ''))
from member m
    join pg_catalog.pg_proc p on p.oid = m.id and m.class = 'pg_catalog.pg_proc'::regclass
    join space s on s.oid = p.pronamespace
    join key ret on ret.oid = p.prorettype
union all
select m.extension, concat_ws(E'\t', 'o', coalesce(s.name, ''), o.oprname, coalesce(l.key, ''), r.key, res.key,
    p.provolatile)
from member m
    join pg_catalog.pg_operator o on o.oid = m.id and m.class = 'pg_catalog.pg_operator'::regclass
    join space s on s.oid = o.oprnamespace
    join pg_catalog.pg_proc p on p.oid = o.oprcode
    left join key l on l.oid = o.oprleft
    join key r on r.oid = o.oprright
    join key res on res.oid = o.oprresult
union all
select m.extension, concat_ws(E'\t', 'c', src.key, tgt.key, c.castcontext, c.castmethod, coalesce(p.pronargs, 0),
    coalesce(p.provolatile::text, case c.castmethod when 'i' then 's' else 'i' end))
from member m
    join pg_catalog.pg_cast c on c.oid = m.id and m.class = 'pg_catalog.pg_cast'::regclass
    join key src on src.oid = c.castsource
    join key tgt on tgt.oid = c.casttarget
    left join pg_catalog.pg_proc p on p.oid = c.castfunc
union all
select m.extension, concat_ws(E'\t', 'r', coalesce(s.name, ''), translate(c.relname, E',\t\n:', E'\x1f\x1e\x1d\x1b'),
    c.relkind,
    coalesce((select string_agg(concat_ws(':', translate(a.attname, E',\t\n:', E'\x1f\x1e\x1d\x1b'), k.key,
            case when a.atttypmod = -1 then '' else a.atttypmod::text end, coalesce(coll.pair, ''),
            case when a.attnotnull then 'n' else '' end), ',' order by a.attnum)
        from pg_catalog.pg_attribute a join key k on k.oid = a.atttypid left join coll on coll.oid = a.attcollation
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), ''))
from member m
    join pg_catalog.pg_class c on c.oid = m.id and m.class = 'pg_catalog.pg_class'::regclass
    join space s on s.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'p', 'f', 'c', 'S')
union all
select m.extension, concat_ws(E'\t', 'k', coalesce(s.name, ''), translate(o.opcname, E',\t\n:', E'\x1f\x1e\x1d\x1b'),
    am.amname, t.key, case when o.opcdefault then 'd' else '' end, coalesce(k.key, ''))
from member m
    join pg_catalog.pg_opclass o on o.oid = m.id and m.class = 'pg_catalog.pg_opclass'::regclass
    join space s on s.oid = o.opcnamespace
    join pg_catalog.pg_am am on am.oid = o.opcmethod
    join key t on t.oid = o.opcintype
    left join key k on k.oid = o.opckeytype
union all
select m.extension, concat_ws(E'\t', 'l', coalesce(s.name, ''), translate(c.collname, E',\t\n:', E'\x1f\x1e\x1d\x1b'))
from member m
    join pg_catalog.pg_collation c on c.oid = m.id and m.class = 'pg_catalog.pg_collation'::regclass
    join space s on s.oid = c.collnamespace
order by 1, 2
