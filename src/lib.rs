//! Declarative schema-state reconciler for PostgreSQL 14 to 18.
pub mod error;
pub mod expr;
pub mod facts;
pub mod source;
