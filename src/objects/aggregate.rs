//! Aggregates (`pg_aggregate`), ordered-set and hypothetical-set ones included.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tokio_postgres::Row;

use super::routine::{self, Argument, Mode, Parallel};
use super::{AlterContext, Alteration, DatabaseObject, Disturbance, Kind, Reaction, Space, Statement, rename, schema};
use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::facts::{FunctionFact, FunctionKind, Volatility};
use crate::introspect::Live;
use crate::load::reader::Type;
use crate::name::{QualifiedName, literal, quote};
use crate::plan::forms::Form;
use crate::renames::Renames;
use crate::resolve::Resolver;

mod read;
pub use read::read;

/// How an aggregate is called (`aggkind`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallForm {
    /// `f(x)`.
    Normal,
    /// `f(x) WITHIN GROUP (ORDER BY y)`.
    OrderedSet,
    /// The same, with a row that is put among the others.
    Hypothetical,
}

/// The state of a computation: of the plain one, or of the one over moving windows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct State {
    /// STYPE.
    pub data_type: Type,
    /// SSPACE: bytes that the planner expects; 0 is the default.
    pub space: i32,
    /// INITCOND.
    pub initial: Option<String>,
    /// FINALFUNC_EXTRA.
    pub final_extra: bool,
    /// FINALFUNC_MODIFY as in the catalog: `r`, `s` or `w`.
    pub final_modify: String,
}

/// An aggregate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Aggregate {
    /// How it is called.
    pub form: CallForm,
    /// How many of the arguments are direct ones.
    pub direct: usize,
    /// All arguments.
    pub arguments: Vec<Argument>,
    /// The support functions by the words of CREATE AGGREGATE, such as `sfunc`.
    pub functions: BTreeMap<String, QualifiedName>,
    /// The state.
    pub state: State,
    /// The state over moving windows.
    pub moving: Option<State>,
    /// SORTOP.
    pub sort_operator: Option<QualifiedName>,
    /// PARALLEL.
    pub parallel: Parallel,
}

/// The catalogue query.
pub const QUERY: &str = include_str!("aggregate.sql");

/// Takes a row of the query.
pub fn load(row: &Row, live: &mut Live) -> Result<()> {
    let functions: Option<String> = live.get(row, "functions")?;
    let functions: BTreeMap<String, (String, String)> = serde_json::from_str(functions.as_deref().unwrap_or("{}"))
        .map_err(|error| Error::new("cannot read the functions of an aggregate").cause(error))?;
    let moving: Option<String> = live.get(row, "moving_key")?;
    let aggregate = Aggregate {
        form: match live.text(row, "form")?.as_str() {
            "o" => CallForm::OrderedSet,
            "h" => CallForm::Hypothetical,
            _ => CallForm::Normal,
        },
        direct: usize::try_from(live.get::<i32>(row, "direct")?).unwrap_or_default(),
        arguments: routine::load_arguments(row, live, None)?,
        functions: functions.into_iter().map(|(word, (schema, name))| (word, QualifiedName { schema, name })).collect(),
        state: load_state(row, live, "state", "initial", "final")?,
        moving: moving.map(|_| load_state(row, live, "moving", "moving_initial", "moving_final")).transpose()?,
        sort_operator: live.qualified(row, "operator_schema", "operator_name")?,
        parallel: Parallel::of_letter(&live.text(row, "parallel")?),
    };
    let (schema, name) = (live.text(row, "schema")?, live.text(row, "name")?);
    let id = routine::identity(Kind::Aggregate, schema, name, &aggregate.arguments);
    let fact = aggregate.fact(&id, &live.text(row, "result_key")?, &live.catalog);
    live.catalog.facts.model.add_function(fact);
    live.attribute_of(row, &id)?;
    live.add(row, id, aggregate)
}

fn load_state(row: &Row, live: &Live, prefix: &str, initial: &str, end: &str) -> Result<State> {
    Ok(State {
        data_type: live.data_type(row, prefix)?,
        space: live.get(row, &format!("{prefix}_space"))?,
        initial: live.get(row, initial)?,
        final_extra: live.get(row, &format!("{end}_extra"))?,
        final_modify: live.text(row, &format!("{end}_modify"))?,
    })
}

impl Aggregate {
    fn fact(&self, id: &ObjectId, result: &str, catalog: &Catalog) -> FunctionFact {
        let kind = FunctionKind::Aggregate;
        routine::fact(id, &self.arguments, kind, (result, false), Volatility::Immutable, &catalog.facts)
    }

    /// What FINALFUNC_MODIFY is when nothing is said.
    fn default_modify(form: CallForm) -> &'static str {
        if form == CallForm::Normal { "r" } else { "w" }
    }

    /// The arguments as CREATE AGGREGATE wants them.
    fn signature(&self) -> String {
        if self.arguments.is_empty() && self.form == CallForm::Normal {
            return "*".into();
        }
        if self.form == CallForm::Normal {
            return routine::argument_list(&self.arguments);
        }
        let (direct, ordered) = self.arguments.split_at(self.direct.min(self.arguments.len()));
        let direct_sql = routine::argument_list(direct);
        // one VARIADIC stands for both lists
        let ordered = match (ordered, direct.last()) {
            ([], Some(last)) if last.mode == Mode::Variadic => routine::argument_sql(last),
            _ => routine::argument_list(ordered),
        };
        let gap = if direct_sql.is_empty() { "" } else { " " };
        format!("{direct_sql}{gap}ORDER BY {ordered}")
    }

    fn statement(&self, id: &ObjectId, verb: &str) -> Statement {
        let mut items = vec![];
        let mut say = |word: &str, value: Option<String>| {
            items.extend(value.map(|value| format!("    {word} = {value}")));
        };
        let function = |word: &str| self.functions.get(word).map(ToString::to_string);
        say("sfunc", function("sfunc"));
        let form = self.form;
        state_items(&self.state, form, "", &function, &mut say);
        for word in ["combinefunc", "serialfunc", "deserialfunc", "msfunc", "minvfunc"] {
            say(word, function(word));
        }
        if let Some(moving) = &self.moving {
            state_items(moving, form, "m", &function, &mut say);
        }
        let operator = |name: &QualifiedName| format!("OPERATOR({}.{})", quote(&name.schema), name.name);
        say("sortop", self.sort_operator.as_ref().map(operator));
        say("parallel", (self.parallel != Parallel::Unsafe).then(|| self.parallel.word().to_lowercase()));
        if form == CallForm::Hypothetical {
            items.push("    hypothetical".into());
        }
        let names = crate::name::dotted(&id.names);
        let sql = format!("{verb} AGGREGATE {names}({}) (\n{}\n)", self.signature(), items.join(",\n"));
        Statement::new(if verb == "CREATE" { Form::Create } else { Form::Catalog }, sql)
    }

    /// What the result's type follows from.
    fn result_basis(&self) -> (&Type, Option<&QualifiedName>) {
        (&self.state.data_type, self.functions.get("finalfunc"))
    }
}

fn state_items(
    state: &State,
    form: CallForm,
    prefix: &str,
    function: &dyn Fn(&str) -> Option<String>,
    say: &mut dyn FnMut(&str, Option<String>),
) {
    let word = |word: &str| format!("{prefix}{word}");
    say(&word("stype"), Some(state.data_type.sql.clone()));
    say(&word("sspace"), (state.space != 0).then(|| state.space.to_string()));
    say(&word("finalfunc"), function(&word("finalfunc")));
    say(&word("finalfunc_extra"), state.final_extra.then(|| "true".into()));
    let modify = match state.final_modify.as_str() {
        "r" => "read_only",
        "s" => "shareable",
        _ => "read_write",
    };
    let given = state.final_modify != Aggregate::default_modify(form);
    say(&word("finalfunc_modify"), given.then(|| modify.into()));
    say(&word("initcond"), state.initial.as_deref().map(literal));
}

impl DatabaseObject for Aggregate {
    fn resolve(&mut self, id: &ObjectId, resolver: &Resolver) -> Result<BTreeSet<ObjectId>> {
        let mut needs = schema::needed(id, resolver)?;
        let catalog = resolver.catalog;
        routine::resolve_arguments(&mut self.arguments, resolver, &mut needs)?;
        needs.extend(self.state.data_type.object(catalog));
        needs.extend(self.moving.as_ref().and_then(|moving| moving.data_type.object(catalog)));
        for name in self.functions.values() {
            needs.extend(catalog.routines(Kind::Function, &name.schema, &name.name).cloned());
        }
        if let Some(operator) = &self.sort_operator {
            needs.extend(catalog.routines(Kind::Operator, &operator.schema, &operator.name).cloned());
        }
        needs.remove(id);
        Ok(needs)
    }

    fn create(&self, id: &ObjectId) -> Vec<Statement> {
        vec![self.statement(id, "CREATE")]
    }

    fn alter(&self, id: &ObjectId, desired: &Self, _context: &AlterContext) -> Alteration {
        let same = self.form == desired.form
            && self.direct == desired.direct
            && self.result_basis() == desired.result_basis()
            && self.state.final_extra == desired.state.final_extra
            && routine::replaceable(&self.arguments, &desired.arguments, false);
        if same { Alteration::in_place(vec![desired.statement(id, "CREATE OR REPLACE")]) } else { Alteration::Replace }
    }

    fn drop(&self, id: &ObjectId) -> Vec<Statement> {
        routine::drop("AGGREGATE", id)
    }

    fn reaction(&self, _id: &ObjectId, _on: &ObjectId, disturbance: Disturbance) -> Reaction {
        match disturbance {
            Disturbance::Replaced => Reaction::Rebuild,
            _ => Reaction::Survives,
        }
    }

    fn renamed(&mut self, _id: &ObjectId, renames: &Renames) {
        self.arguments.iter_mut().for_each(|argument| renames.retype(&mut argument.data_type));
        self.sort_operator.iter_mut().for_each(|name| renames.qualified(Space::Operator, name));
        self.functions.values_mut().for_each(|name| renames.qualified(Space::Routine, name));
        let states = std::iter::once(&mut self.state).chain(&mut self.moving);
        states.for_each(|state| renames.retype(&mut state.data_type));
    }

    fn rename(&self, id: &ObjectId, new: &ObjectId) -> Option<Statement> {
        rename::statement(Form::Catalog, "AGGREGATE", id, new)
    }
}
