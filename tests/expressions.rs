//! The normal form against pairs of written and stored definitions that must be equal, and near misses that must not.

#[path = "expressions/corpus.rs"]
mod corpus;
#[path = "expressions/definitions.rs"]
mod definitions;
#[path = "expressions/record.rs"]
mod record;
#[path = "expressions/side.rs"]
mod side;
