//! Writing SQL from the parts of a document.

use std::ops::Range;
use std::sync::Arc;

use super::node::{Node, Scalar};
use crate::error::{Error, Result};
use crate::load::fragment::{Fragment, FragmentBuilder};
use crate::source::{Location, Source};

/// Where a statement stands in the script; statements of one stage keep the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Schemas.
    Schema,
    /// Extensions.
    Extension,
    /// Types.
    Type,
    /// Sequences.
    Sequence,
    /// Functions and procedures.
    Routine,
    /// Tables.
    Table,
    /// Foreign keys and constraints that are added to existing tables.
    Constraint,
    /// Views and materialized views.
    View,
    /// Indexes and statistics.
    Index,
    /// Statements about objects that exist by then.
    After,
    /// Triggers, policies and the like.
    Attached,
    /// Ownership, privileges and comments.
    Attribute,
    /// Statements of the user's own.
    Verbatim,
}

/// What is written so far, and what was wrong.
pub struct Context {
    /// The file.
    pub source: Arc<Source>,
    out: Vec<(Stage, Fragment)>,
    errors: Vec<Error>,
}

impl Context {
    /// Starts with nothing.
    pub fn new(source: &Arc<Source>) -> Self {
        Self { source: source.clone(), out: vec![], errors: vec![] }
    }

    /// Starts a statement that `cause` asks for.
    pub fn sql(&self, cause: &Scalar) -> Sql {
        Sql { builder: FragmentBuilder::new(&self.source, cause.span.clone()), text: cause.span.clone() }
    }

    /// Ends a statement and keeps it.
    pub fn emit(&mut self, stage: Stage, mut sql: Sql) {
        sql.text(";");
        self.out.push((stage, sql.builder.finish()));
    }

    /// Keeps a statement that has its end already.
    pub fn keep(&mut self, stage: Stage, fragment: Fragment) {
        self.out.push((stage, fragment));
    }

    /// Keeps the error of a part, so that the parts after it are read too.
    pub fn attempt<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.errors.push(error)).ok()
    }

    /// Runs one part and keeps its error.
    pub fn part(&mut self, part: impl FnOnce(&mut Self) -> Result<()>) {
        let result = part(self);
        self.attempt(result);
    }

    /// The place of a key.
    pub fn place(&self, scalar: &Scalar) -> Location {
        Location::new(&self.source, scalar.span.start, scalar.span.end)
    }

    /// A failure at a key.
    pub fn error(&self, scalar: &Scalar, message: impl Into<String>) -> Error {
        Error::new(message).at(&self.place(scalar))
    }

    /// The statements in order, or all errors.
    pub fn finish(mut self) -> Result<Vec<Fragment>> {
        if let Some(error) = Error::all(self.errors) {
            return Err(error);
        }
        self.out.sort_by_key(|(stage, _)| *stage);
        Ok(self.out.into_iter().map(|(_, fragment)| fragment).collect())
    }
}

/// A statement under construction.
pub struct Sql {
    builder: FragmentBuilder,
    text: Range<usize>,
}

impl Sql {
    /// Appends generated text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.builder.push_text(text);
        self
    }

    /// Appends a value of the file; what follows cannot end up in a comment of it.
    pub fn value(&mut self, value: &Scalar) -> &mut Self {
        self.builder.push_mapped(&value.text, &value.map);
        if value.text.contains("--") {
            self.text("\n");
        }
        self
    }

    /// Appends a value that brings its own end, such as a body between quotes.
    pub fn verbatim(&mut self, value: &Scalar) -> &mut Self {
        self.builder.push_mapped(&value.text, &value.map);
        self
    }

    /// Appends an expression in parentheses, with a hint in case that it is a bare word.
    pub fn expression(&mut self, value: &Scalar) -> &mut Self {
        self.text("(").value(value);
        let word = value.text.trim();
        if !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || c == '_') {
            self.builder.hint_last(value.text.len(), text_hint(word));
        }
        self.text(")")
    }

    /// Appends a name of the file, quoted: it is exactly what is written there.
    pub fn name(&mut self, name: &Scalar) -> &mut Self {
        self.blamed(name, &quote(&name.text))
    }

    /// Appends a text of the file as a string constant.
    pub fn literal(&mut self, value: &Scalar) -> &mut Self {
        self.blamed(value, &literal(&value.text))
    }

    /// Appends generated text that another part of the file is to blame for.
    pub fn blamed(&mut self, cause: &Scalar, text: &str) -> &mut Self {
        self.builder.because_of(cause.span.clone()).push_text(text).because_of(self.text.clone());
        self
    }

    /// Appends parts with `, ` between them.
    pub fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T) -> Result<()>,
    ) -> Result<&mut Self> {
        for (number, item) in items.into_iter().enumerate() {
            if number > 0 {
                self.text(", ");
            }
            each(self, item)?;
        }
        Ok(self)
    }

    /// Appends a finished part.
    pub fn append(&mut self, part: &Fragment) -> &mut Self {
        self.builder.push_fragment(part);
        self
    }

    /// Starts a part that the same key asks for.
    pub fn branch(&self) -> Self {
        Self { builder: FragmentBuilder::new(self.builder.source(), self.text.clone()), text: self.text.clone() }
    }

    /// The text so far.
    pub fn finish(self) -> Fragment {
        self.builder.finish()
    }
}

/// The hint for a word that was meant as text.
pub fn text_hint(word: &str) -> String {
    format!("values are SQL expressions; for the text {word} write \"'{word}'\"")
}

/// A name as an SQL identifier, always in quotes.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text as an SQL string constant.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Refuses names that PostgreSQL cannot hold: empty ones, and those longer than 63 bytes, which it would cut.
pub fn check_name(source: &Arc<Source>, name: &Scalar) -> Result<()> {
    let place = Location::new(source, name.span.start, name.span.end);
    if name.text.is_empty() {
        return Err(Error::new("a name cannot be empty").at(&place));
    }
    if name.text.len() > 63 {
        let message = format!("the name is {} bytes long, and PostgreSQL keeps 63", name.text.len());
        return Err(Error::new(message).at(&place).hint("choose a shorter name"));
    }
    Ok(())
}

/// A node that is exactly a name.
pub fn name_of(node: &Node) -> Result<&Scalar> {
    let name = node.any_text()?;
    check_name(&node.source, name)?;
    Ok(name)
}
