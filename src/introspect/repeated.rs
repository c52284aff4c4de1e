//! Texts of the server that come again and again: `now()`, `PRIMARY KEY (id)`, the index of a column that many tables
//! have. To copy a tree is far cheaper than to parse.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::error::Result;

/// Bytes of a text that is likely to come again; longer ones would be kept for nothing.
const SHORT: usize = 96;

/// What short texts mean.
#[derive(Debug)]
pub struct Repeated<T>(RefCell<HashMap<String, T>>);

impl<T> Default for Repeated<T> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<T: Clone> Repeated<T> {
    /// What `read` makes of a text, or has made of it before. Errors: those of `read`.
    pub fn get(&self, text: &str, read: impl FnOnce(&str) -> Result<T>) -> Result<T> {
        if let Some(known) = self.0.borrow().get(text) {
            return Ok(known.clone());
        }
        let found = read(text)?;
        if text.len() <= SHORT {
            self.0.borrow_mut().insert(text.to_string(), found.clone());
        }
        Ok(found)
    }
}
