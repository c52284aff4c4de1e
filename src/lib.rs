//! Declarative schema-state reconciler for PostgreSQL 14 to 18.
pub mod apply;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod connect;
pub mod error;
pub mod facts;
pub mod name;
pub mod objects;
pub mod pipeline;
pub mod plan;
pub mod render;
pub mod server;
pub mod source;
