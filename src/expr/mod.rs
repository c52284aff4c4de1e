//! When two SQL expressions mean the same.

pub mod input;
