//! Functions and window functions (`pg_proc` of kind `f` and `w`).

use std::collections::BTreeSet;

use pg_query::NodeEnum;
use pg_query::protobuf::{AlterFunctionStmt, CreateFunctionStmt, ObjectType};
use serde::Serialize;
use tokio_postgres::Row;

use super::routine::{self, Argument, Body, Clauses, Mode, Parallel, Settings};
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Object, Reaction, Space, Statement, language, rename, schema, stale, transform};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::facts::{FunctionFact, FunctionKind, Volatility};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::QualifiedName;
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

/// A function.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Function {
    /// All parameters, the columns of RETURNS TABLE last.
    pub arguments: Vec<Argument>,
    /// What one row of the result is.
    pub result: Type,
    /// SETOF or TABLE.
    pub returns_set: bool,
    /// WINDOW.
    pub window: bool,
    /// LANGUAGE.
    pub language: String,
    /// What it does.
    pub body: Body,
    /// TRANSFORM FOR TYPE.
    pub transforms: Vec<Type>,
    /// IMMUTABLE, STABLE or VOLATILE.
    pub volatility: Volatility,
    /// RETURNS NULL ON NULL INPUT.
    pub strict: bool,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// LEAKPROOF.
    pub leakproof: bool,
    /// Planner's cost of a call, in units of `cpu_operator_cost`.
    pub cost: f32,
    /// Rows that the planner expects of a set; 0 when it is none.
    pub rows: f32,
    /// Planner support function.
    pub support: Option<QualifiedName>,
    /// PARALLEL.
    pub parallel: Parallel,
    /// SET.
    pub settings: Settings,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("function.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let defaults: Option<String> = live.get(row, "defaults")?;
    let arguments = routine::load_arguments(row, live, defaults.as_deref())?;
    let function = Function {
        result: live.data_type(row, "result")?,
        returns_set: live.get(row, "returns_set")?,
        window: live.text(row, "kind")? == "w",
        language: live.text(row, "language")?,
        body: Body::load(row, live)?,
        transforms: load_transforms(row, live)?,
        volatility: match live.text(row, "volatility")?.as_str() {
            "i" => Volatility::Immutable,
            "s" => Volatility::Stable,
            _ => Volatility::Volatile,
        },
        strict: live.get(row, "strict")?,
        security_definer: live.get(row, "security_definer")?,
        leakproof: live.get(row, "leakproof")?,
        cost: live.get(row, "cost")?,
        rows: live.get(row, "rows")?,
        support: live.qualified(row, "support_schema", "support_name")?,
        parallel: Parallel::of_letter(&live.text(row, "parallel")?),
        settings: Settings::from_catalog(live.get(row, "settings")?),
        arguments,
    };
    let id = routine::identity(
        Kind::Function,
        live.text(row, "schema")?,
        live.text(row, "name")?,
        &function.arguments,
    );
    function.tell(&id, &mut live.catalog);
    live.attribute_of(row, &id)?;
    live.add(row, id, function)
}

/// The types in the column `transforms` of a row.
pub fn load_transforms(row: &Row, live: &Live) -> Result<Vec<Type>> {
    #[derive(serde::Deserialize)]
    struct LiveType {
        key: String,
        sql: String,
    }
    let text: Option<String> = live.get(row, "transforms")?;
    let types: Vec<LiveType> = serde_json::from_str(text.as_deref().unwrap_or("[]"))
        .map_err(|error| Error::new("cannot read the transforms of a function").cause(error))?;
    Ok(types.into_iter().map(|it| Type { key: it.key, typmod: -1, sql: it.sql }).collect())
}

/// Reads CREATE FUNCTION and ALTER FUNCTION.
pub fn read(node: &NodeEnum, reader: &mut Reader) -> Option<Result<(), Stop>> {
    match node {
        NodeEnum::CreateFunctionStmt(statement) if !statement.is_procedure => Some(read_create(statement, reader)),
        NodeEnum::AlterFunctionStmt(statement) => Some(read_alter(statement, reader)),
        _ => None,
    }
}

fn read_create(statement: &CreateFunctionStmt, reader: &mut Reader) -> Result<(), Stop> {
    let (schema, name) = reader.new_name(&statement.funcname)?;
    let arguments = routine::read_arguments(&statement.parameters, reader)?;
    let (result, returns_set) = read_result(statement, &arguments, reader)?;
    let clauses = Clauses::default().read(&statement.options, false, reader)?;
    let (language, body) = clauses.body(statement.sql_body.as_deref(), &name, reader)?;
    if clauses.rows.is_some() && !returns_set {
        return Err(reader.wrong(0, "ROWS is not applicable when function does not return a set").into());
    }
    let function = Function {
        result,
        returns_set,
        window: clauses.window,
        cost: clauses.cost.unwrap_or(default_cost(&language)),
        rows: clauses.rows.unwrap_or(default_rows(returns_set)),
        language,
        body,
        transforms: clauses.transforms,
        volatility: clauses.volatility.unwrap_or(Volatility::Volatile),
        strict: clauses.strict.unwrap_or_default(),
        security_definer: clauses.security_definer.unwrap_or_default(),
        leakproof: clauses.leakproof.unwrap_or_default(),
        support: clauses.support,
        parallel: clauses.parallel.unwrap_or_default(),
        settings: clauses.settings,
        arguments,
    };
    let id = routine::identity(Kind::Function, schema, name, &function.arguments);
    reader.add(id.clone(), function.clone(), 0)?;
    function.tell(&id, reader.catalog);
    Ok(())
}

/// The result's type, from RETURNS or from the parameters that come out.
fn read_result(
    statement: &CreateFunctionStmt,
    arguments: &[Argument],
    reader: &Reader,
) -> Result<(Type, bool), Stop> {
    let outputs: Vec<&Argument> = arguments.iter().filter(|argument| argument.mode.is_output()).collect();
    let computed = match outputs.as_slice() {
        [] => None,
        [one] => Some(one.data_type.clone()),
        _ => Some(Type::of(&reader.catalog.facts, "record", -1)),
    };
    let Some(written) = &statement.return_type else {
        let missing = || reader.wrong(0, "function result type must be specified").into();
        return computed.map(|result| (result, false)).ok_or_else(missing);
    };
    if outputs.iter().any(|argument| argument.mode == Mode::Table) {
        return computed.map(|result| (result, true)).ok_or_else(|| reader.wrong(0, "TABLE has no column").into());
    }
    let result = routine::type_of(written, reader)?;
    match computed {
        Some(computed) if computed != result => {
            let message = format!("function result type must be {} because of OUT parameters", computed.sql);
            Err(reader.wrong(written.location, message).into())
        }
        _ => Ok((result, written.setof)),
    }
}

fn read_alter(statement: &AlterFunctionStmt, reader: &mut Reader) -> Result<(), Stop> {
    let kind = ObjectType::try_from(statement.objtype).unwrap_or(ObjectType::ObjectFunction);
    let Some(named) = &statement.func else { return Ok(()) };
    let id = routine::address(reader, kind, named)?;
    let object = reader.catalog.objects.get(&id).cloned();
    let changed: Object = match object {
        Some(Object::Function(mut function)) => {
            let before = Clauses { settings: function.settings.clone(), ..Clauses::default() };
            let clauses = before.read(&statement.actions, false, reader)?;
            function.volatility = clauses.volatility.unwrap_or(function.volatility);
            function.strict = clauses.strict.unwrap_or(function.strict);
            function.security_definer = clauses.security_definer.unwrap_or(function.security_definer);
            function.leakproof = clauses.leakproof.unwrap_or(function.leakproof);
            function.cost = clauses.cost.unwrap_or(function.cost);
            function.rows = clauses.rows.unwrap_or(function.rows);
            function.parallel = clauses.parallel.unwrap_or(function.parallel);
            function.support = clauses.support.or(function.support);
            function.settings = clauses.settings;
            function.tell(&id, reader.catalog);
            function.into()
        }
        Some(Object::Procedure(mut procedure)) => {
            let before = Clauses { settings: procedure.settings.clone(), ..Clauses::default() };
            let clauses = before.read(&statement.actions, true, reader)?;
            procedure.security_definer = clauses.security_definer.unwrap_or(procedure.security_definer);
            procedure.settings = clauses.settings;
            procedure.into()
        }
        _ => return Err(reader.wrong(0, format!("{id} has no such attribute")).into()),
    };
    reader.catalog.objects.insert(id, changed);
    Ok(())
}

fn default_cost(language: &str) -> f32 {
    if matches!(language, "c" | "internal") { 1.0 } else { 100.0 }
}

fn default_rows(set: bool) -> f32 {
    if set { 1000.0 } else { 0.0 }
}

impl Function {
    fn fact(&self, id: &ObjectId, catalog: &Catalog) -> FunctionFact {
        let kind = if self.window { FunctionKind::Window } else { FunctionKind::Function };
        let result = (self.result.key.as_str(), self.returns_set);
        routine::fact(id, &self.arguments, kind, result, self.volatility, &catalog.facts)
    }

    /// Tells the facts about it.
    fn tell(&self, id: &ObjectId, catalog: &mut Catalog) {
        let fact = self.fact(id, catalog);
        catalog.facts.model.add_function(fact);
    }

    fn statement(&self, id: &ObjectId, verb: &str) -> Statement {
        let names = crate::name::dotted(&id.names);
        let columns: Vec<String> = self
            .arguments
            .iter()
            .filter(|argument| argument.mode == Mode::Table)
            .map(routine::argument_sql)
            .collect();
        let computed = self.arguments.iter().any(|argument| argument.mode.is_output());
        let result = match (columns.is_empty(), self.returns_set, computed) {
            (false, _, _) => format!(" RETURNS TABLE({})", columns.join(", ")),
            (true, true, _) => format!(" RETURNS SETOF {}", self.result.sql),
            (true, false, true) => String::new(),
            (true, false, false) => format!(" RETURNS {}", self.result.sql),
        };
        let mut lines = vec![format!("{verb} FUNCTION {names}({}){result}", routine::argument_list(&self.arguments))];
        lines.push(format!("LANGUAGE {}", crate::name::quote(&self.language)));
        lines.extend(self.attribute_lines());
        lines.push(self.body.sql());
        let mut statement = Statement::new(if verb == "CREATE" { Form::Create } else { Form::Catalog }, lines.join("\n"));
        let path = routine::path_of(&self.arguments, self.body.standard());
        statement.search_path = path.map(<[String]>::to_vec);
        statement
    }

    fn attribute_lines(&self) -> Vec<String> {
        let mut lines = vec![];
        if !self.transforms.is_empty() {
            let types: Vec<String> = self.transforms.iter().map(|it| format!("FOR TYPE {}", it.sql)).collect();
            lines.push(format!("TRANSFORM {}", types.join(", ")));
        }
        let mut words = vec![];
        let mut say = |when: bool, word: &str| {
            if when {
                words.push(word.to_string());
            }
        };
        say(self.window, "WINDOW");
        say(self.volatility == Volatility::Immutable, "IMMUTABLE");
        say(self.volatility == Volatility::Stable, "STABLE");
        say(self.strict, "STRICT");
        say(self.security_definer, "SECURITY DEFINER");
        say(self.leakproof, "LEAKPROOF");
        say(self.parallel != Parallel::Unsafe, &format!("PARALLEL {}", self.parallel.word()));
        say(self.cost != default_cost(&self.language), &format!("COST {}", self.cost));
        say(self.rows != default_rows(self.returns_set), &format!("ROWS {}", self.rows));
        if let Some(support) = &self.support {
            say(true, &format!("SUPPORT {support}"));
        }
        if !words.is_empty() {
            lines.push(words.join(" "));
        }
        lines.extend(self.settings.sql());
        lines
    }

    /// Whether calls give what they give now, as far as the definition tells.
    fn computes_as(&self, desired: &Self) -> bool {
        self.body == desired.body
            && self.language == desired.language
            && self.strict == desired.strict
            && self.settings == desired.settings
            && self.transforms == desired.transforms
    }
}

impl DatabaseObject for Function {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        resolver.shorten_type(&mut self.result);
        needs.extend(self.result.object(resolver.catalog));
        needs.extend(language::needed(&self.language, resolver.catalog));
        needs.extend(self.transforms.iter().filter_map(|it| it.object(resolver.catalog)));
        needs.extend(transform::needed(&self.transforms, &self.language, resolver.catalog));
        routine::resolve_arguments(&mut self.arguments, resolver, &mut needs)?;
        self.body.resolve(id, &self.arguments, resolver, &mut needs)?;
        needs.remove(id);
        Ok(needs)
    }

    fn wishes(&self, id: &ObjectId, catalog: &Catalog) -> BTreeSet<ObjectId> {
        let create = || self.statement(id, "CREATE").sql;
        routine::wishes(id, &self.language, &self.body, &self.settings, &create, catalog)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        vec![self.statement(id, "CREATE")]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, context: &AlterContext) -> Alteration {
        let record = self.result.key == "record";
        let same_result =
            self.result == desired.result && self.returns_set == desired.returns_set && self.window == desired.window;
        let same_signature = same_result && routine::replaceable(&self.arguments, &desired.arguments, record);
        if !same_signature || transform::held(id, context) {
            return Alteration::Replace;
        }
        let statement = desired.statement(id, "CREATE OR REPLACE");
        // only what is immutable can have been called for something that was kept
        if self.volatility != Volatility::Immutable || self.computes_as(desired) {
            return Alteration::in_place(vec![statement]);
        }
        let keeps = |user: &ObjectId, object: &Object| {
            let anew = object.reaction(user, id, Disturbance::Results) == Reaction::Rebuild;
            matches!(user.kind, Kind::Column | Kind::Constraint | Kind::Table) && !anew
        };
        let statement = stale::after(id, statement, "stale-results", keeps, context);
        Alteration::InPlace { statements: vec![statement], disturbs: vec![Disturbance::Results] }
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        routine::drop("FUNCTION", id)
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        routine::reaction(&self.body, disturbance)
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        renames.retype(&mut self.result);
        self.arguments.iter_mut().for_each(|argument| renames.retype(&mut argument.data_type));
        self.transforms.iter_mut().for_each(|data_type| renames.retype(data_type));
        self.support.iter_mut().for_each(|name| renames.qualified(Space::Routine, name));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "FUNCTION", id, new)
    }
}
