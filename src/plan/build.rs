//! The passes one after the other: catalogs in, plan out.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use super::action::{self, Action, Verb};
use super::forms::{Form, TransactionRule};
use super::hazard::{self, Finding};
use super::order::{self, Group};
use super::rebuild::{self, Clearings};
use super::repartition::{self, SetAside};
use super::{Batch, Change, Hazard, Level, Note, Plan, Step, scope, suspicion, why};
use crate::catalog::{Catalog, ObjectId};
use crate::diff::{self, Difference, Verdict};
use crate::error::Result;
use crate::objects::{AlterContext, Kind, Object, Part, Statement, attributes, identity_sequence, sequence_owner};
use crate::parallel;
use crate::pipeline::Options;
use crate::render::json;

/// Plans the way from one state to the other.
/// Errors: a change that cannot be made or has no order, a rename that is not decided.
pub fn plan(mut current: Catalog, mut desired: Catalog, options: &Options, labels: (&str, &str)) -> Result<Plan> {
    let (current_fingerprint, desired_fingerprint) =
        parallel::both(|| fingerprint(&current), || fingerprint(&desired))?;
    // first, so that what comes from elsewhere is managed, and keeps its owner and privileges
    let managed = scope::Managed::of(&current, &desired, options);
    let renames = super::rename::apply(&mut current, &desired, &|id| managed.contains(id))?;
    let managed = if renames.actions.is_empty() { managed } else { scope::Managed::of(&current, &desired, options) };
    scope::narrow(&mut current, &mut desired, &managed, options);
    super::roles::check(&current, &desired)?;
    sequence_owner::release(&mut desired);
    attributes::label::settle(&current, &mut desired)?;
    let undecided = leave_undecided(&current, &mut desired);
    let aside = repartition::set_aside(&mut current, &desired)?;
    let mut difference = diff::objects(&current, &desired)?;
    super::adopt::extend(&mut difference, &mut current, &mut desired);
    let clearings = rebuild::extend(&mut difference, &current, &desired)?;
    let (mut actions, carried) = actions(&difference, &current, &desired);
    let major = u32::from(current.facts.major());
    aside.extend(&mut actions, &AlterContext { current: &current, desired: &desired, major })?;
    let groups = order::sort(actions, &carried, (&clearings, &aside), &difference, (&current, &desired))?;
    let maker =
        Maker { current: &current, desired: &desired, options, difference: &difference, aside: &aside, short: false };
    let mut steps: Vec<Draft> = vec![];
    for first in renames.actions.iter().chain(&aside.actions) {
        steps.extend(maker.steps_of(first, &[]));
    }
    for group in &groups {
        steps.extend(maker.group(group));
    }
    let batches = batches(fold(steps));
    aside.is_whole(batches.len())?;
    let plan = Plan {
        version: json::VERSION,
        tool: env!("CARGO_PKG_VERSION").into(),
        server: u32::from(current.facts.major()),
        from: labels.0.into(),
        to: labels.1.into(),
        batches,
        unmanaged: current.unmanaged.clone(),
        notes: renames.notes.into_iter().chain(undecided).collect(),
        current_fingerprint,
        desired_fingerprint,
    };
    parallel::discard((current, desired));
    Ok(plan)
}

/// What to say about definitions that nobody could compare. Those whose objects cost much to make anew stay as they
/// are.
fn leave_undecided(current: &Catalog, desired: &mut Catalog) -> Vec<Note> {
    let mut out = vec![];
    for (id, doubt) in std::mem::take(&mut desired.undecided) {
        let (Some(now), Some(wanted)) = (current.objects.get(&id), desired.objects.get(&id)) else { continue };
        if now == wanted {
            continue;
        }
        let texts = why::change(&id, Change::Alter, current, desired, &Difference::new());
        let done = if wanted.is_costly() { "it is left as it is" } else { "it is set as declared" };
        let message = format!("whether the definition differs is undecided ({doubt}): {texts}; {done}");
        if wanted.is_costly() {
            let mut own = wanted.clone();
            own.agree(now);
            desired.objects.insert(id.clone(), own);
        }
        out.push(Note { object: Some(id), message, undecided: true });
    }
    out
}

/// The statements that make a state out of what every database has, in as few words as PostgreSQL understands.
/// Errors: objects that need each other and have no order.
pub fn creation(current: &Catalog, desired: &Catalog, options: &Options) -> Result<Vec<Step>> {
    let difference = diff::objects(current, desired)?;
    let (actions, carried) = actions(&difference, current, desired);
    let aside = SetAside::default();
    let groups = order::sort(actions, &carried, (&Clearings::default(), &aside), &difference, (current, desired))?;
    let maker = Maker { current, desired, options, difference: &difference, aside: &aside, short: true };
    Ok(fold(groups.iter().flat_map(|group| maker.group(group)).collect()))
}

/// All actions, in the order in which those that do not need each other are shown; and which drops others carry.
fn actions(
    difference: &Difference,
    current: &Catalog,
    desired: &Catalog,
) -> (Vec<Action>, BTreeMap<ObjectId, ObjectId>) {
    let (mut actions, carried) = action::collect(difference, current, desired);
    actions.extend(attribute_actions(difference, current, desired));
    actions.sort_by(|a, b| {
        (a.verb == Verb::Attribute, &a.id.kind, a.verb, &a.id).cmp(&(
            b.verb == Verb::Attribute,
            &b.id.kind,
            b.verb,
            &b.id,
        ))
    });
    (actions, carried)
}

/// A hash of a state: its objects and attributes in their normal forms.
pub fn fingerprint(catalog: &Catalog) -> String {
    let own =
        |id: &ObjectId| id.schema() == Some(scope::JOURNAL) || id.kind == Kind::Schema && id.name() == scope::JOURNAL;
    let objects: Vec<_> = catalog.objects.iter().filter(|(id, _)| !own(id)).collect();
    let digests = parallel::map(&objects, |(id, object)| {
        Sha256::digest(serde_json::to_vec(&(id, object, catalog.attributes.get(id))).unwrap_or_default())
    });
    let mut hash = Sha256::new();
    digests.iter().for_each(|digest| hash.update(digest));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attribute_actions(difference: &Difference, current: &Catalog, desired: &Catalog) -> Vec<Action> {
    let anew = |id: &ObjectId| {
        let made = |id: &ObjectId| matches!(difference.get(id), Some(Verdict::Create | Verdict::Replace));
        made(id) || whole(id, desired).is_some_and(|whole| made(&whole)) || !known(id, current)
    };
    let changed = |id: &ObjectId| {
        let alters = |id: &ObjectId| matches!(difference.get(id), Some(Verdict::Alter { .. }));
        let needs = |id: &ObjectId| desired.dependencies.get(id).is_some_and(|all| all.iter().any(alters));
        alters(id) || needs(id) || whole(id, desired).is_some_and(|whole| needs(&whole))
    };
    let fate = diff::Fate { anew: &anew, whole: &|id| whole(id, desired), changed: &changed };
    let changes = diff::attributes(current, desired, &fate);
    let made = |id: &ObjectId| match difference.get(id).or_else(|| difference.get(&whole(id, desired)?)) {
        Some(Verdict::Create) => Change::Create,
        Some(Verdict::Replace) => Change::Replace,
        Some(Verdict::Alter { .. } | Verdict::Drop) | None => Change::Alter,
    };
    let action = |(id, change): (ObjectId, diff::AttributeChange)| Action {
        change: made(&id),
        verb: Verb::Attribute,
        why: change.why.join(", "),
        part: None,
        undo: None,
        id,
        statements: change.statements,
    };
    changes.into_iter().map(action).collect()
}

/// The relation or constraint whose part an attribute-bearing thing is, when it is no object of its own.
fn whole(id: &ObjectId, catalog: &Catalog) -> Option<ObjectId> {
    match id.kind {
        Kind::Column => {
            let has = |composite: &ObjectId| {
                let object = catalog.objects.get(composite).and_then(Object::composite_type);
                object.is_some_and(|object| object.attributes.iter().any(|attribute| attribute.name == id.name()))
            };
            let composite = || Some(id.parent(Kind::CompositeType)).filter(has);
            catalog.relation(id.relation().0, id.relation().1).or_else(composite)
        }
        Kind::Index if !catalog.objects.contains_key(id) => {
            catalog.objects.constraint_of_index(id.relation().0, id.name()).cloned()
        }
        _ => identity_sequence::column(catalog, id),
    }
}

fn known(id: &ObjectId, current: &Catalog) -> bool {
    current.objects.contains_key(id) || whole(id, current).is_some()
}

struct Maker<'a> {
    current: &'a Catalog,
    desired: &'a Catalog,
    options: &'a Options,
    difference: &'a Difference,
    aside: &'a SetAside,
    /// Whether names that PostgreSQL would give are left out, and constraints of one column stand behind it.
    short: bool,
}

impl Maker<'_> {
    fn group(&self, group: &Group) -> Vec<Draft> {
        let mut action = group.action.clone();
        if !group.parts.is_empty()
            && let Some(object) = self.desired.objects.get(&action.id)
        {
            let parts: Vec<_> = group.parts.iter().map(|(id, part)| self.part(id, part, group)).collect();
            let object = super::action::as_made(&action.id, object, self.current, self.desired);
            action.statements = object.create_with(&action.id, &parts);
        }
        if let (Verb::Create, Some(object)) = (action.verb, self.desired.objects.get(&action.id)) {
            let major = u32::from(self.current.facts.major());
            let context = AlterContext { current: self.current, desired: self.desired, major };
            action.statements = object.among_rows(&action.id, action.statements, &context);
        }
        let also: Vec<ObjectId> = group.parts.iter().map(|(id, _)| id.clone()).collect();
        let mut steps = self.steps_of(&action, &also);
        for rest in &group.rest {
            steps.extend(self.steps_of(rest, &[]));
        }
        steps
    }

    /// A part as it is written: short only where the column that it would stand behind is defined there.
    fn part(&self, id: &ObjectId, part: &Part, group: &Group) -> Part {
        let written = |name: &String| {
            group.parts.iter().any(|(id, it)| it.column.is_none() && id.kind == Kind::Column && it.name == *name)
        };
        let short =
            self.desired.objects.get(id).filter(|_| self.short).and_then(|it| it.short_part(id, part, self.desired));
        short.filter(|short| short.column.as_ref().is_none_or(written)).unwrap_or_else(|| part.clone())
    }

    fn steps_of(&self, action: &Action, also: &[ObjectId]) -> Vec<Draft> {
        let mut steps = vec![];
        for (at, statement) in action.statements.iter().enumerate() {
            let mut findings = statement.findings.clone();
            if at == 0 {
                findings.extend(self.drop_findings(action));
                findings.extend(self.consequences(action));
            }
            let new_relation = !matches!(action.verb, Verb::Rename | Verb::Fill) && self.is_new(&action.id);
            findings.retain(|finding| {
                !new_relation || !matches!(finding.name.as_str(), "rewrite" | "data-may-not-fit" | "scan")
            });
            let step = Step {
                object: action.id.clone(),
                also: if at == 0 { also.to_vec() } else { vec![] },
                change: action.change,
                sql: statement.text(),
                search_path: statement.search_path.clone().unwrap_or_else(|| vec!["public".into()]),
                why: action.why.clone(),
                form: if new_relation && statement.form != Form::Create { Form::Catalog } else { statement.form },
                hazards: findings.iter().filter_map(|finding| self.hazard(action, finding)).collect(),
                undo: self.undo(action),
            };
            steps.push(Draft { step, clause: statement.clause_of.clone().map(|table| (table, statement.sql.clone())) });
        }
        steps
    }

    /// Whether the relation that a step works on is made by the same plan.
    fn is_new(&self, id: &ObjectId) -> bool {
        let whole = if id.names.len() > 2 {
            whole(id, self.desired).unwrap_or_else(|| id.parent(Kind::Table))
        } else {
            id.clone()
        };
        matches!(self.difference.get(&whole), Some(Verdict::Create))
    }

    fn consequences(&self, action: &Action) -> Vec<Finding> {
        let id = &action.id;
        match (action.verb, self.current.objects.get(id)) {
            (Verb::Drop, Some(object)) if !self.aside.holds(id) => {
                object.consequences(id, self.desired.objects.get(id))
            }
            _ => vec![],
        }
    }

    fn drop_findings(&self, action: &Action) -> Vec<Finding> {
        if action.verb != Verb::Drop || self.aside.holds(&action.id) {
            return vec![];
        }
        let name = format!("drop-{}", action.id.kind.slug());
        let computed = action.id.kind == Kind::Column
            && self.current.objects.get(&action.id).is_some_and(|object| !object.holds_data());
        match (action.change, hazard::code(&name)) {
            (Change::Replace, _) if computed => {
                vec![Finding::new("recompute-generated", format!("{} is computed anew", action.id))]
            }
            (Change::Replace, _) if action.id.kind != Kind::Column => vec![],
            (_, Some(_)) => {
                let mut out = vec![Finding::new(&name, self.dropped(&action.id))];
                out.extend(suspicion::rename(&action.id, self.current, self.desired, self.difference));
                out
            }
            _ => vec![],
        }
    }

    fn dropped(&self, id: &ObjectId) -> String {
        let lost = self.current.objects.get(id).is_some_and(|object| object.holds_data());
        let held = self.current.held(id).map(|(_, _, held)| held).unwrap_or_default();
        let along: Vec<String> = held.iter().map(ToString::to_string).collect();
        match along.as_slice() {
            _ if lost => format!("{id} is dropped, and what is stored in it is lost"),
            [] => format!("{id} is dropped"),
            _ => format!("{id} is dropped with {}", along.join(", ")),
        }
    }

    fn hazard(&self, action: &Action, finding: &Finding) -> Option<Hazard> {
        let code = hazard::code(&finding.name)?;
        let allowed = self.options.allow.iter().any(|allow| allows(allow, code, &action.id));
        let level = if code.level == Level::Deny && allowed { Level::Warn } else { code.level };
        let denied = level == Level::Deny;
        let mut decide = vec![];
        if denied {
            if code.name == "possible-rename" {
                decide.push(
                    "if it is a rename: -- reconcile: renamed from <old name>, on the line above the new definition"
                        .to_string(),
                );
                let beside = action.statements.iter().flat_map(|statement| &statement.findings);
                let beside = beside.map(|finding| finding.name.clone()).find(|name| name != code.name);
                decide.push(format!(
                    "if the old one shall go: --allow possible-rename:{0} --allow {1}:{0}",
                    action.id.names.join("."),
                    beside.unwrap_or_else(|| format!("drop-{}", action.id.kind.slug()))
                ));
            } else {
                decide.push(format!("--allow {}:{}", code.name, action.id.names.join(".")));
            }
        }
        Some(Hazard { code: code.code.into(), name: code.name.into(), level, message: finding.message.clone(), decide })
    }

    /// The statement that takes an action back.
    fn undo(&self, action: &Action) -> Option<String> {
        let text = |statements: Vec<Statement>| {
            let texts: Vec<String> = statements.iter().map(Statement::text).collect();
            (!texts.is_empty()).then(|| texts.join(";\n"))
        };
        let id = &action.id;
        let secret = self.current.objects.get(id).is_some_and(|object| object.has_secrets());
        match action.verb {
            Verb::Drop | Verb::Alter if secret => None,
            // the way back is another plan
            Verb::Create | Verb::Drop if self.aside.has(id, self.desired) => None,
            Verb::Create => text(self.desired.objects.get(id)?.drop(id)),
            Verb::Drop => {
                let mut out = vec![];
                if let Some((stand_in, object, held)) = self.current.held(id) {
                    out.extend(object.create(&stand_in));
                    let objects = held.into_iter().filter_map(|held| Some((held, self.current.objects.get(held)?)));
                    out.extend(objects.flat_map(|(held, object)| object.create(held)));
                }
                out.extend(self.current.objects.get(id)?.create(id));
                text(out)
            }
            Verb::Alter => {
                let major = u32::from(self.current.facts.major());
                let context = AlterContext { current: self.desired, desired: self.current, major };
                match self.desired.objects.get(id)?.alter(id, self.current.objects.get(id)?, &context) {
                    crate::objects::Alteration::InPlace { statements, .. } => text(statements),
                    _ => None,
                }
            }
            Verb::Rename => action.undo.clone(),
            Verb::Attribute | Verb::Fill => None,
        }
    }
}

/// Whether an `--allow` names this code (by name, number or `all`), for every object or for this one.
pub fn allows(allow: &str, code: &hazard::Code, id: &ObjectId) -> bool {
    let (name, object) = match allow.split_once(':') {
        Some((name, object)) => (name, Some(object)),
        None => (allow, None),
    };
    let named = name == "all" || name == code.name || name.eq_ignore_ascii_case(code.code);
    named
        && object.is_none_or(|object| {
            object == id.names.join(".") || object == id.sql() || scope::matches(object, &id.names.join("."))
        })
}

/// A step, and its table and clause when it is an ALTER TABLE.
struct Draft {
    step: Step,
    clause: Option<(ObjectId, String)>,
}

/// Clauses of one form on one table that stand side by side become one ALTER TABLE.
fn fold(drafts: Vec<Draft>) -> Vec<Step> {
    let mut out: Vec<Draft> = vec![];
    for draft in drafts {
        match (out.last_mut(), &draft.clause) {
            (Some(last), Some((_, clause))) if joins(last, &draft) => {
                let (last, step) = (&mut last.step, draft.step);
                last.sql = format!("{},\n    {clause}", last.sql);
                if last.object != step.object {
                    last.also.push(step.object);
                }
                last.hazards.extend(step.hazards);
                last.undo = match (last.undo.take(), step.undo) {
                    (Some(one), Some(two)) if one != two => Some(format!("{two};\n{one}")),
                    (one, two) => one.or(two),
                };
            }
            _ => out.push(draft),
        }
    }
    let mut steps: Vec<Step> = out.into_iter().map(|draft| draft.step).collect();
    for step in &mut steps {
        let mut seen = BTreeSet::new();
        step.hazards.retain(|hazard| seen.insert((hazard.name.clone(), hazard.message.clone())));
    }
    steps
}

fn joins(last: &Draft, next: &Draft) -> bool {
    let folds = [Form::AddColumn, Form::AddColumnRewrite, Form::AlterTypeRewrite, Form::AlterTypeInPlace];
    let same_table = match (&last.clause, &next.clause) {
        (Some((one, _)), Some((two, _))) => one == two,
        _ => false,
    };
    same_table
        && last.step.form == next.step.form
        && last.step.change == next.step.change
        && last.step.search_path == next.step.search_path
        && folds.contains(&next.step.form)
}

/// One transaction, with a commit where something can be used only after one.
fn batches(steps: Vec<Step>) -> Vec<Batch> {
    let mut out: Vec<Batch> = vec![];
    for step in steps {
        let waits = step.form.transaction() == TransactionRule::CommitBeforeUse;
        let boundary = out
            .last()
            .and_then(|batch| batch.steps.last())
            .is_none_or(|last| last.form.transaction() == TransactionRule::CommitBeforeUse && !waits);
        match out.last_mut() {
            Some(batch) if !boundary => batch.steps.push(step),
            _ => out.push(Batch { transactional: true, steps: vec![step] }),
        }
    }
    out
}
