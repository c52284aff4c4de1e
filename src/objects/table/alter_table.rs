//! Reading ALTER TABLE: the forms that pg_dump writes and those that add to a table defined elsewhere.

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterTableCmd, AlterTableStmt, AlterTableType, ClusterStmt, ObjectType, RangeVar};

use super::read::{missing_column, read_constraints};
use super::{ReplicaIdentity, Table};
use crate::catalog::ObjectId;
use crate::error::Result;
use crate::load::reader::{Reader, Stop};
use crate::name::quote;
use crate::name::QualifiedName;
use crate::objects::partition;
use crate::objects::column::{self, Column, read_column};
use crate::objects::column_default::ColumnDefault;
use crate::objects::firing::Firing;
use crate::objects::{Kind, Object, attributes, generic_options, lineage, options};

/// Reads ALTER TABLE, ALTER INDEX and the like; `None` for relations of other kinds.
pub fn read_alter(statement: &AlterTableStmt, reader: &mut Reader) -> Option<Result<(), Stop>> {
    let relations = [
        ObjectType::ObjectTable,
        ObjectType::ObjectForeignTable,
        ObjectType::ObjectIndex,
        ObjectType::ObjectSequence,
        ObjectType::ObjectView,
        ObjectType::ObjectMatview,
    ];
    let object = ObjectType::try_from(statement.objtype).ok()?;
    relations.contains(&object).then(|| alter(statement, reader))
}

/// ALTER INDEX … ATTACH PARTITION: the index of the partition is a part of the parent's from then on.
fn attach_index(whole: &RangeVar, part: &RangeVar, reader: &mut Reader) -> Result<(), Stop> {
    let path = reader.path.to_vec();
    let named = |reader: &Reader, range: &RangeVar| {
        let schemas = if range.schemaname.is_empty() { path.clone() } else { vec![range.schemaname.clone()] };
        let names = schemas.iter().map(|schema| QualifiedName::new(schema.as_str(), range.relname.as_str()));
        let found = names.filter_map(|name| Some((lineage::find(reader.catalog, &name)?, name))).next();
        found.ok_or_else(|| {
            let message = format!("index {} does not exist in the desired state", crate::name::quote(&range.relname));
            Stop::Missing { name: range.relname.clone(), error: reader.wrong(range.location, message) }
        })
    };
    let (_, parent) = named(reader, whole)?;
    let (id, _) = named(reader, part)?;
    let lineage = match reader.catalog.objects.get_mut(&id) {
        Some(Object::Index(index)) => Some(&mut index.lineage),
        Some(Object::Constraint(constraint)) => constraint.lineage_mut(),
        _ => None,
    };
    lineage.into_iter().for_each(|lineage| lineage.parent = Some(parent.clone()));
    Ok(())
}

fn alter(statement: &AlterTableStmt, reader: &mut Reader) -> Result<(), Stop> {
    let Some(relation) = &statement.relation else { return Ok(()) };
    if let [node] = statement.cmds.as_slice()
        && let Some(NodeEnum::AlterTableCmd(command)) = node.node.as_ref()
        && statement.objtype == ObjectType::ObjectIndex as i32
        && let Some(NodeEnum::PartitionCmd(attached)) = command.def.as_ref().and_then(|node| node.node.as_ref())
        && let Some(part) = &attached.name
    {
        return attach_index(relation, part, reader);
    }
    let id = reader.relation(relation)?;
    reader.mention(&id);
    let commands: Vec<&AlterTableCmd> = statement
        .cmds
        .iter()
        .filter_map(|node| match node.node.as_ref() {
            Some(NodeEnum::AlterTableCmd(command)) => Some(&**command),
            _ => None,
        })
        .collect();
    for command in &commands {
        // what may be missing is asked for before anything is changed
        if let Some(NodeEnum::ColumnDef(definition)) = command.def.as_ref().and_then(|node| node.node.as_ref())
            && let Some(name) = &definition.type_name
            && crate::objects::sequence::serial_type(name).is_none()
        {
            reader.type_of(name)?;
        }
        // done a second time it changes nothing
        let kind = AlterTableType::try_from(command.subtype).unwrap_or(AlterTableType::Undefined);
        if let Some((kind, state)) = firing(kind) {
            // what is below keeps its state, which nobody has said
            if kind == Kind::Trigger && !relation.inh && is_partitioned(reader, &id) {
                return Err(reader.wrong(relation.location, format!("ONLY is not supported here for {id}, which is partitioned"))
                    .hint("leave ONLY out, and then say the state in each partition that differs").into());
            }
            let message = format!("{id} has no {} {} in the desired state", kind.noun().to_lowercase(), quote(&command.name));
            state.declare(reader, &id.child(kind, &command.name), message)?;
        }
    }
    for command in commands {
        let kind = AlterTableType::try_from(command.subtype).unwrap_or(AlterTableType::Undefined);
        if firing(kind).is_some() {
            continue;
        }
        let known: Vec<ObjectId> = reader.catalog.children(&id).map(|(child, _)| child.clone()).collect();
        let done = any(reader, &id, command, kind)? || id.kind == Kind::Table && table(reader, &id, command, kind)?;
        if !done {
            return Err(reader.wrong(relation.location, format!("this form of ALTER is not supported in a desired state for {id}"))
                .hint("declare the final form in the CREATE statement").into());
        }
        if kind == AlterTableType::AtAddConstraint && !relation.inh {
            without_partitions(reader, &id, &known);
        }
    }
    Ok(())
}

fn is_partitioned(reader: &Reader, id: &ObjectId) -> bool {
    matches!(reader.catalog.objects.get(id), Some(Object::Table(table)) if table.partition_by.is_some())
}

/// ALTER TABLE ONLY … ADD: the partitions do not get the constraint with it.
fn without_partitions(reader: &mut Reader, table: &ObjectId, known: &[ObjectId]) {
    let new: Vec<ObjectId> =
        reader.catalog.children(table).map(|(id, _)| id.clone()).filter(|id| !known.contains(id)).collect();
    for id in new {
        if let Some(Object::Constraint(constraint)) = reader.catalog.objects.get_mut(&id) {
            constraint.lineage_mut().into_iter().for_each(|lineage| lineage.incomplete = true);
        }
    }
}

/// The kind of what a form switches on or off, and its new state.
fn firing(kind: AlterTableType) -> Option<(Kind, Firing)> {
    Some(match kind {
        AlterTableType::AtEnableTrig => (Kind::Trigger, Firing::Origin),
        AlterTableType::AtEnableAlwaysTrig => (Kind::Trigger, Firing::Always),
        AlterTableType::AtEnableReplicaTrig => (Kind::Trigger, Firing::Replica),
        AlterTableType::AtDisableTrig => (Kind::Trigger, Firing::Disabled),
        AlterTableType::AtEnableRule => (Kind::Rule, Firing::Origin),
        AlterTableType::AtEnableAlwaysRule => (Kind::Rule, Firing::Always),
        AlterTableType::AtEnableReplicaRule => (Kind::Rule, Firing::Replica),
        AlterTableType::AtDisableRule => (Kind::Rule, Firing::Disabled),
        _ => return None,
    })
}

/// Forms that every relation has.
fn any(reader: &mut Reader, id: &ObjectId, command: &AlterTableCmd, kind: AlterTableType) -> Result<bool, Stop> {
    let place = reader.start;
    match kind {
        AlterTableType::AtChangeOwner => {
            let Some(role) = &command.newowner else { return Ok(false) };
            let role = attributes::role(reader, role)?;
            reader.catalog.attributes.entry(id.clone()).or_default().owner = Some(role);
        }
        AlterTableType::AtClusterOn => mark(reader, id, &command.name, |index| index.0 = true, place)?,
        AlterTableType::AtDropCluster => {}
        AlterTableType::AtColumnDefault if id.kind == Kind::View => {
            let Some(node) = command.def.as_deref() else { return Ok(false) };
            let default = ColumnDefault::from(reader.expression(node));
            reader.catalog.objects.insert(id.child(Kind::ColumnDefault, command.name.clone()), default.into());
        }
        AlterTableType::AtSetStatistics
        | AlterTableType::AtSetStorage
        | AlterTableType::AtSetCompression
        | AlterTableType::AtSetOptions
            if id.kind == Kind::MaterializedView =>
        {
            let value = options::value(command.def.as_deref());
            let set = match command.def.as_ref().and_then(|node| node.node.as_ref()) {
                Some(NodeEnum::List(list)) => column::column_options(&list.items),
                _ => options::Options::new(),
            };
            if let Some(Object::MaterializedView(view)) = reader.catalog.objects.get_mut(id) {
                let settings = view.settings.entry(command.name.clone()).or_default();
                match kind {
                    AlterTableType::AtSetStorage => settings.storage = Some(value.to_lowercase()),
                    AlterTableType::AtSetCompression => {
                        settings.compression = Some(value.clone()).filter(|method| method != "default")
                    }
                    AlterTableType::AtSetOptions => settings.options.extend(set.clone()),
                    _ => settings.statistics = value.parse().ok().filter(|target| *target >= 0),
                }
            }
        }
        AlterTableType::AtSetRelOptions => return Ok(relation_options(reader, id, command)),
        AlterTableType::AtSetStatistics if id.kind == Kind::Index => {
            let target = options::value(command.def.as_deref()).parse().unwrap_or(-1);
            if let Some(Object::Index(index)) = reader.catalog.objects.get_mut(id) {
                index.statistics.insert(i16::try_from(command.num).unwrap_or_default(), target);
            }
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn relation_options(reader: &mut Reader, id: &ObjectId, command: &AlterTableCmd) -> bool {
    let Some(NodeEnum::List(list)) = command.def.as_ref().and_then(|node| node.node.as_ref()) else { return false };
    let new = options::read(&list.items);
    match reader.catalog.objects.get_mut(id) {
        Some(Object::Table(table)) => table.options.extend(new),
        Some(Object::Index(index)) => index.options.extend(new),
        Some(Object::MaterializedView(view)) => view.options.extend(new),
        Some(Object::View(view)) => view.options.extend(new),
        _ => return false,
    }
    true
}

/// Marks the index of a table, or of one of its constraints: (clustered, replica identity).
/// Reads `CLUSTER table USING index`, which leaves the mark of `ALTER TABLE … CLUSTER ON`: a schema file may have either.
/// `None` for a CLUSTER that only sorts rows.
pub fn read_cluster(statement: &ClusterStmt, reader: &mut Reader) -> Option<Result<(), Stop>> {
    let relation = statement.relation.as_ref().filter(|_| !statement.indexname.is_empty())?;
    let place = usize::try_from(relation.location).unwrap_or(reader.start);
    let marked = reader.relation(relation);
    Some(marked.and_then(|id| mark(reader, &id, &statement.indexname, |index| index.0 = true, place)))
}

fn mark(reader: &mut Reader, id: &ObjectId, name: &str, set: impl Fn(&mut (bool, bool)), place: usize) -> Result<(), Stop> {
    let index = ObjectId::new(Kind::Index, [id.names[0].as_str(), name]);
    let constraint = id.child(Kind::Constraint, name);
    let mut marks = (false, false);
    set(&mut marks);
    if let Some(Object::Index(index)) = reader.catalog.objects.get_mut(&index) {
        index.clustered |= marks.0;
        index.replica_identity |= marks.1;
        return Ok(());
    }
    if let Some(Object::Constraint(constraint)) = reader.catalog.objects.get_mut(&constraint)
        && constraint.mark_index(marks)
    {
        return Ok(());
    }
    let place = reader.find_name(i32::try_from(place).unwrap_or(0), name);
    Err(reader.missing(place, name, format!("{index} for {id} does not exist")))
}

fn table(reader: &mut Reader, id: &ObjectId, command: &AlterTableCmd, kind: AlterTableType) -> Result<bool, Stop> {
    let definition = command.def.as_ref().and_then(|node| node.node.as_ref());
    match (kind, definition) {
        (AlterTableType::AtAddColumn, Some(NodeEnum::ColumnDef(definition))) => {
            let last = reader.catalog.children(id).filter_map(|(_, object)| object.column()).map(|column| column.position.0).max();
            let constraints = read_column(reader, id, definition, last.unwrap_or(0) + 1)?;
            read_constraints(reader, id, &constraints)?;
        }
        (AlterTableType::AtAddConstraint, Some(NodeEnum::Constraint(constraint))) => {
            read_constraints(reader, id, std::slice::from_ref(constraint))?;
        }
        (AlterTableType::AtValidateConstraint, _) => validate(reader, id, &command.name)?,
        (AlterTableType::AtAddInherit, Some(NodeEnum::RangeVar(range))) => {
            let parent = reader.relation(range)?;
            let (schema, name) = parent.relation();
            let parent = QualifiedName::new(schema, name);
            with_table(reader, id, |table| table.parents.push(parent.clone()));
        }
        (AlterTableType::AtAttachPartition, Some(NodeEnum::PartitionCmd(command))) => {
            let (Some(child), Some(bound)) = (&command.name, &command.bound) else { return Ok(false) };
            partition::read_attach(reader, id, child, bound)?;
        }
        (AlterTableType::AtReplicaIdentity, Some(NodeEnum::ReplicaIdentityStmt(identity))) => {
            let kind = match identity.identity_type.as_str() {
                "f" => ReplicaIdentity::Full,
                "n" => ReplicaIdentity::Nothing,
                "i" => ReplicaIdentity::Index,
                _ => ReplicaIdentity::Default,
            };
            if kind == ReplicaIdentity::Index {
                mark(reader, id, &identity.name, |index| index.1 = true, reader.start)?;
            }
            with_table(reader, id, |table| table.replica_identity = kind);
        }
        (AlterTableType::AtGenericOptions, Some(NodeEnum::List(list))) => {
            let Some(Object::Table(Table { foreign: Some(known), .. })) = reader.catalog.objects.get(id) else {
                return Ok(false);
            };
            let mut changed = known.clone();
            generic_options::apply(reader, &mut changed.options, &list.items)?;
            with_table(reader, id, |table| table.foreign = Some(changed));
        }
        (AlterTableType::AtEnableRowSecurity, _) => with_table(reader, id, |table| table.row_security = true),
        (AlterTableType::AtDisableRowSecurity, _) => with_table(reader, id, |table| table.row_security = false),
        (AlterTableType::AtForceRowSecurity, _) => with_table(reader, id, |table| table.row_security_forced = true),
        (AlterTableType::AtNoForceRowSecurity, _) => with_table(reader, id, |table| table.row_security_forced = false),
        (AlterTableType::AtSetUnLogged, _) => with_table(reader, id, |table| table.unlogged = true),
        (AlterTableType::AtSetLogged, _) => with_table(reader, id, |table| table.unlogged = false),
        (AlterTableType::AtSetTableSpace, _) => {
            with_table(reader, id, |table| table.tablespace = Some(command.name.clone()).filter(|name| name != "pg_default"));
        }
        (AlterTableType::AtSetAccessMethod, _) => {
            with_table(reader, id, |table| table.access_method = Some(command.name.clone()).filter(|name| name != "heap"));
        }
        (
            AlterTableType::AtColumnDefault
            | AlterTableType::AtSetNotNull
            | AlterTableType::AtDropNotNull
            | AlterTableType::AtAddIdentity
            | AlterTableType::AtSetStatistics
            | AlterTableType::AtSetStorage
            | AlterTableType::AtSetCompression
            | AlterTableType::AtSetOptions
            | AlterTableType::AtAlterColumnGenericOptions,
            _,
        ) => return column_form(reader, id, command, kind),
        _ => return Ok(false),
    }
    Ok(true)
}

fn with_table(reader: &mut Reader, id: &ObjectId, change: impl FnOnce(&mut Table)) {
    if let Some(Object::Table(table)) = reader.catalog.objects.get_mut(id) {
        change(table);
    }
}

fn validate(reader: &mut Reader, id: &ObjectId, name: &str) -> Result<(), Stop> {
    for kind in [Kind::Constraint, Kind::ForeignKey] {
        match reader.catalog.objects.get_mut(&id.child(kind, name)) {
            Some(Object::Constraint(constraint)) => {
                constraint.set_valid();
                return Ok(());
            }
            Some(Object::ForeignKey(key)) => {
                key.valid = true;
                return Ok(());
            }
            _ => {}
        }
    }
    let message = format!("constraint {} of {id} does not exist", crate::name::quote(name));
    Err(reader.missing(reader.find_name(0, name), name, message))
}

fn column_form(reader: &mut Reader, id: &ObjectId, command: &AlterTableCmd, kind: AlterTableType) -> Result<bool, Stop> {
    use AlterTableType as Form;
    let forms = [
        Form::AtColumnDefault,
        Form::AtSetNotNull,
        Form::AtDropNotNull,
        Form::AtAddIdentity,
        Form::AtSetStatistics,
        Form::AtSetStorage,
        Form::AtSetCompression,
        Form::AtSetOptions,
        Form::AtAlterColumnGenericOptions,
    ];
    if !forms.contains(&kind) {
        return Ok(false);
    }
    let definition = command.def.as_ref().and_then(|node| node.node.as_ref());
    let column = id.child(Kind::Column, command.name.clone());
    let known = match reader.catalog.objects.get(&column) {
        Some(Object::Column(known)) => known.clone(),
        _ => return Err(missing_column(reader, 0, id, &command.name).into()),
    };
    let not_null = column::NotNull::read(reader, &column, None);
    let mut change = |set: &mut dyn FnMut(&mut Column)| {
        if let Some(Object::Column(column)) = reader.catalog.objects.get_mut(&column) {
            set(column);
        }
    };
    match (kind, definition) {
        (AlterTableType::AtColumnDefault, None) => {
            reader.catalog.objects.remove(&column.with_kind(Kind::ColumnDefault));
        }
        (AlterTableType::AtColumnDefault, Some(_)) => {
            let Some(node) = command.def.as_deref() else { return Ok(false) };
            let expression = reader.expression(node);
            reader.catalog.objects.insert(column.with_kind(Kind::ColumnDefault), ColumnDefault::from(expression).into());
        }
        (AlterTableType::AtSetNotNull, _) => change(&mut |column| {
            column.not_null.get_or_insert_with(|| not_null.clone());
        }),
        (AlterTableType::AtDropNotNull, _) => change(&mut |column| column.not_null = None),
        (AlterTableType::AtAddIdentity, Some(NodeEnum::Constraint(constraint))) => {
            let identity = column::identity(reader, &column, &known.data_type, constraint)?;
            reader.catalog.objects.insert(
                column.clone(),
                Column { identity: Some(identity.into()), not_null: known.not_null.clone().or(Some(not_null)), ..known }.into(),
            );
        }
        (AlterTableType::AtSetStatistics, _) => {
            let target = options::value(command.def.as_deref()).parse::<i32>().ok().filter(|target| *target >= 0);
            change(&mut |column| column.statistics = target);
        }
        (AlterTableType::AtSetStorage, _) => {
            let storage = column::storage(reader, &known.data_type, &options::value(command.def.as_deref()));
            reader.catalog.objects.insert(column, Column { storage, ..known }.into());
        }
        (AlterTableType::AtSetCompression, _) => {
            let method = Some(options::value(command.def.as_deref())).filter(|method| method != "default");
            change(&mut |column| column.compression = method.clone());
        }
        (AlterTableType::AtAlterColumnGenericOptions, Some(NodeEnum::List(list))) => {
            let mut foreign_options = known.foreign_options.clone();
            generic_options::apply(reader, &mut foreign_options, &list.items)?;
            reader.catalog.objects.insert(column, Column { foreign_options, ..known }.into());
        }
        (AlterTableType::AtSetOptions, Some(NodeEnum::List(list))) => {
            let new = column::column_options(&list.items);
            change(&mut |column| column.options.extend(new.clone()));
        }
        _ => return Ok(false),
    }
    Ok(true)
}
