//! Binding names, the same way for files and databases: every object of a catalog gets its normal forms and its
//! dependencies.

use std::cell::RefCell;
use std::collections::BTreeSet;

use pg_query::{Node, NodeRef};

use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::expr::{self, Analysis, Context, Form, Obstacle, Reference, Unresolved};
use crate::expression::Expression;
use crate::facts::{ColumnFact, FunctionFact, TypeKind, Volatility};
use crate::load::reader::Type;
use crate::name::QualifiedName;
use crate::objects::{Kind, Object, cast, operator_family, options, shell_type};
use crate::parallel;
use crate::renames::Renames;

mod mistake;

/// What an object can ask while it is resolved.
pub struct Resolver<'a> {
    /// The whole state.
    pub catalog: &'a Catalog,
    /// Whether a name that does not resolve is the user's mistake (files) or only something not understood.
    pub strict: bool,
    /// The names that normal forms shall use in the place of those in the catalog.
    pub renames: Option<&'a Renames>,
    /// Whether expressions and types shall be put into the shortest words that mean the same, as if a person had
    /// written them under the search_path `public`.
    pub shorten: bool,
    /// The first thing that the analysis did not understand.
    pub doubts: RefCell<Option<String>>,
}

/// What an analysis needs to know about where an expression stands.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// A default, of a column or a domain.
    Default(&'a Type),
    /// The expression of a generated column of this relation.
    Generated(&'a ObjectId, &'a Type),
    /// A condition over the columns of this relation.
    Condition(&'a ObjectId),
    /// A condition of a policy of this relation, which may look at other relations too.
    Policy(&'a ObjectId),
    /// An expression of a statistics object of this relation.
    Statistics(&'a ObjectId),
    /// The WHEN of a trigger of this relation, over OLD and NEW.
    TriggerCondition(&'a ObjectId),
    /// A condition over VALUE.
    DomainCondition(&'a Type),
}

impl Place<'_> {
    /// The normal form of an expression that stands here; `None` for DEFAULT NULL, which means none.
    fn analyze(self, context: &Context, node: &Node) -> Result<Option<Analysis>, Unresolved> {
        let analysis = match self {
            Place::Default(of) => return expr::default(context, node, &of.key, of.typmod),
            Place::Generated(id, of) => expr::generated(context, node, id.relation(), &of.key, of.typmod),
            Place::Condition(id) | Place::Policy(id) => expr::check(context, node, id.relation()),
            Place::Statistics(id) => expr::statistics(context, node, id.relation()),
            Place::TriggerCondition(id) => expr::trigger_when(context, node, id.relation()),
            Place::DomainCondition(of) => expr::domain_check(context, node, &of.key, of.typmod),
        };
        analysis.map(Some)
    }
}

impl<'a> Resolver<'a> {
    /// For a whole state, with its own names and words.
    pub fn new(catalog: &'a Catalog, strict: bool) -> Self {
        Self { catalog, strict, renames: None, shorten: false, doubts: RefCell::new(None) }
    }
}

impl Resolver<'_> {
    /// The surroundings of an expression written under `path`.
    pub fn context<'b>(&'b self, path: &'b [String]) -> Context<'b> {
        Context {
            facts: &self.catalog.facts,
            search_path: path,
            implicit_path: path,
            time_zone: "UTC",
            renames: self.renames,
            exact: false,
        }
    }

    /// Puts an expression into shorter words, where that is asked for; `form` gives the normal form of a tree.
    pub fn shorten(&self, it: &mut Expression, form: impl Fn(&Context, &Node) -> Result<Form, Unresolved>) {
        if !self.shorten {
            return;
        }
        let public = ["public".to_string()];
        let own = form(&Context { exact: true, ..self.context(&it.path) }, &it.node);
        if let Ok(own) = own {
            let context = Context { exact: true, ..self.context(&public) };
            it.shorten(&public, |node| form(&context, node).is_ok_and(|form| form == own));
        }
    }

    /// Computes the normal form of an expression and collects what it needs. `false`: it is DEFAULT NULL, which
    /// means none. Errors: a name that does not exist, when strict.
    pub fn expression(&self, it: &mut Expression, place: Place, needs: &mut BTreeSet<ObjectId>) -> Result<bool> {
        if self.strict {
            mistake::forbidden(self, it, place)?;
        }
        let analysis = place.analyze(&self.context(&it.path), &it.node);
        let analysis = self.judge(it, analysis).map_err(|error| mistake::hint_at(self, error, place))?;
        match analysis {
            Some(Some(analysis)) => {
                self.accept(it, &analysis)?;
                self.take(it, analysis, needs);
                self.shorten(it, |context, node| {
                    place.analyze(context, node).map(|analysis| analysis.map_or(Form::Null, |analysis| analysis.form))
                });
            }
            Some(None) => {
                it.void = true;
                return Ok(false);
            }
            None => {}
        }
        Ok(true)
    }

    /// Puts the name of a type into shorter words, where that is asked for.
    pub fn shorten_type(&self, it: &mut Type) {
        if self.shorten {
            *it = it.shortened();
        }
    }

    /// Whether an expression calls a function that gives another value at every call.
    pub fn volatile(&self, it: &Expression) -> bool {
        let Some(root) = it.node.node.as_ref() else { return false };
        let volatile =
            |name: &str| self.catalog.facts.functions(name).any(|function| function.volatility == Volatility::Volatile);
        root.nodes().into_iter().any(|(node, _, _, _)| match node {
            NodeRef::FuncCall(call) => options::strings(&call.funcname).last().is_some_and(|name| volatile(name)),
            _ => false,
        })
    }

    /// Errors: the analysis came upon a value that PostgreSQL would reject, and the files say so.
    pub fn accept(&self, it: &Expression, analysis: &Analysis) -> Result<()> {
        match &analysis.mistake {
            Some(problem) if self.strict => Err(it
                .wrong(problem.location, problem.message.clone())
                .hint(mistake::value_hint(self.catalog, &problem.message))),
            _ => Ok(()),
        }
    }

    /// Keeps the result of an analysis.
    pub fn take(&self, it: &mut Expression, analysis: Analysis, needs: &mut BTreeSet<ObjectId>) {
        it.form = Some(analysis.form);
        needs.extend(analysis.references.iter().flat_map(|reference| self.referenced(reference)));
    }

    /// Turns a failed analysis into an error where it is the user's mistake; `None` when it is not understood.
    pub fn judge<T>(&self, it: &Expression, result: Result<T, Unresolved>) -> Result<Option<T>> {
        match result {
            // the columns that a star stands for are not known
            Ok(_) if self.strict && !self.catalog.undecided.is_empty() && self.reads_opaque(it) => {
                self.doubts.borrow_mut().get_or_insert("it reads a view whose columns are not known".into());
                Ok(None)
            }
            Ok(found) => Ok(Some(found)),
            Err(problem) if self.strict && self.is_mistake(&problem) && !self.reads_opaque(it) => {
                let hint = mistake::hint(problem.kind);
                Err(it.wrong(problem.location, problem.message).hint(hint))
            }
            Err(problem) => {
                self.doubts.borrow_mut().get_or_insert(problem.message);
                Ok(None)
            }
        }
    }

    fn is_mistake(&self, problem: &Unresolved) -> bool {
        use Obstacle::{
            Ambiguous, Invalid, UnknownColumn, UnknownFunction, UnknownOperator, UnknownOperatorClass, UnknownRelation,
            UnknownType,
        };
        matches!(problem.kind, UnknownColumn | UnknownRelation | UnknownType | Invalid)
            || matches!(problem.kind, UnknownFunction | UnknownOperator | UnknownOperatorClass)
                && !self.catalog.incomplete
            || problem.kind == Ambiguous && problem.message.starts_with("column reference")
    }

    /// Whether a query reads a view whose columns are not known because its own query is not understood.
    fn reads_opaque(&self, it: &Expression) -> bool {
        mistake::relations(self.catalog, it).iter().any(|id| self.is_opaque(id))
    }

    /// Whether it is such a view.
    pub fn is_opaque(&self, id: &ObjectId) -> bool {
        let (schema, name) = id.relation();
        let query = || self.catalog.relation(schema, name).and_then(|id| self.catalog.objects.get(&id)?.query());
        self.catalog.facts.relation(schema, name).is_some_and(|known| known.columns.is_empty()) && query().is_some()
    }

    /// The objects of this catalog behind a reference of an analysis.
    pub fn referenced(&self, reference: &Reference) -> Vec<ObjectId> {
        match reference {
            Reference::Relation { schema, name } => self.catalog.relation(schema, name).into_iter().collect(),
            Reference::Column { schema, relation, column } => {
                let mut ids: Vec<_> = self.catalog.relation(schema, relation).into_iter().collect();
                let id = ObjectId::new(Kind::Column, [schema, relation, column]);
                ids.extend(self.catalog.objects.contains_key(&id).then_some(id));
                ids
            }
            Reference::Type { schema, name } => self.catalog.type_named(schema, name).into_iter().collect(),
            Reference::Function { schema, name, arguments } => {
                let types = arguments.iter().map(|key| self.catalog.facts.format_type(key, -1)).collect();
                let id = ObjectId { arguments: types, ..ObjectId::new(Kind::Function, [schema, name]) };
                let ids = [Kind::Function, Kind::Aggregate, Kind::Procedure].map(|kind| id.with_kind(kind));
                let found: Vec<ObjectId> = ids.into_iter().filter(|id| self.catalog.objects.contains_key(id)).collect();
                if found.is_empty() { self.maker(schema, name, arguments).into_iter().collect() } else { found }
            }
            Reference::Operator { schema, name, left, right } => {
                let type_sql = |key: &str| self.catalog.facts.format_type(key, -1);
                let left = left.as_deref().map_or("NONE".into(), type_sql);
                let id = ObjectId::new(Kind::Operator, [schema, name]);
                let id = ObjectId { arguments: vec![left, type_sql(right)], ..id };
                self.catalog.objects.contains_key(&id).then_some(id).into_iter().collect()
            }
            Reference::Cast { from, to } => {
                let id = cast::between(from, to, &self.catalog.facts);
                self.catalog.objects.contains_key(&id).then_some(id).into_iter().collect()
            }
            Reference::OperatorClass { schema, name, method } => {
                let name = QualifiedName::new(schema.as_str(), name.as_str());
                let id = operator_family::identity(Kind::OperatorClass, &name, method);
                self.catalog.objects.contains_key(&id).then_some(id).into_iter().collect()
            }
            Reference::TextSearch { what, schema, name } => {
                let kind = if *what == "regconfig" { Kind::TsConfiguration } else { Kind::TsDictionary };
                let id = ObjectId::new(kind, [schema, name]);
                self.catalog.objects.contains_key(&id).then_some(id).into_iter().collect()
            }
            Reference::Collation { schema, name } => {
                let id = ObjectId::new(Kind::Collation, [schema, name]);
                self.catalog.objects.contains_key(&id).then_some(id).into_iter().collect()
            }
        }
    }

    /// The type that a function makes values of, when it came with the type.
    fn maker(&self, schema: &str, name: &str, arguments: &[String]) -> Option<ObjectId> {
        let facts = &self.catalog.facts;
        let same = |fact: &&FunctionFact| {
            fact.schema == *schema && fact.args.iter().map(|key| &**key).eq(arguments.iter().map(String::as_str))
        };
        let made = facts.type_named(&facts.functions(name).find(same)?.returns)?;
        let ranged = matches!(made.kind, TypeKind::Range | TypeKind::Multirange);
        ranged.then(|| self.catalog.type_named(&made.schema, &made.name)).flatten()
    }
}

/// Resolves every object. Errors: all that do not resolve, when `strict`.
pub fn resolve(catalog: &mut Catalog, strict: bool) -> Result<()> {
    add_relations(catalog);
    let mut errors = vec![];
    let views = |kind: Kind| matches!(kind, Kind::View | Kind::MaterializedView);
    let (late, early): (Vec<_>, Vec<_>) = catalog.objects.keys().cloned().partition(|id| views(id.kind));
    // a view's columns are known only once the relations that it reads are
    let mut waiting = late;
    loop {
        let mut next = vec![];
        let mut failed = vec![];
        let before = waiting.len();
        for id in waiting {
            match resolve_one(catalog, &id, strict) {
                Ok(()) => {}
                Err(error) => {
                    failed.push(error);
                    next.push(id);
                }
            }
        }
        if next.is_empty() || next.len() == before {
            errors.extend(mistake::explain_waiting(catalog, &next, failed));
            break;
        }
        waiting = next;
    }
    // nothing else has columns to tell, so the others do not wait for each other
    let resolved = parallel::map(&early, |id| resolved(catalog, id, strict));
    errors.extend(keep(catalog, early.into_iter().zip(resolved)));
    shell_type::untie(catalog);
    if strict {
        errors.extend(shell_type::misuses(catalog));
        errors.extend(intents(catalog));
    }
    Error::all(errors).map_or(Ok(()), Err)
}

type Resolved = Option<Found>;

/// An object with its normal forms.
struct Found {
    object: Object,
    needs: BTreeSet<ObjectId>,
    wishes: BTreeSet<ObjectId>,
    /// What of it is not understood.
    doubt: Option<String>,
}

/// What is wrong with the expressions that say how values come to a column.
fn intents(catalog: &Catalog) -> Vec<Error> {
    let resolver = Resolver::new(catalog, true);
    let mut errors = vec![];
    for (id, intent) in &catalog.intents {
        let Some(of) = catalog.objects.get(id).and_then(Object::column).map(|column| &column.data_type) else {
            continue;
        };
        let table = id.parent(Kind::Table);
        let place = Place::Generated(&table, of);
        if let Some(backfill) = &intent.backfill {
            errors.extend(resolver.expression(&mut backfill.clone(), place, &mut BTreeSet::new()).err());
        }
        if let Some(using) = &intent.using {
            let path = using.path.clone();
            let result = expr::generated(&resolver.context(&path), &using.node, table.relation(), &of.key, of.typmod);
            // the column has its old type there, so which functions and operators fit is not known
            if let Err(problem) = result
                && matches!(problem.kind, Obstacle::UnknownColumn | Obstacle::UnknownRelation | Obstacle::UnknownType)
            {
                errors.push(using.wrong(problem.location, problem.message));
            }
        }
    }
    errors
}

fn resolve_one(catalog: &mut Catalog, id: &ObjectId, strict: bool) -> Result<()> {
    let found = resolved(catalog, id, strict)?;
    if let Some((kind, columns)) = found.as_ref().and_then(|found| found.object.columns()) {
        let (schema, name) = id.relation();
        catalog.facts.model.add_relation(schema, name, kind, columns);
    }
    keep(catalog, [(id.clone(), Ok(found))]);
    Ok(())
}

/// The object with its normal forms, and what it needs.
fn resolved(catalog: &Catalog, id: &ObjectId, strict: bool) -> Result<Resolved> {
    let Some(mut object) = catalog.objects.get(id).cloned() else { return Ok(None) };
    let resolver = Resolver::new(catalog, strict);
    let needs = object.resolve(id, &resolver);
    let needs = needs.and_then(|needs| mistake::schema(catalog, id, strict).map(|()| needs));
    let needs = needs.map_err(|error| match catalog.locations.get(id) {
        Some(place) => error.at(place),
        None => error,
    })?;
    let mut needs: BTreeSet<_> =
        needs.into_iter().chain(catalog.dependencies.get(id).into_iter().flatten().cloned()).collect();
    needs.remove(id);
    // only what is made has an order to wish for
    let wishes = if strict { object.wishes(id, catalog) } else { BTreeSet::new() };
    let doubt = resolver.doubts.take().filter(|_| strict);
    Ok(Some(Found { object, needs, wishes, doubt }))
}

/// Puts objects with their normal forms in the places of those that were read; they come in order of their identities.
/// Returns what is wrong with others.
fn keep(catalog: &mut Catalog, all: impl IntoIterator<Item = (ObjectId, Result<Resolved>)>) -> Vec<Error> {
    let (mut objects, mut needs, mut voids, mut errors) = (vec![], vec![], vec![], vec![]);
    for (id, result) in all {
        match result {
            Ok(Some(found)) if found.object.is_void() => voids.push(id),
            Ok(Some(found)) => {
                if !found.needs.is_empty() {
                    needs.push((id.clone(), found.needs));
                }
                if !found.wishes.is_empty() {
                    catalog.wishes.insert(id.clone(), found.wishes);
                }
                if let Some(doubt) = found.doubt {
                    catalog.undecided.insert(id.clone(), doubt);
                }
                objects.push((id, found.object));
            }
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    catalog.dependencies.extend(needs);
    catalog.objects.replace(objects);
    for id in voids {
        catalog.objects.remove(&id);
    }
    errors
}

/// Tells the facts about relations whose columns are objects.
fn add_relations(catalog: &mut Catalog) {
    let tables: Vec<ObjectId> = catalog.objects.keys().filter(|id| id.kind == Kind::Table).cloned().collect();
    for id in tables {
        let (schema, name) = id.relation();
        let columns = catalog.columns_of(&id);
        catalog.facts.model.add_relation(schema, name, 'r', columns);
    }
    // constants of type regclass name sequences
    for id in catalog.objects.keys().filter(|id| id.kind == Kind::Sequence) {
        let (schema, name) = id.relation();
        catalog.facts.model.add_relation(schema, name, 'S', vec![]);
    }
    // a server has said which columns a view has, whatever the order in which views are looked at
    let views: Vec<(ObjectId, char, Vec<ColumnFact>)> = catalog
        .objects
        .iter()
        .filter_map(|(id, object)| object.columns().map(|(kind, columns)| (id.clone(), kind, columns)))
        .filter(|(.., columns)| !columns.is_empty())
        .collect();
    for (id, kind, columns) in views {
        let (schema, name) = id.relation();
        catalog.facts.model.add_relation(schema, name, kind, columns);
    }
    let keys: Vec<(ObjectId, Vec<String>)> = catalog
        .objects
        .iter()
        .filter_map(|(id, object)| match object {
            Object::Constraint(constraint) => Some((id.clone(), constraint.primary_key()?)),
            _ => None,
        })
        .map(|(id, columns)| (id, columns.to_vec()))
        .collect();
    for (id, columns) in keys {
        let (schema, name) = id.relation();
        catalog.facts.model.set_primary_key(schema, name, columns);
    }
}
