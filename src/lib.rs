//! Declarative schema-state reconciler for PostgreSQL 14 to 18.
pub mod config;
pub mod connect;
pub mod error;
pub mod source;
