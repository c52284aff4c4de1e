//! The clauses of CREATE FUNCTION and ALTER FUNCTION behind the signature.

use std::collections::BTreeSet;

use pg_query::protobuf::DefElem;
use pg_query::{Node, NodeEnum};
use serde::Serialize;

use super::{Body, Settings, function_named, type_of};
use crate::facts::Volatility;
use crate::load::reader::{Reader, Stop, Type};
use crate::name::QualifiedName;
use crate::objects::options;

/// Whether parallel workers may run it (`proparallel`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parallel {
    /// In workers.
    Safe,
    /// In the leader only.
    Restricted,
    /// Not in a parallel plan at all.
    #[default]
    Unsafe,
}

impl Parallel {
    /// From the catalog's letter.
    pub fn of_letter(letter: &str) -> Self {
        match letter {
            "s" => Parallel::Safe,
            "r" => Parallel::Restricted,
            _ => Parallel::Unsafe,
        }
    }

    /// From the word; `None` when it is none.
    pub fn of_word(word: &str) -> Option<Self> {
        match word.to_lowercase().as_str() {
            "safe" => Some(Parallel::Safe),
            "restricted" => Some(Parallel::Restricted),
            "unsafe" => Some(Parallel::Unsafe),
            _ => None,
        }
    }

    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Parallel::Safe => "SAFE",
            Parallel::Restricted => "RESTRICTED",
            Parallel::Unsafe => "UNSAFE",
        }
    }
}

/// What the clauses say.
#[derive(Clone, Debug, Default)]
pub struct Clauses {
    /// LANGUAGE.
    pub language: Option<String>,
    /// The strings behind AS.
    pub code: Vec<String>,
    /// TRANSFORM FOR TYPE.
    pub transforms: Vec<Type>,
    /// WINDOW.
    pub window: bool,
    /// IMMUTABLE, STABLE, VOLATILE.
    pub volatility: Option<Volatility>,
    /// STRICT or not.
    pub strict: Option<bool>,
    /// SECURITY DEFINER or INVOKER.
    pub security_definer: Option<bool>,
    /// LEAKPROOF or not.
    pub leakproof: Option<bool>,
    /// COST.
    pub cost: Option<f32>,
    /// ROWS.
    pub rows: Option<f32>,
    /// SUPPORT.
    pub support: Option<QualifiedName>,
    /// PARALLEL.
    pub parallel: Option<Parallel>,
    /// SET and RESET.
    pub settings: Settings,
}

impl Clauses {
    /// Reads clauses; `self` is what holds before. Errors: a clause that comes twice, or that a procedure cannot have.
    pub fn read(mut self, nodes: &[Node], procedure: bool, reader: &Reader) -> Result<Self, Stop> {
        let mut seen = BTreeSet::new();
        for node in nodes {
            let Some(NodeEnum::DefElem(element)) = node.node.as_ref() else { continue };
            let name = element.defname.as_str();
            if name != "set" && !seen.insert(name) {
                return Err(reader.wrong(element.location, "conflicting or redundant options").into());
            }
            let common = matches!(name, "as" | "language" | "transform" | "security" | "set");
            if procedure && !common {
                return Err(reader
                    .wrong(element.location, "invalid attribute in procedure definition")
                    .hint("a procedure has no volatility, cost, strictness and the like")
                    .into());
            }
            self.take(element, reader)?;
        }
        Ok(self)
    }

    fn take(&mut self, element: &DefElem, reader: &Reader) -> Result<(), Stop> {
        let argument = element.arg.as_deref();
        let text = || options::value(argument);
        let on = || matches!(text().as_str(), "true" | "1");
        let wrong = |message: &str| -> Result<(), Stop> { Err(reader.wrong(element.location, message).into()) };
        match element.defname.as_str() {
            "language" => self.language = Some(text()),
            "as" => {
                if let Some(NodeEnum::List(list)) = argument.and_then(|node| node.node.as_ref()) {
                    self.code = options::strings(&list.items);
                }
            }
            "transform" => {
                let Some(NodeEnum::List(list)) = argument.and_then(|node| node.node.as_ref()) else { return Ok(()) };
                for item in &list.items {
                    if let Some(NodeEnum::TypeName(name)) = item.node.as_ref() {
                        self.transforms.push(type_of(name, reader)?);
                    }
                }
            }
            "window" => self.window = on(),
            "strict" => self.strict = Some(on()),
            "security" => self.security_definer = Some(on()),
            "leakproof" => self.leakproof = Some(on()),
            "volatility" => {
                self.volatility = Some(match text().as_str() {
                    "immutable" => Volatility::Immutable,
                    "stable" => Volatility::Stable,
                    _ => Volatility::Volatile,
                })
            }
            "cost" | "rows" => {
                let Some(number) = text().parse::<f32>().ok().filter(|number| *number > 0.0) else {
                    return wrong(&format!("{} must be positive", element.defname.to_uppercase()));
                };
                let place = if element.defname == "cost" { &mut self.cost } else { &mut self.rows };
                *place = Some(number);
            }
            "parallel" => match Parallel::of_word(&text()) {
                Some(parallel) => self.parallel = Some(parallel),
                None => return wrong("parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE"),
            },
            "support" => {
                if let Some(NodeEnum::List(list)) = argument.and_then(|node| node.node.as_ref()) {
                    self.support = Some(function_named(&options::strings(&list.items), element.location, reader)?);
                }
            }
            "set" => {
                if let Some(NodeEnum::VariableSetStmt(set)) = argument.and_then(|node| node.node.as_ref()) {
                    self.settings.read(set, reader)?;
                }
            }
            other => return wrong(&format!("unknown clause {other}")),
        }
        Ok(())
    }

    /// Language and body. Errors: none or both kinds of body, a body that is not SQL where it must be.
    pub fn body(&self, sql_body: Option<&Node>, name: &str, reader: &Reader) -> Result<(String, Body), Stop> {
        let wrong = |message: &str| Err(reader.wrong(0, message).into());
        let language = match (&self.language, sql_body) {
            (Some(language), _) => language.clone(),
            (None, Some(_)) => "sql".to_string(),
            (None, None) => return wrong("no language specified"),
        };
        match (self.code.as_slice(), sql_body) {
            ([], None) => wrong("no function body specified"),
            ([], Some(_)) if language != "sql" => wrong("inline SQL function body only valid for language SQL"),
            ([], Some(node)) => Ok((language, Body::Standard(reader.expression(node)))),
            (_, Some(_)) => wrong("duplicate function body specified"),
            ([file], None) if language == "c" => {
                Ok((language, Body::Library { file: file.clone(), symbol: name.to_string() }))
            }
            ([file, symbol], None) if language == "c" => {
                Ok((language, Body::Library { file: file.clone(), symbol: symbol.clone() }))
            }
            ([text], None) => {
                check_text(&language, text, reader)?;
                Ok((language, Body::Text(text.clone())))
            }
            _ => wrong(&format!("only one AS item needed for language \"{language}\"")),
        }
    }
}

/// The server is told not to check bodies, since they may name what comes later; the grammar is checked here.
fn check_text(language: &str, text: &str, reader: &Reader) -> Result<(), Stop> {
    if language != "sql" {
        return Ok(());
    }
    let Err(error) = crate::load::syntax::parse_text(text) else { return Ok(()) };
    // the body stands in the statement as it is, unless it is a quoted string with doubled quotes
    let at = reader.text().find(text).map(|at| reader.start + at + error.offset);
    let location = at.and_then(|at| i32::try_from(at).ok()).unwrap_or(0);
    Err(reader.wrong(location, error.message).into())
}
