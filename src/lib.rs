//! Declarative schema-state reconciler for PostgreSQL 14 to 18.
//!
//! ```text
//! desired (SQL, YAML files) ── load ──────────┐
//!                                             ├─ diff ─ plan passes ─ Plan ─┬─ render
//! live (a database)        ── introspect ─────┘                             └─ apply
//! ```
//!
//! [`load`] and [`introspect`] both end in a [`catalog::Catalog`]: the same objects under the same
//! [`catalog::ObjectId`]s, resolved by [`resolve`]. From there on nothing knows where a catalog came from.
#![deny(missing_docs)]

pub mod apply;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod connect;
pub mod diff;
pub mod error;
pub mod export;
pub mod expr;
pub mod expression;
pub mod facts;
pub mod introspect;
pub mod load;
pub mod name;
pub mod objects;
pub mod parallel;
pub mod pipeline;
pub mod plan;
pub mod pull;
pub mod referee;
pub mod renames;
pub mod render;
pub mod resolve;
pub mod server;
pub mod source;
