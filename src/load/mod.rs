//! From files to a desired state.
pub mod fragment;
pub mod syntax;
pub mod yaml;
