//! Type names: from the parser's tree to key and modifier, and back to the text that `format_type` gives.

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, TypeName, a_const};

use super::Facts;
use super::modifier;
use super::quote::quote_identifier;
use crate::error::Error;

/// One type modifier as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Modifier {
    /// An integer.
    Integer(i64),
    /// A word, string or number with a fraction, as in `geometry(Point, 4326)`.
    Word(String),
}

/// A resolved type name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeRef {
    /// Key of the type; of the array type when an array was written.
    pub key: String,
    /// Modifier as `atttypmod` stores it, or -1.
    pub typmod: i32,
    /// Whether the type is an array type.
    pub is_array: bool,
    /// SETOF was written.
    pub setof: bool,
}

/// Why a type name does not resolve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    /// No such type in the schemas searched.
    #[error("type {0} does not exist")]
    Unknown(String),
    /// The type has no array type.
    #[error("could not find an array type for type {0}")]
    NoArray(String),
    /// The type takes no modifier.
    #[error("type modifier is not allowed for type {0}")]
    NoModifier(String),
    /// Wrong number or kind of modifiers.
    #[error("invalid type modifier for type {0}")]
    WrongModifier(String),
    /// A modifier outside of what the type allows.
    #[error("type modifier of {type_name} must be between {low} and {high}")]
    OutOfRange {
        /// The type.
        type_name: String,
        /// Lowest allowed value.
        low: i64,
        /// Highest allowed value.
        high: i64,
    },
    /// A modifier that only the server can encode, of an extension's type.
    #[error("modifiers of type {0} can only be resolved by the server")]
    ServerModifier(String),
    /// `%TYPE` of a column that is not known.
    #[error("column {0} does not exist")]
    UnknownColumn(String),
}

impl From<TypeError> for Error {
    fn from(error: TypeError) -> Self {
        let plain = Error::new(error.to_string());
        match error {
            TypeError::Unknown(_) => plain.hint("check the spelling, or define the type or name its extension"),
            TypeError::OutOfRange { .. } | TypeError::WrongModifier(_) => plain.hint("see the type's documentation"),
            _ => plain,
        }
    }
}

impl Facts {
    /// Resolves a type name of the parser's tree along `search_path` (pg_catalog comes first unless it is listed).
    /// `%TYPE` takes the type of a known column. `serial` and its kin are no types.
    ///
    /// # Errors
    /// See [`TypeError`].
    pub fn resolve_type_name(&self, name: &TypeName, search_path: &[String]) -> Result<TypeRef, TypeError> {
        let names = strings(&name.names);
        let array = !name.array_bounds.is_empty();
        let (key, typmod) = if name.pct_type {
            let key = self.column_type(&names, search_path)?;
            (if array { self.array_key(&key)? } else { key }, -1)
        } else {
            let mut modifiers = Vec::with_capacity(name.typmods.len());
            for node in &name.typmods {
                modifiers.push(modifier_of(node).ok_or_else(|| TypeError::WrongModifier(names.join(".")))?);
            }
            self.parse_type_name(&names, &modifiers, array, search_path)?
        };
        let is_array = self.category(&key) == 'A';
        Ok(TypeRef { key, typmod, is_array, setof: name.setof })
    }

    /// Resolves a type name of one part along `search_path`, of more by its last two; gives key and `atttypmod`.
    ///
    /// # Errors
    /// See [`TypeError`].
    pub fn parse_type_name(
        &self,
        names: &[String],
        typmods: &[Modifier],
        array: bool,
        search_path: &[String],
    ) -> Result<(String, i32), TypeError> {
        let key = self.lookup(names, search_path).ok_or_else(|| TypeError::Unknown(quoted(names)))?;
        let typmod = match typmods {
            [] => -1,
            _ => modifier::encode(self, key, typmods)?,
        };
        let key = if array { self.array_key(key)? } else { key.to_owned() };
        Ok((key, typmod))
    }

    /// The text that `format_type(oid, typmod)` gives when the search path is empty.
    pub fn format_type(&self, key: &str, typmod: i32) -> String {
        let Some(fact) = self.type_named(key) else {
            return quoted(&key.splitn(2, '.').map(str::to_owned).collect::<Vec<_>>());
        };
        // vectors are arrays that are shown by name
        if let Some(element) = fact.element.as_deref().filter(|_| !is_vector(key)) {
            return format!("{}[]", self.format_type(element, typmod));
        }
        if fact.schema == "pg_catalog"
            && let Some(text) = modifier::format(self.major(), key, typmod)
        {
            return text;
        }
        let name = quote_identifier(&fact.name);
        let name = match &*fact.schema {
            "pg_catalog" => name.into_owned(),
            schema => format!("{}.{name}", quote_identifier(schema)),
        };
        if typmod >= 0 { format!("{name}({typmod})") } else { name }
    }

    fn lookup<'a>(&'a self, names: &[String], search_path: &[String]) -> Option<&'a str> {
        let (name, before) = names.split_last()?;
        let in_schema = |wanted: &str| self.types_called(name).find(|(schema, _)| *schema == wanted);
        let found = match before.last() {
            Some(schema) => in_schema(schema),
            None => path(search_path).find_map(in_schema),
        };
        found.map(|(_, key)| key)
    }

    fn array_key(&self, key: &str) -> Result<String, TypeError> {
        // an array of arrays is the same array type; domains over arrays have one of their own
        let fact = self.type_named(key).ok_or_else(|| TypeError::Unknown(key.to_owned()))?;
        if fact.category == 'A' && fact.element.is_some() && !is_vector(key) {
            return Ok(key.to_owned());
        }
        fact.array.as_deref().map(str::to_owned).ok_or_else(|| TypeError::NoArray(self.format_type(key, -1)))
    }

    fn column_type(&self, names: &[String], search_path: &[String]) -> Result<String, TypeError> {
        let found = match names {
            [.., schema, relation, column] => self.relation(schema, relation).and_then(|r| r.column(column)),
            [relation, column] => {
                path(search_path).find_map(|schema| self.relation(schema, relation)).and_then(|r| r.column(column))
            }
            _ => None,
        };
        found.map(|column| column.type_key.to_string()).ok_or_else(|| TypeError::UnknownColumn(quoted(names)))
    }
}

/// The schemas searched: pg_catalog first, unless the path says where it comes.
fn path(search_path: &[String]) -> impl Iterator<Item = &str> {
    let implicit = (!search_path.iter().any(|schema| schema == "pg_catalog")).then_some("pg_catalog");
    implicit.into_iter().chain(search_path.iter().map(String::as_str))
}

fn is_vector(key: &str) -> bool {
    matches!(key, "int2vector" | "oidvector")
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| quote_identifier(name)).collect::<Vec<_>>().join(".")
}

fn strings(nodes: &[Node]) -> Vec<String> {
    let name = |node: &Node| match &node.node {
        Some(NodeEnum::String(name)) => Some(name.sval.clone()),
        _ => None,
    };
    nodes.iter().filter_map(name).collect()
}

/// Modifiers may be constants and single identifiers only.
fn modifier_of(node: &Node) -> Option<Modifier> {
    match node.node.as_ref()? {
        NodeEnum::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Ival(value) => Some(Modifier::Integer(value.ival.into())),
            a_const::Val::Fval(value) => Some(Modifier::Word(value.fval.clone())),
            a_const::Val::Sval(value) => Some(match value.sval.trim().parse() {
                Ok(number) => Modifier::Integer(number),
                Err(_) => Modifier::Word(value.sval.clone()),
            }),
            _ => None,
        },
        NodeEnum::ColumnRef(column) => match strings(&column.fields).as_slice() {
            [name] if column.fields.len() == 1 => Some(Modifier::Word(name.clone())),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::NewType;

    fn resolve(facts: &Facts, sql: &str) -> Result<String, TypeError> {
        let parsed = pg_query::parse(&format!("create table t (c {sql})"), pg_query::ParserOptions::default()).unwrap();
        let Some(NodeEnum::CreateStmt(table)) = parsed.protobuf.stmts[0].stmt.as_ref().unwrap().node.as_ref() else {
            panic!("no table");
        };
        let Some(NodeEnum::ColumnDef(column)) = &table.table_elts[0].node else { panic!("no column") };
        let found = facts.resolve_type_name(column.type_name.as_ref().unwrap(), &["app".to_owned()])?;
        Ok(facts.format_type(&found.key, found.typmod))
    }

    #[test]
    fn types_come_back_as_format_type_shows_them() {
        let mut facts = Facts::new(17);
        facts.model.add_type("app", "status", NewType::Enum(vec!["a".to_owned()]));
        facts.model.add_relation("app", "_user", 'r', vec![]);
        facts.model.add_relation("app", "user", 'r', vec![]);
        assert!(facts.add_extension("citext", "ext"));
        assert!(!facts.add_extension("postgis", "ext"));
        for (written, shown) in [
            ("varchar(20)", "character varying(20)"),
            ("timestamptz(3)", "timestamp(3) with time zone"),
            ("status[][]", "app.status[]"),
            ("decimal(10,2)", "numeric(10,2)"),
            ("bit(8)", "bit(8)"),
            ("char", "character(1)"),
            ("interval day to second(3)", "interval day to second(3)"),
            ("\"char\"", "\"char\""),
            ("float(3)", "real"),
            ("int[]", "integer[]"),
            ("\"user\"", "app.\"user\""),
            ("\"user\"[]", "app.\"user\"[]"),
            ("ext.citext[]", "ext.citext[]"),
            ("name", "name"),
        ] {
            assert_eq!(resolve(&facts, written).as_deref(), Ok(shown), "{written}");
        }
        assert_eq!(facts.array_of("app.user"), Some("app._user_1"));
    }

    #[test]
    fn wrong_types_say_why() {
        let facts = Facts::new(17);
        assert_eq!(resolve(&facts, "serial"), Err(TypeError::Unknown("serial".to_owned())));
        assert_eq!(resolve(&facts, "text(3)"), Err(TypeError::NoModifier("text".to_owned())));
        assert!(matches!(resolve(&facts, "varchar(0)"), Err(TypeError::OutOfRange { low: 1, .. })));
        assert!(matches!(resolve(&facts, "numeric(1,2,3)"), Err(TypeError::WrongModifier(_))));
        assert!(matches!(resolve(&Facts::new(14), "numeric(3,5)"), Err(TypeError::OutOfRange { high: 3, .. })));
    }
}
