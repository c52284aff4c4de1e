//! When two SQL expressions mean the same.

pub mod input;
use std::collections::BTreeSet;
use pg_query::Node;
use pg_query::protobuf::{IndexElem, SelectStmt};
use crate::facts::Facts;
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Form(pub String);
impl std::fmt::Display for Form { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) } }
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference { Relation{schema:String,name:String}, Column{schema:String,relation:String,column:String}, Type{schema:String,name:String}, Other }
#[derive(Clone, Debug)]
pub struct Analysis { pub form: Form, pub references: BTreeSet<Reference>, pub evaluated: bool }
#[derive(Clone, Debug)]
pub struct OutputColumn { pub name: String, pub type_key: String, pub typmod: i32, pub collation: Option<String> }
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnresolvedKind { UnknownColumn, UnknownRelation, UnknownFunction, UnknownType, UnknownOperator, Ambiguous, Unsupported }
#[derive(Clone, Debug)]
pub struct Unresolved { pub message: String, pub location: i32, pub kind: UnresolvedKind }
pub struct Context<'a> { pub facts: &'a Facts, pub search_path: &'a [String], pub implicit_path: &'a [String], pub time_zone: &'a str }
fn no<T>() -> Result<T, Unresolved> { Err(Unresolved { message: String::new(), location: -1, kind: UnresolvedKind::Unsupported }) }
pub fn default(_cx: &Context, _node: &Node, _key: &str, _typmod: i32) -> Result<Option<Analysis>, Unresolved> { no() }
pub fn generated(_cx: &Context, _node: &Node, _r: (&str, &str), _key: &str, _typmod: i32) -> Result<Analysis, Unresolved> { no() }
pub fn check(_cx: &Context, _node: &Node, _r: (&str, &str)) -> Result<Analysis, Unresolved> { no() }
pub fn domain_check(_cx: &Context, _node: &Node, _key: &str, _typmod: i32) -> Result<Analysis, Unresolved> { no() }
pub fn index_element(_cx: &Context, _node: &IndexElem, _r: (&str, &str), _am: &str) -> Result<Analysis, Unresolved> { no() }
pub fn query(_cx: &Context, _s: &SelectStmt, _aliases: &[String]) -> Result<(Analysis, Vec<OutputColumn>), Unresolved> { no() }
