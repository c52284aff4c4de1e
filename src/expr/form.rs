//! The tree that definitions are turned into before they are compared.

use std::fmt;

use serde::Serialize;

/// Normal form of an expression or query: equal trees mean equal definitions. Displayed as an s-expression.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Form {
    /// Something left out or SQL's NULL.
    Null,
    /// A flag.
    Flag(bool),
    /// A number: positions, levels, modifiers, codes of the parser's enums.
    Number(i64),
    /// A name or the canonical text of a constant.
    Atom(String),
    /// A construct and its parts; lists have the name `list`.
    Node(&'static str, Vec<Form>),
}

impl Form {
    /// Whether this is that construct.
    pub fn is(&self, tag: &str) -> bool {
        matches!(self, Form::Node(own, _) if *own == tag)
    }

    /// The construct's name; empty for leaves.
    pub fn tag(&self) -> &'static str {
        if let Form::Node(tag, _) = self { tag } else { "" }
    }

    /// The parts of a construct; empty for leaves.
    pub fn parts(&self) -> &[Form] {
        if let Form::Node(_, parts) = self { parts } else { &[] }
    }

    /// The part at a position; `Null` when there is none.
    pub fn part(&self, at: usize) -> &Form {
        self.parts().get(at).unwrap_or(&Form::Null)
    }

    /// The text of an atom.
    pub fn text(&self) -> Option<&str> {
        if let Form::Atom(text) = self { Some(text) } else { None }
    }

    /// The value of a number.
    pub fn number(&self) -> Option<i64> {
        if let Form::Number(number) = self { Some(*number) } else { None }
    }

    /// Whether this is a constant whose value is NULL.
    pub fn is_null_constant(&self) -> bool {
        self.is("const") && *self.part(1) == Form::Null
    }

    /// The canonical text of a constant that is not NULL and was understood.
    pub fn constant_text(&self) -> Option<&str> {
        if self.is("const") { self.part(1).text() } else { None }
    }

    /// Raises the level of variables by `levels`: what is seen from a subquery further in.
    pub(super) fn deeper(&self, levels: i64) -> Form {
        let Form::Node(tag, parts) = self else { return self.clone() };
        if levels == 0 {
            return self.clone();
        }
        let mut parts: Vec<Form> = parts.iter().map(|part| part.deeper(levels)).collect();
        if is_variable(tag)
            && let Some(Form::Number(level)) = parts.first_mut()
        {
            *level += levels;
        }
        Form::Node(tag, parts)
    }

    /// Whether a variable of that query level occurs.
    pub(super) fn has_variable(&self, level: i64) -> bool {
        let Form::Node(tag, parts) = self else { return false };
        if is_variable(tag) {
            return self.part(0).number() == Some(level);
        }
        let inner = if matches!(*tag, "select" | "values" | "setop") { level + 1 } else { level };
        parts.iter().any(|part| part.has_variable(inner))
    }
}

fn is_variable(tag: &str) -> bool {
    matches!(tag, "var" | "row-of" | "system-column")
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Form::Null => f.write_str("-"),
            Form::Flag(flag) => write!(f, "{flag}"),
            Form::Number(number) => write!(f, "{number}"),
            Form::Atom(text) if is_plain(text) => f.write_str(text),
            Form::Atom(text) => write!(f, "{text:?}"),
            Form::Node(tag, parts) => {
                f.write_str("(")?;
                let name = if *tag == "list" { "" } else { tag };
                f.write_str(name)?;
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 || !name.is_empty() {
                        f.write_str(" ")?;
                    }
                    write!(f, "{part}")?;
                }
                f.write_str(")")
            }
        }
    }
}

/// Whether an atom can be shown without quotes and not be mistaken for anything else.
fn is_plain(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.'))
        && !matches!(text, "true" | "false")
}

/// A construct.
pub(super) fn node(tag: &'static str, parts: Vec<Form>) -> Form {
    Form::Node(tag, parts)
}

/// A list.
pub(super) fn list(parts: Vec<Form>) -> Form {
    Form::Node("list", parts)
}

/// An atom.
pub(super) fn atom(text: impl Into<String>) -> Form {
    Form::Atom(text.into())
}

/// A number.
pub(super) fn number(value: impl Into<i64>) -> Form {
    Form::Number(value.into())
}

/// A constant of a type.
pub(super) fn constant(key: &str, value: Form) -> Form {
    node("const", vec![atom(key), value])
}

/// A list of names.
pub(super) fn names<S: AsRef<str>>(names: &[S]) -> Form {
    list(names.iter().map(|name| atom(name.as_ref())).collect())
}
