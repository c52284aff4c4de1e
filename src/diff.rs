//! Two catalogs, object by object: what is new, what goes, what changes and how. Knows no kind.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, ObjectId};
use crate::error::{Error, Result};
use crate::name::literal;
use crate::objects::attributes::{self, Attributes, Privileges};
use crate::objects::{AlterContext, Alteration, Disturbance, Kind, Statement, default_acl, identity_sequence};

/// What becomes of one object.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is new.
    Create,
    /// It goes.
    Drop,
    /// It changes and stays the same object.
    Alter {
        /// In order.
        statements: Vec<Statement>,
        /// What its dependents notice.
        disturbs: Vec<Disturbance>,
    },
    /// It is dropped and created anew.
    Replace,
}

/// The verdicts on all objects that differ.
pub type Difference = BTreeMap<ObjectId, Verdict>;

/// Compares all objects. Errors: changes that cannot be made, all of them.
pub fn objects(current: &Catalog, desired: &Catalog) -> Result<Difference> {
    let major = u32::from(current.facts.major());
    let context = AlterContext { current, desired, major };
    let mut out = Difference::new();
    let mut errors = vec![];
    // both are in the same order, so no identity has to be looked up
    let mut present = current.objects.iter().peekable();
    let mut gone = vec![];
    for (id, wanted) in &desired.objects {
        while let Some(object) = present.next_if(|(now, _)| *now < id) {
            gone.push(object);
        }
        let Some((_, now)) = present.next_if(|(now, _)| *now == id) else {
            out.insert(id.clone(), Verdict::Create);
            continue;
        };
        if now == wanted {
            continue;
        }
        match now.alter(id, wanted, &context) {
            Alteration::InPlace { statements, disturbs } if statements.is_empty() && disturbs.is_empty() => {}
            Alteration::InPlace { statements, disturbs } => {
                out.insert(id.clone(), Verdict::Alter { statements, disturbs });
            }
            Alteration::Replace => {
                out.insert(id.clone(), Verdict::Replace);
            }
            Alteration::Impossible { reason } => {
                let error = Error::new(format!("cannot change {id}")).cause(reason);
                errors.push(match desired.locations.get(id) {
                    Some(place) => error.at(place),
                    None => error,
                });
            }
        }
    }
    gone.extend(present);
    for (id, now) in gone {
        // what a table has from its parents is declared there
        if !now.derived(id).is_some_and(|table| crate::objects::stays_derived(now, &table, current, desired)) {
            out.insert(id.clone(), Verdict::Drop);
        }
    }
    Error::all(errors).map_or(Ok(out), Err)
}

/// What has to be done about the attributes of one object.
#[derive(Clone, Debug, Default)]
pub struct AttributeChange {
    /// In order.
    pub statements: Vec<Statement>,
    /// What differs, in words.
    pub why: Vec<String>,
}

/// What else becomes of the objects whose attributes are compared.
pub struct Fate<'a> {
    /// Whether an object is created, and so has nothing yet.
    pub anew: &'a dyn Fn(&ObjectId) -> bool,
    /// The object that something which is none itself is a part of.
    pub whole: &'a dyn Fn(&ObjectId) -> Option<ObjectId>,
    /// Whether an object, or what it needs, changes, so that PostgreSQL may forget what it depends on by word.
    pub changed: &'a dyn Fn(&ObjectId) -> bool,
}

/// The statements that bring the attributes of every object to what is desired.
pub fn attributes(current: &Catalog, desired: &Catalog, fate: &Fate) -> BTreeMap<ObjectId, AttributeChange> {
    let mut ids: BTreeSet<&ObjectId> = desired.attributes.keys().collect();
    let whole = fate.whole;
    let exists = |id: &ObjectId| desired.objects.contains_key(id) || whole(id).is_some();
    let remains =
        |id: &&ObjectId| desired.objects.contains_key(*id) || !current.objects.contains_key(*id) && whole(id).is_some();
    ids.extend(current.attributes.keys().filter(remains));
    let role = current.role.clone().unwrap_or_default();
    let sides = Sides { current, desired, fate, role: &role, in_force: default_acl::any(desired) };
    let changes = ids.into_iter().filter(|id| exists(id)).map(|id| (id, sides.change(id)));
    changes.filter(|(_, change)| !change.statements.is_empty()).map(|(id, change)| (id.clone(), change)).collect()
}

/// Two states whose attributes are compared.
struct Sides<'a> {
    current: &'a Catalog,
    desired: &'a Catalog,
    fate: &'a Fate<'a>,
    /// Who applies the plan.
    role: &'a str,
    /// Whether there are default privileges.
    in_force: bool,
}

impl Sides<'_> {
    fn change(&self, id: &ObjectId) -> AttributeChange {
        let (current, desired) = (self.current, self.desired);
        let none = Attributes::default();
        let fresh = (self.fate.anew)(id);
        let now = if fresh { &none } else { current.attributes.get(id).unwrap_or(&none) };
        let wanted = desired.attributes.get(id).unwrap_or(&none);
        let owner_now = now.owner.clone().unwrap_or_else(|| self.role.to_string());
        let owner = wanted.owner.clone().unwrap_or_else(|| owner_now.clone());
        let mut change = AttributeChange::default();
        let forgets = !wanted.extensions.is_empty() && (self.fate.changed)(id);
        // most objects; without default privileges nothing said is the same on both sides
        let same = owner == owner_now && now.privileges == wanted.privileges && now.has_same_words(wanted) && !forgets;
        if same && (now.privileges.is_some() || !self.in_force) {
            return change;
        }
        // a sequence that a column owns follows its table, as what is a part of a relation does
        let follows = match id.kind {
            kind if kind.is_part() => true,
            Kind::Sequence => desired.objects.contains_key(&id.with_kind(Kind::SequenceOwner)),
            _ => false,
        };
        let (acl_now, acl) = self.privileges(id, fresh, (now, wanted), (&owner_now, &owner));
        if (follows || owner == owner_now) && acl == acl_now && now.has_same_words(wanted) && !forgets {
            return change;
        }
        let named = identity_sequence::as_named(id, current, desired);
        if !follows && owner != owner_now {
            change.statements.push(attributes::owner_change(&named, &owner));
            let now = if owner_now.is_empty() { "whoever applies" } else { &owner_now };
            change.why.push(format!("owner: {now} -> {owner}"));
        }
        let relation = (self.fate.whole)(id).map_or(Kind::Table, |id| id.kind);
        change.add("privileges", attributes::privilege_changes(&named, relation, &owner, &acl_now, &acl));
        let object = desired.objects.get(id);
        if now.comment != wanted.comment {
            change.statements.push(attributes::comment_change(&named, object, wanted.comment.as_deref()));
            let text = |comment: &Option<String>| comment.as_deref().map_or("none".into(), literal);
            change.why.push(format!("comment: {} -> {}", text(&now.comment), text(&wanted.comment)));
        }
        change.add("security labels", attributes::label::changes(&named, object, &now.labels, &wanted.labels));
        let kept = if forgets { &none } else { now };
        let bound = attributes::bound::changes(&named, object, [now, kept, wanted].map(|it| &it.extensions));
        change.add("dependencies on extensions", bound);
        change
    }

    /// The privileges that there are and those that are wanted, normalised.
    fn privileges(
        &self,
        id: &ObjectId,
        fresh: bool,
        (now, wanted): (&Attributes, &Attributes),
        (owner_now, owner): (&str, &str),
    ) -> (Privileges, Privileges) {
        // a change of owner hands the old owner's privileges to the new one
        let new = || default_acl::of_new(self.desired, self.role, id);
        let built_in = || attributes::default_privileges(id.kind, self.current.facts.major());
        let given = || if fresh { new() } else { built_in() };
        // a database that says nothing means what PostgreSQL gives, files mean what a new object would have
        let unsaid = || if self.desired.roles.is_some() { built_in() } else { new() };
        let acl_now = now.privileges.as_ref().map_or_else(given, |it| attributes::of_owner(it, owner_now));
        let acl = wanted.privileges.as_ref().map_or_else(unsaid, |it| attributes::of_owner(it, owner));
        (acl_now, acl)
    }
}

impl AttributeChange {
    /// Adds statements, if there are any, with what differs.
    fn add(&mut self, why: &str, statements: Vec<Statement>) {
        if !statements.is_empty() {
            self.statements.extend(statements);
            self.why.push(why.into());
        }
    }
}
