//! Statements of the session, as scripts and pg_dump write them: SET, set_config, BEGIN and COMMIT.

use pg_query::NodeEnum;
use pg_query::protobuf::{Token, TransactionStmtKind, VariableSetKind, VariableSetStmt};

use crate::error::{Error, Result};
use crate::load::fragment::Fragment;
use crate::objects::options;

/// The search_path between two statements.
pub struct SearchPath {
    /// The schemas, without the implicit ones.
    pub now: Vec<String>,
    /// What it is again when the transaction ends, after SET LOCAL.
    pub after: Option<Vec<String>>,
}

impl SearchPath {
    /// SET, or SET LOCAL.
    pub fn set(&mut self, new: Vec<String>, local: bool) {
        let before = std::mem::replace(&mut self.now, new);
        match local {
            true => _ = self.after.get_or_insert(before),
            false => self.after = None,
        }
    }

    /// COMMIT.
    pub fn commit(&mut self) {
        self.now = self.after.take().unwrap_or_else(|| std::mem::take(&mut self.now));
    }
}

/// What a statement of the session says.
pub enum Setting {
    /// Not a setting.
    None,
    /// A setting that does not change what the statements mean.
    Ignored,
    /// A new search_path, and whether it is one for the transaction only.
    Path(Vec<String>, bool),
    /// The end of a transaction.
    Commit,
}

/// Session settings as pg_dump writes them.
const HARMLESS: &[&str] = &[
    "statement_timeout",
    "lock_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
    "client_encoding",
    "client_min_messages",
    "check_function_bodies",
    "row_security",
    "xmloption",
    "default_with_oids",
    "timezone",
    "standard_conforming_strings",
    "escape_string_warning",
    "datestyle",
    "intervalstyle",
    "extra_float_digits",
    "maintenance_work_mem",
    "synchronize_seqscans",
];

/// Reads a session's statement. Errors: a setting that would change what other statements mean.
pub fn setting(node: &NodeEnum, fragment: &Fragment, start: usize) -> Result<Setting> {
    let wrong = |message: String| Error::new(message).at(&fragment.locate_range(start..start + 3));
    match node {
        NodeEnum::VariableSetStmt(set) => variable(set, &wrong, &|| has_backslashes(fragment.rest(start))),
        NodeEnum::SelectStmt(select) => Ok(set_config(select).map_or(Setting::None, |path| Setting::Path(path, false))),
        NodeEnum::TransactionStmt(statement) => Ok(match TransactionStmtKind::try_from(statement.kind) {
            // all of a desired state is there at once, so it does not matter what was there together before
            Ok(TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart) => Setting::Ignored,
            Ok(TransactionStmtKind::TransStmtCommit) => Setting::Commit,
            _ => Setting::None,
        }),
        _ => Ok(Setting::None),
    }
}

fn variable(
    set: &VariableSetStmt,
    wrong: &dyn Fn(String) -> Error,
    has_backslashes: &dyn Fn() -> bool,
) -> Result<Setting> {
    let name = set.name.to_lowercase();
    let values: Vec<String> = set.args.iter().map(|node| options::value(Some(node))).collect();
    let kind = VariableSetKind::try_from(set.kind).unwrap_or(VariableSetKind::Undefined);
    let given = kind == VariableSetKind::VarSetValue;
    match name.as_str() {
        "search_path" if given => Ok(Setting::Path(search_path(&values), set.is_local)),
        "search_path" => Ok(Setting::Path(vec!["public".into()], set.is_local)),
        "default_tablespace" if values.iter().all(String::is_empty) => Ok(Setting::Ignored),
        "default_table_access_method" if values.iter().all(|value| value == "heap") => Ok(Setting::Ignored),
        "standard_conforming_strings" if given && !values.iter().all(|value| is_true(value)) && has_backslashes() => {
            let message = "standard_conforming_strings = off is not supported where texts have backslashes";
            Err(wrong(message.into()).hint("write E'…' for them, and leave the setting out"))
        }
        _ if HARMLESS.contains(&name.as_str()) => Ok(Setting::Ignored),
        _ => Err(wrong(format!("SET {name} is not supported in a desired state"))),
    }
}

/// The words for true, whole or cut short, in any case (`parse_bool`).
fn is_true(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let short = |word: &str| !value.is_empty() && word.starts_with(&value);
    short("true") || short("yes") || value == "on" || value == "1"
}

/// Whether a text between plain quotes has a backslash, which only then means something else. Not known is yes.
fn has_backslashes(text: Option<&str>) -> bool {
    let Some((text, tokens)) = text.and_then(|text| Some((text, pg_query::scan(text).ok()?.tokens))) else {
        return true;
    };
    tokens.iter().filter(|token| token.token == Token::Sconst as i32).any(|token| {
        let place = |at: i32| usize::try_from(at).unwrap_or_default();
        let word = text.get(place(token.start)..place(token.end)).unwrap_or_default();
        word.starts_with('\'') && word.contains('\\')
    })
}

/// The schemas of a search_path without the implicit ones.
fn search_path(values: &[String]) -> Vec<String> {
    let own = |name: &&String| !matches!(name.as_str(), "" | "pg_catalog" | "pg_temp" | "$user");
    values
        .iter()
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_string())
        .collect::<Vec<_>>()
        .iter()
        .filter(own)
        .cloned()
        .collect()
}

/// `SELECT pg_catalog.set_config('search_path', '…', false)`, as pg_dump writes it.
fn set_config(select: &pg_query::protobuf::SelectStmt) -> Option<Vec<String>> {
    let NodeEnum::ResTarget(target) = select.target_list.first()?.node.as_ref()? else { return None };
    let NodeEnum::FuncCall(call) = target.val.as_ref()?.node.as_ref()? else { return None };
    let is_it = options::strings(&call.funcname).last().is_some_and(|name| name == "set_config");
    let arguments: Vec<String> = call.args.iter().map(|node| options::value(Some(node))).collect();
    let [name, value, ..] = arguments.as_slice() else { return None };
    (is_it && select.target_list.len() == 1 && name == "search_path").then(|| search_path(std::slice::from_ref(value)))
}
