//! What functions, procedures and aggregates have in common: a signature, and for the first two a body.

use std::collections::BTreeSet;

use pg_query::protobuf::{FunctionParameter, FunctionParameterMode, TypeName};
use pg_query::{Node, NodeEnum};
use serde::{Deserialize, Serialize};

use super::{Kind, Statement, options};
use crate::catalog::ObjectId;
use crate::error::{Error, Result};
use crate::expr;
use crate::expression::Expression;
use crate::facts::{FunctionFact, FunctionKind, Text, Volatility};
use crate::introspect::Live;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::quote;
use crate::plan::forms::Form;
use crate::resolve::Resolver;

mod address;
mod body;
mod clauses;
mod mentions;
mod settings;

pub use address::{address, argument_types, fact_of, function_named, kinds};
pub use body::Body;
pub use clauses::{Clauses, Parallel};
pub use mentions::mentions;
pub use settings::Settings;

/// What a parameter is for (`proargmodes`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Goes in.
    #[serde(rename = "i")]
    In,
    /// Comes out.
    #[serde(rename = "o")]
    Out,
    /// Both.
    #[serde(rename = "b")]
    InOut,
    /// Takes the rest of the arguments.
    #[serde(rename = "v")]
    Variadic,
    /// A column of RETURNS TABLE.
    #[serde(rename = "t")]
    Table,
}

impl Mode {
    /// Whether a call gives a value for it.
    pub fn is_input(self) -> bool {
        matches!(self, Mode::In | Mode::InOut | Mode::Variadic)
    }

    /// Whether the result has a value for it.
    pub fn is_output(self) -> bool {
        matches!(self, Mode::Out | Mode::InOut | Mode::Table)
    }

    fn letter(self) -> char {
        match self {
            Mode::In => 'i',
            Mode::Out => 'o',
            Mode::InOut => 'b',
            Mode::Variadic => 'v',
            Mode::Table => 't',
        }
    }
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Argument {
    /// Empty when it has none.
    pub name: String,
    /// What it is for.
    pub mode: Mode,
    /// Without modifier: routines keep none.
    pub data_type: Type,
    /// What it is when a call leaves it out.
    pub default: Option<Expression>,
}

#[derive(Deserialize)]
struct LiveArgument {
    #[serde(default)]
    name: String,
    mode: Mode,
    key: String,
    sql: String,
}

/// The parameters in the column `arguments` of a row, with the defaults as the server prints them.
pub fn load_arguments(row: &tokio_postgres::Row, live: &Live, defaults: Option<&str>) -> Result<Vec<Argument>> {
    let text: Option<String> = live.get(row, "arguments")?;
    let items: Vec<LiveArgument> = serde_json::from_str(text.as_deref().unwrap_or("[]"))
        .map_err(|error| Error::new("cannot read the arguments of a routine").cause(error))?;
    let argument = |item: LiveArgument| Argument {
        name: item.name,
        mode: item.mode,
        data_type: Type { key: item.key, typmod: -1, sql: item.sql },
        default: None,
    };
    let mut arguments: Vec<Argument> = items.into_iter().map(argument).collect();
    let defaults = defaults.map(printed_list).transpose()?.unwrap_or_default();
    let inputs = arguments.iter_mut().filter(|argument| argument.mode.is_input()).rev();
    for (argument, default) in inputs.zip(defaults.into_iter().rev()) {
        argument.default = Some(default);
    }
    Ok(arguments)
}

/// Expressions that the server printed with commas in between.
fn printed_list(sql: &str) -> Result<Vec<Expression>> {
    let unreadable = || Error::new(format!("cannot read the expressions {sql} that the server printed"));
    let parsed = crate::load::syntax::parse_text(&format!("SELECT {sql}")).map_err(|_| unreadable())?;
    let statement = parsed.protobuf.stmts.into_iter().next().and_then(|raw| raw.stmt?.node);
    let Some(NodeEnum::SelectStmt(select)) = statement else { return Err(unreadable()) };
    let one = |node: Node| match node.node {
        Some(NodeEnum::ResTarget(target)) => target.val.map(|value| Expression::of(*value)).ok_or_else(unreadable),
        _ => Err(unreadable()),
    };
    select.target_list.into_iter().map(one).collect()
}

/// Reads the parameters of a CREATE statement.
pub fn read_arguments(nodes: &[Node], reader: &Reader) -> Result<Vec<Argument>, Stop> {
    let mut out: Vec<Argument> = vec![];
    for node in nodes {
        let Some(NodeEnum::FunctionParameter(parameter)) = node.node.as_ref() else { continue };
        let argument = read_argument(parameter, reader)?;
        check_argument(parameter, &argument, &out, reader)?;
        out.push(argument);
    }
    Ok(out)
}

fn read_argument(parameter: &FunctionParameter, reader: &Reader) -> Result<Argument, Stop> {
    let mode = match FunctionParameterMode::try_from(parameter.mode) {
        Ok(FunctionParameterMode::FuncParamOut) => Mode::Out,
        Ok(FunctionParameterMode::FuncParamInout) => Mode::InOut,
        Ok(FunctionParameterMode::FuncParamVariadic) => Mode::Variadic,
        Ok(FunctionParameterMode::FuncParamTable) => Mode::Table,
        _ => Mode::In,
    };
    let Some(type_name) = &parameter.arg_type else {
        return Err(reader.wrong(parameter.location, "this parameter has no type").into());
    };
    if type_name.setof {
        return Err(reader.wrong(type_name.location, "a parameter cannot be a set").into());
    }
    Ok(Argument {
        name: parameter.name.clone(),
        mode,
        data_type: type_of(type_name, reader)?,
        default: parameter.defexpr.as_deref().map(|node| reader.expression(node)),
    })
}

fn check_argument(
    parameter: &FunctionParameter,
    argument: &Argument,
    before: &[Argument],
    reader: &Reader,
) -> Result<(), Stop> {
    let wrong = |message: String| Err(reader.wrong(parameter.location, message).into());
    let same = |other: &&Argument| {
        let in_and_out = !other.mode.is_output() && !argument.mode.is_input()
            || !other.mode.is_input() && !argument.mode.is_output();
        // an input may have the name of a column of the result, except of RETURNS TABLE
        let apart = in_and_out && argument.mode != Mode::Table;
        !argument.name.is_empty() && other.name == argument.name && !apart
    };
    if before.iter().any(|other| same(&other)) {
        return wrong(format!("parameter name {} is used more than once", quote(&argument.name)));
    }
    if argument.default.is_some() && !argument.mode.is_input() {
        return wrong("only input parameters can have default values".into());
    }
    let optional = before.iter().any(|other| other.default.is_some());
    if optional && argument.default.is_none() && argument.mode.is_input() {
        return wrong("input parameters after one with a default value must also have defaults".into());
    }
    if argument.mode.is_input() && before.iter().any(|other| other.mode == Mode::Variadic) {
        return wrong("the VARIADIC parameter must be the last input parameter".into());
    }
    let facts = &reader.catalog.facts;
    let key = argument.data_type.key.as_str();
    let pseudo = matches!(key, "any" | "anyarray" | "anycompatiblearray");
    if argument.mode == Mode::Variadic && !pseudo && facts.element_of(key).is_none() {
        return wrong("the VARIADIC parameter must be an array".into());
    }
    Ok(())
}

/// The type of a parameter or result; `%TYPE` is that of a column. Modifiers are dropped, as PostgreSQL does.
pub fn type_of(name: &TypeName, reader: &Reader) -> Result<Type, Stop> {
    if name.pct_type {
        return column_type(name, reader);
    }
    let plain = TypeName { setof: false, ..name.clone() };
    let found = reader.type_of(&plain)?;
    Ok(Type::of(&reader.catalog.facts, &found.key, -1))
}

fn column_type(name: &TypeName, reader: &Reader) -> Result<Type, Stop> {
    let names = options::strings(&name.names);
    let missing = || reader.wrong(name.location, format!("column {} does not exist", crate::name::dotted(&names)));
    let (Some((column, relation)), true) = (names.split_last(), names.len() > 1) else { return Err(missing().into()) };
    let (relname, schema) = (relation.last().cloned().unwrap_or_default(), relation.first());
    let schemaname = schema.filter(|_| relation.len() > 1).cloned().unwrap_or_default();
    let range = pg_query::protobuf::RangeVar { schemaname, relname, location: name.location, ..Default::default() };
    let id = reader.relation(&range)?.child(Kind::Column, column.clone());
    let found = reader.catalog.objects.get(&id).and_then(|object| object.column());
    let found = found.ok_or_else(missing)?;
    Ok(Type::of(&reader.catalog.facts, &found.data_type.key, -1))
}

/// The identity of a routine: its names and the types of its inputs.
pub fn identity(kind: Kind, schema: String, name: String, arguments: &[Argument]) -> ObjectId {
    let inputs = arguments.iter().filter(|argument| argument.mode.is_input());
    let arguments = inputs.map(|argument| argument.data_type.sql.clone()).collect();
    ObjectId { kind, names: [schema, name].into(), arguments }
}

/// A parameter list as CREATE takes it, without the columns of RETURNS TABLE.
pub fn argument_list(arguments: &[Argument]) -> String {
    let listed = arguments.iter().filter(|argument| argument.mode != Mode::Table);
    listed.map(argument_sql).collect::<Vec<_>>().join(", ")
}

/// One parameter as CREATE takes it.
pub fn argument_sql(argument: &Argument) -> String {
    let mode = match argument.mode {
        Mode::In | Mode::Table => "",
        Mode::Out => "OUT ",
        Mode::InOut => "INOUT ",
        Mode::Variadic => "VARIADIC ",
    };
    let name = if argument.name.is_empty() { String::new() } else { format!("{} ", quote(&argument.name)) };
    let default = argument.default.as_ref().map_or(String::new(), |value| format!(" DEFAULT {}", value.sql()));
    format!("{mode}{name}{}{default}", argument.data_type.sql)
}

/// What the analysis of expressions needs to know about a routine.
pub fn fact(
    id: &ObjectId,
    arguments: &[Argument],
    kind: FunctionKind,
    (returns, returns_set): (&str, bool),
    volatility: Volatility,
    facts: &crate::facts::Facts,
) -> FunctionFact {
    let own = |text: &str| Text::Owned(text.to_owned());
    let (schema, name) = id.relation();
    let inputs = || arguments.iter().filter(|argument| argument.mode.is_input());
    let element = |argument: &Argument| match argument.data_type.key.as_str() {
        "any" => Some(own("any")),
        "anyarray" => Some(own("anyelement")),
        "anycompatiblearray" => Some(own("anycompatible")),
        key => facts.element_of(key).map(own),
    };
    let only_in = arguments.iter().all(|argument| argument.mode == Mode::In);
    let named = arguments.iter().any(|argument| !argument.name.is_empty());
    FunctionFact {
        schema: own(schema),
        name: own(name),
        args: inputs().map(|argument| own(&argument.data_type.key)).collect(),
        defaults: inputs().filter(|argument| argument.default.is_some()).count(),
        variadic: inputs().find(|argument| argument.mode == Mode::Variadic).and_then(element),
        returns_set,
        returns: own(returns),
        kind,
        volatility,
        arg_names: if named { arguments.iter().map(|argument| own(&argument.name)).collect() } else { vec![] },
        arg_modes: if only_in { vec![] } else { arguments.iter().map(|argument| argument.mode.letter()).collect() },
        all_args: if only_in { vec![] } else { arguments.iter().map(|it| own(&it.data_type.key)).collect() },
    }
}

/// Binds types and defaults of the parameters, and says what they need.
pub fn resolve_arguments(
    arguments: &mut [Argument],
    resolver: &Resolver,
    needs: &mut BTreeSet<ObjectId>,
) -> Result<()> {
    for argument in arguments {
        resolver.shorten_type(&mut argument.data_type);
        needs.extend(argument.data_type.object(resolver.catalog));
        let key = argument.data_type.key.clone();
        let Some(default) = &mut argument.default else { continue };
        let path = default.path.clone();
        let result = expr::function_argument_default(&resolver.context(&path), &default.node, &key);
        if let Some(analysis) = resolver.judge(default, result)? {
            resolver.take(default, analysis, needs);
            resolver.shorten(default, |context, node| {
                expr::function_argument_default(context, node, &key).map(|analysis| analysis.form)
            });
        }
    }
    Ok(())
}

/// Whether CREATE OR REPLACE takes the new parameters: names of inputs may be given, not changed, and a default may
/// not go (`ProcedureCreate`).
pub fn replaceable(current: &[Argument], desired: &[Argument], record: bool) -> bool {
    let inputs = |arguments: &[Argument]| -> Vec<Argument> {
        arguments.iter().filter(|argument| argument.mode.is_input()).cloned().collect()
    };
    let outputs = |arguments: &[Argument]| -> Vec<(String, String)> {
        let all = arguments.iter().filter(|argument| argument.mode.is_output());
        all.map(|argument| (argument.name.clone(), argument.data_type.key.clone())).collect()
    };
    let (now, wanted) = (inputs(current), inputs(desired));
    let alike = |(one, two): (&Argument, &Argument)| {
        (one.name.is_empty() || one.name == two.name)
            && one.mode == two.mode
            && (one.default.is_none() || two.default.is_some())
    };
    now.len() == wanted.len() && now.iter().zip(&wanted).all(alike) && (!record || outputs(current) == outputs(desired))
}

/// The search_path that the expressions of a routine were written under.
pub fn path_of<'a>(arguments: &'a [Argument], body: Option<&'a Expression>) -> Option<&'a [String]> {
    let default = arguments.iter().find_map(|argument| argument.default.as_ref());
    default.or(body).map(|expression| expression.path.as_slice())
}

/// `DROP … name(types)`.
pub fn drop(noun: &str, id: &ObjectId) -> Vec<Statement> {
    vec![Statement::new(Form::Catalog, format!("DROP {noun} {}", id.sql()))]
}

/// What should be there before the routine, without being needed: what the text of its body mentions.
pub fn wishes(
    id: &ObjectId,
    language: &str,
    body: &Body,
    settings: &Settings,
    create: &dyn Fn() -> String,
    catalog: &crate::catalog::Catalog,
) -> BTreeSet<ObjectId> {
    let Body::Text(text) = body else { return BTreeSet::new() };
    let mut path = settings.search_path().to_vec();
    path.extend([id.relation().0.to_string(), "public".to_string()]);
    let mut out = mentions(language, text, &create(), &path, catalog);
    out.remove(id);
    out
}

/// What a routine does about a disturbance: only a body that the server has parsed holds on to columns.
pub fn reaction(body: &Body, disturbance: super::Disturbance) -> super::Reaction {
    use super::Reaction;
    match disturbance {
        _ if disturbance.is_of_type() && body.standard().is_some() => Reaction::Rebuild,
        _ => Reaction::of_caller(disturbance),
    }
}
