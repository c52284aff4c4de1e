//! Expressions and queries inside objects: what was written, and what it means.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use pg_query::protobuf::{CoercionForm, FuncCall, ParseResult, RawStmt, ResTarget, SelectStmt};
use pg_query::{DeparseOptions, Node, NodeEnum, NodeRef};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::expr::Form;
use crate::load::fragment::Fragment;
use crate::load::syntax::parse_text;

mod shorten;

/// An expression or a query, with its normal form once names are resolved.
#[derive(Clone)]
pub struct Expression {
    /// The syntax tree; a `SelectStmt` for a query.
    pub node: Arc<Node>,
    /// The search_path that it was written under.
    pub path: Vec<String>,
    /// The normal form; `None` while unresolved, or when the analysis does not understand it.
    pub form: Option<Form>,
    /// The text that the locations in the tree count in; `None` when the server printed it.
    pub origin: Option<Arc<Fragment>>,
    /// It is a DEFAULT NULL of which PostgreSQL keeps nothing.
    pub void: bool,
}

/// The last names of all column references in a tree.
pub fn columns(tree: &NodeEnum) -> BTreeSet<String> {
    let references = tree.nodes().into_iter().filter_map(|(node, ..)| match node {
        NodeRef::ColumnRef(reference) => reference.fields.last()?.node.as_ref(),
        _ => None,
    });
    let name = |field: &NodeEnum| match field {
        NodeEnum::String(name) => Some(name.sval.clone()),
        _ => None,
    };
    references.filter_map(name).collect()
}

impl Expression {
    /// The columns that it names, by its syntax alone.
    pub fn columns(&self) -> BTreeSet<String> {
        self.node.node.as_ref().map_or_else(BTreeSet::new, columns)
    }

    /// An expression of a file, as the parser gave it.
    pub fn new(node: Node, path: &[String], origin: &Arc<Fragment>) -> Self {
        Self { node: Arc::new(node), path: path.to_vec(), form: None, origin: Some(origin.clone()), void: false }
    }

    /// Parses an expression that the server printed under an empty search_path.
    pub fn printed(sql: &str) -> Result<Self> {
        let unreadable = || Error::new(format!("cannot read the expression {sql} that the server printed"));
        operand(sql).map(Self::of).map_err(|reason| unreadable().cause(reason))
    }

    /// A tree that the server printed under an empty search_path.
    pub fn of(node: Node) -> Self {
        Self { node: Arc::new(node), path: vec![], form: None, origin: None, void: false }
    }

    /// The same from a reference.
    pub fn of_ref(node: &Node) -> Self {
        Self::of(node.clone())
    }

    /// Whether a `*` in it stands for all columns of something.
    pub fn has_star(&self) -> bool {
        format!("{:?}", self.node).contains("AStar(")
    }

    /// An error at an AST location inside the expression.
    pub fn wrong(&self, location: i32, message: impl Into<String>) -> Error {
        let error = Error::new(message);
        match (&self.origin, usize::try_from(location)) {
            (Some(origin), Ok(at)) => {
                let rest = origin.sql.get(at..).unwrap_or_default();
                let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '"';
                let length = rest.find(|c: char| !word(c)).unwrap_or(rest.len()).max(1);
                let error = error.at(&origin.locate_range(at..at + length));
                match origin.hint(at) {
                    Some(hint) => error.hint(hint),
                    None => error,
                }
            }
            _ => error,
        }
    }

    /// The expression as SQL, on one line.
    pub fn sql(&self) -> String {
        self.deparse(DeparseOptions::default())
    }

    /// The expression as SQL where the grammar takes a `b_expr` only, as behind DEFAULT.
    pub fn operand(&self) -> String {
        if is_operand(&self.node) { self.sql() } else { format!("({})", self.sql()) }
    }

    /// The query as SQL, over several lines.
    pub fn pretty(&self) -> String {
        self.deparse(DeparseOptions { pretty_print: true, indent_size: 2, max_line_length: 100, ..Default::default() })
    }

    /// The same in fewer words, read under the search_path `path`; `same` says which trees mean the same.
    pub fn shorten(&mut self, path: &[String], same: impl Fn(&Node) -> bool) {
        let query = matches!(self.node.node, Some(NodeEnum::SelectStmt(_)));
        let read = |text: &str| if query { statement(text) } else { operand(text) };
        let long = self.sql();
        let short = shorten::shortest(long.clone(), |text| read(text).is_ok_and(|node| same(&node)));
        if short != long
            && let Ok(node) = read(&short)
        {
            self.node = Arc::new(node);
            self.path = path.to_vec();
        }
    }

    fn deparse(&self, options: DeparseOptions) -> String {
        let (statement, prefix) = match self.node.node.as_ref() {
            Some(statement @ (NodeEnum::SelectStmt(_) | NodeEnum::RuleStmt(_))) => (statement.clone(), ""),
            _ => {
                let target = ResTarget { val: Some(Box::new(Node::clone(&self.node))), ..Default::default() };
                let target = Node { node: Some(NodeEnum::ResTarget(Box::new(target))) };
                let select = SelectStmt {
                    target_list: vec![target],
                    limit_option: pg_query::protobuf::LimitOption::Default.into(),
                    op: pg_query::protobuf::SetOperation::SetopNone.into(),
                    ..Default::default()
                };
                (NodeEnum::SelectStmt(Box::new(select)), "SELECT ")
            }
        };
        let raw = RawStmt { stmt: Some(Box::new(Node { node: Some(statement) })), stmt_location: 0, stmt_len: 0 };
        let tree = ParseResult { version: 0, stmts: vec![raw] };
        let text = pg_query::deparse(&tree, options).unwrap_or_default();
        text.strip_prefix(prefix).map_or(text.clone(), str::to_string)
    }
}

/// Reads one statement. Errors: what the parser says.
fn statement(sql: &str) -> Result<Node, String> {
    let parsed = parse_text(sql).map_err(|error| error.message)?;
    let first = parsed.protobuf.stmts.into_iter().next().and_then(|raw| raw.stmt);
    first.map(|node| *node).ok_or_else(|| "there is no statement".into())
}

/// Reads an expression. Errors: what the parser says.
fn operand(sql: &str) -> Result<Node, String> {
    let select = statement(&format!("SELECT ({sql}\n)"))?.node;
    let Some(NodeEnum::SelectStmt(select)) = select else { return Err("it is not one expression".into()) };
    match select.target_list.into_iter().next().and_then(|target| target.node) {
        Some(NodeEnum::ResTarget(target)) => target.val.map(|node| *node).ok_or_else(|| "it is empty".into()),
        _ => Err("it is not one expression".into()),
    }
}

/// Whether an expression is a `b_expr` for sure.
fn is_operand(node: &Node) -> bool {
    match node.node.as_ref() {
        Some(NodeEnum::FuncCall(call)) => is_call(call),
        Some(NodeEnum::TypeCast(cast)) => cast.arg.as_deref().is_some_and(is_operand),
        Some(
            NodeEnum::AConst(_)
            | NodeEnum::ColumnRef(_)
            | NodeEnum::SqlvalueFunction(_)
            | NodeEnum::AArrayExpr(_)
            | NodeEnum::CoalesceExpr(_)
            | NodeEnum::MinMaxExpr(_),
        ) => true,
        _ => false,
    }
}

/// Whether a function call is written as one, unlike `x AT TIME ZONE 'utc'`.
pub fn is_call(call: &FuncCall) -> bool {
    CoercionForm::try_from(call.funcformat) != Ok(CoercionForm::CoerceSqlSyntax)
}

/// Equal normal forms are equal; where there is none, only the same text is.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        match (&self.form, &other.form) {
            (Some(one), Some(two)) => one == two,
            _ => self.sql() == other.sql(),
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sql())
    }
}

thread_local! {
    static READABLE: Cell<bool> = const { Cell::new(false) };
}

/// A value with its expressions as SQL, for people; everywhere else they are serialised as their normal forms.
pub fn readable(value: &impl Serialize) -> serde_json::Value {
    READABLE.set(true);
    let out = serde_json::to_value(value).unwrap_or_default();
    READABLE.set(false);
    out
}

/// Whether [`readable`] is at work on this thread.
pub fn for_people() -> bool {
    READABLE.get()
}

impl Serialize for Expression {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.form {
            _ if for_people() => serializer.serialize_str(&self.sql()),
            Some(form) => serializer.collect_str(form),
            None => serializer.serialize_str(&self.sql()),
        }
    }
}
