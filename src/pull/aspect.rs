//! What a statement says about an object.

use crate::catalog::ObjectId;
use crate::export::Item;

/// The part of an object's state that a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// What it is.
    Definition,
    /// `COMMENT ON`.
    Comment,
    /// `… OWNER TO`.
    Owner,
    /// `GRANT`, `REVOKE`.
    Privileges,
    /// `SECURITY LABEL`.
    Label,
}

/// An object and what is said about it.
pub type Key = (ObjectId, Aspect);

impl Aspect {
    /// What can be said beside the definition.
    pub const BESIDE: [Self; 4] = [Self::Comment, Self::Owner, Self::Privileges, Self::Label];

    /// What a statement that begins with its first word is about.
    pub fn of(sql: &str) -> Self {
        let mut words = sql.split_whitespace().map(str::to_ascii_uppercase);
        match words.next().unwrap_or_default().as_str() {
            "COMMENT" => Self::Comment,
            "GRANT" | "REVOKE" => Self::Privileges,
            "SECURITY" => Self::Label,
            "ALTER" => {
                let words: Vec<String> = words.collect();
                let owner = |pair: &[String]| matches!(pair, [first, second] if first == "OWNER" && second == "TO");
                if words.windows(2).any(owner) { Self::Owner } else { Self::Definition }
            }
            _ => Self::Definition,
        }
    }
}

/// What a statement of an export says, and about what.
pub fn of_item(item: &Item) -> Vec<Key> {
    let aspect = Aspect::of(&item.sql);
    item.objects.iter().map(|id| (id.clone(), aspect)).collect()
}

#[cfg(test)]
mod tests {
    use super::Aspect;

    #[test]
    fn statements_are_known_by_their_words() {
        for (sql, expected) in [
            ("COMMENT ON TABLE t IS 'x'", Aspect::Comment),
            ("alter table t owner to r", Aspect::Owner),
            ("ALTER TABLE t ADD CHECK (a > 0)", Aspect::Definition),
            ("revoke all on t from r", Aspect::Privileges),
            ("CREATE TABLE t ()", Aspect::Definition),
        ] {
            assert_eq!(Aspect::of(sql), expected, "{sql}");
        }
    }
}
