//! Declarative schema-state reconciler for PostgreSQL 14 to 18.
pub mod error;
pub mod server;
pub mod source;
