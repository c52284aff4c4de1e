//! `OPTIONS (name 'value', …)` of foreign-data wrappers, servers, user mappings, foreign tables and their columns.

use pg_query::protobuf::{DefElem, DefElemAction};
use pg_query::{Node, NodeEnum};

use super::options::{self, Options};
use crate::error::Result;
use crate::load::reader::Reader;
use crate::name::{literal, quote};

/// Takes up what a CREATE or ALTER statement says. Errors: an option that is there already, or one that is changed or
/// taken away and is not there.
pub fn apply(reader: &Reader, options: &mut Options, nodes: &[Node]) -> Result<()> {
    for node in nodes {
        let Some(NodeEnum::DefElem(element)) = node.node.as_ref() else { continue };
        let place = reader.find_name(element.location, &element.defname);
        let action = DefElemAction::try_from(element.defaction).unwrap_or(DefElemAction::Undefined);
        let there = options.contains_key(&element.defname);
        match action {
            DefElemAction::DefelemSet | DefElemAction::DefelemDrop if !there => {
                let message = format!("option {} not found", quote(&element.defname));
                return Err(reader.wrong(place, message).hint("declare the final options in the CREATE statement"));
            }
            DefElemAction::DefelemDrop => {
                options.shift_remove(&element.defname);
            }
            DefElemAction::DefelemSet => set(options, element),
            _ if there => {
                let message = format!("option {} is given twice", quote(&element.defname));
                return Err(reader.wrong(place, message).hint("keep one of the two"));
            }
            _ => set(options, element),
        }
    }
    Ok(())
}

fn set(options: &mut Options, element: &DefElem) {
    options.insert(element.defname.clone(), options::value(element.arg.as_deref()));
}

/// ` OPTIONS (a 'x')` with the space before it; nothing when there are none.
pub fn sql(options: &Options) -> String {
    match options.is_empty() {
        true => String::new(),
        false => {
            let items: Vec<String> =
                options.iter().map(|(name, value)| format!("{} {}", quote(name), literal(value))).collect();
            format!(" OPTIONS ({})", items.join(", "))
        }
    }
}

/// `OPTIONS (ADD a 'x', SET b 'y', DROP c)`, which turns one set of options into another; `None` when they are alike.
pub fn change(current: &Options, desired: &Options) -> Option<String> {
    let dropped =
        current.keys().filter(|name| !desired.contains_key(*name)).map(|name| format!("DROP {}", quote(name)));
    let said = desired.iter().filter_map(|(name, value)| match current.get(name) {
        None => Some(format!("ADD {} {}", quote(name), literal(value))),
        Some(now) if now != value => Some(format!("SET {} {}", quote(name), literal(value))),
        Some(_) => None,
    });
    let items: Vec<String> = dropped.chain(said).collect();
    (!items.is_empty()).then(|| format!("OPTIONS ({})", items.join(", ")))
}
