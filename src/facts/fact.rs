//! The records: one struct per catalog, with the columns that name resolution, coercion and planning need.

use std::borrow::Cow;

/// A name or key; borrowed from the shipped tables where possible.
pub type Text = Cow<'static, str>;

/// `pg_type.typtype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// Base type, arrays included.
    Base,
    /// Composite type or row type of a relation.
    Composite,
    /// Domain.
    Domain,
    /// Enum.
    Enum,
    /// Pseudo-type such as `anyelement`.
    Pseudo,
    /// Range.
    Range,
    /// Multirange.
    Multirange,
}

/// One row of `pg_type`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeFact {
    /// `int4` when in pg_catalog, else `schema.name`.
    pub key: Text,
    /// Schema.
    pub schema: Text,
    /// Name without schema.
    pub name: Text,
    /// What sort of type.
    pub kind: TypeKind,
    /// `typcategory`, such as `N`, `S`, `A`.
    pub category: char,
    /// `typispreferred`.
    pub preferred: bool,
    /// Element type of a true array (also of `int2vector` and `oidvector`).
    pub element: Option<Text>,
    /// Element of a fixed-length type that can be subscripted, such as `point` or `name`.
    pub fixed_element: Option<Text>,
    /// The array type over this one.
    pub array: Option<Text>,
    /// Base type of a domain; may be a domain itself.
    pub base: Option<Text>,
    /// Modifier that a domain puts on its base type, or -1.
    pub typmod: i32,
    /// NOT NULL of a domain.
    pub not_null: bool,
    /// Schema and name of the relation whose row type this is.
    pub relation: Option<(Text, Text)>,
    /// Schema and name of the default collation; `None` when the type has no collation.
    pub collation: Option<(Text, Text)>,
    /// Labels of an enum, in order.
    pub labels: Vec<Text>,
    /// Subtype of a range.
    pub subtype: Option<Text>,
    /// Range type of a multirange.
    pub range: Option<Text>,
    /// Multirange type of a range.
    pub multirange: Option<Text>,
    /// Whether the type takes modifiers (`typmodin`).
    pub modifiers: bool,
    /// How values of a user's base type are stored; see [`super::Facts::layout`] for all others.
    pub layout: Option<Layout>,
}

/// How values of a type are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Layout {
    /// `typlen`: bytes, -1 for a length of its own, -2 for a string that ends with a zero.
    pub length: i16,
    /// `typbyval`.
    pub by_value: bool,
    /// `typalign`: `c`, `s`, `i` or `d`.
    pub alignment: char,
    /// `typstorage`: `p`, `e`, `m` or `x`.
    pub storage: char,
}

/// `pg_proc.prokind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// Plain function.
    Function,
    /// Procedure.
    Procedure,
    /// Aggregate.
    Aggregate,
    /// Window function.
    Window,
}

/// `provolatile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Volatility {
    /// Same arguments, same result, always.
    Immutable,
    /// Same within one statement.
    Stable,
    /// May differ at every call.
    Volatile,
}

/// One row of `pg_proc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionFact {
    /// Schema.
    pub schema: Text,
    /// Name without schema.
    pub name: Text,
    /// Keys of the input argument types (`proargtypes`).
    pub args: Vec<Text>,
    /// How many of the last arguments have defaults.
    pub defaults: usize,
    /// Element type of the VARIADIC argument (`provariadic`); `any` for `VARIADIC "any"`.
    pub variadic: Option<Text>,
    /// Returns a set.
    pub returns_set: bool,
    /// Key of the result type.
    pub returns: Text,
    /// What sort of function.
    pub kind: FunctionKind,
    /// `provolatile`.
    pub volatility: Volatility,
    /// `proargnames`: names of all arguments (`""` for none); empty when no argument has a name.
    pub arg_names: Vec<Text>,
    /// `proargmodes`: `i`, `o`, `b`, `v`, `t` for all arguments; empty when all are IN.
    pub arg_modes: Vec<char>,
    /// `proallargtypes`; empty when all arguments are IN.
    pub all_args: Vec<Text>,
}

impl FunctionFact {
    /// `name(type,type)`, with the schema in front unless it is pg_catalog; unique within one catalog.
    pub fn id(&self) -> String {
        let args = self.args.join(",");
        if self.schema == "pg_catalog" {
            format!("{}({args})", self.name)
        } else {
            format!("{}.{}({args})", self.schema, self.name)
        }
    }
}

/// One row of `pg_operator`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorFact {
    /// Schema.
    pub schema: Text,
    /// The operator's name, such as `<@`.
    pub name: Text,
    /// Left operand type; `None` for a prefix operator.
    pub left: Option<Text>,
    /// Right operand type.
    pub right: Text,
    /// Result type.
    pub result: Text,
    /// Volatility of its function.
    pub volatility: Volatility,
}

/// `castcontext`, in the order of how much may be asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CastContext {
    /// Applied anywhere (`i`).
    Implicit,
    /// Applied in assignments too (`a`).
    Assignment,
    /// Only when written (`e`).
    Explicit,
}

/// `castmethod`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CastMethod {
    /// By a function (`f`).
    Function,
    /// Through output and input functions (`i`).
    InOut,
    /// Binary coercible (`b`).
    Binary,
}

/// One row of `pg_cast`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CastFact {
    /// Source type.
    pub source: Text,
    /// Target type.
    pub target: Text,
    /// Where it applies.
    pub context: CastContext,
    /// How it works.
    pub method: CastMethod,
    /// Number of arguments of its function (2 and more take the type modifier); 0 without a function.
    pub arguments: usize,
    /// Volatility of its function; immutable for binary casts, stable for casts through text.
    pub volatility: Volatility,
}

/// One column of a relation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnFact {
    /// Name.
    pub name: Text,
    /// Key of the type.
    pub type_key: Text,
    /// Modifier, or -1.
    pub typmod: i32,
    /// Schema and name of the collation; `None` when the type has none, `pg_catalog.default` for the default.
    pub collation: Option<(Text, Text)>,
    /// NOT NULL.
    pub not_null: bool,
}

/// One row of `pg_class` that has columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Schema.
    pub schema: Text,
    /// Name.
    pub name: Text,
    /// `relkind`: `r` table, `v` view, `m` materialized view, `p` partitioned, `f` foreign, `c` composite, `S` sequence.
    pub kind: char,
    /// Columns in order, without system columns and dropped ones.
    pub columns: Vec<ColumnFact>,
}

impl Relation {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&ColumnFact> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// One row of `pg_opclass`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorClassFact {
    /// Schema.
    pub schema: Text,
    /// Name.
    pub name: Text,
    /// Access method, such as `btree`.
    pub access_method: Text,
    /// Type it indexes.
    pub input: Text,
    /// Whether it is the default for that type.
    pub default: bool,
    /// Type of what is stored in the index, when another one.
    pub key: Option<Text>,
}

/// One row of `pg_collation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollationFact {
    /// Schema.
    pub schema: Text,
    /// Name.
    pub name: Text,
}

/// Any one member of an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A type; its array type is a fact of its own.
    Type(TypeFact),
    /// A function.
    Function(FunctionFact),
    /// An operator.
    Operator(OperatorFact),
    /// A cast.
    Cast(CastFact),
    /// A relation; its row type and that one's array are facts of their own.
    Relation(Relation),
    /// An operator class.
    OperatorClass(OperatorClassFact),
    /// A collation.
    Collation(CollationFact),
}

/// The key of a type: the bare name in pg_catalog, else `schema.name`.
pub fn type_key(schema: &str, name: &str) -> String {
    if schema == "pg_catalog" { name.to_owned() } else { format!("{schema}.{name}") }
}
