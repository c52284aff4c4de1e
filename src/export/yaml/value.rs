//! Values of YAML and how they are written.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A number or a boolean.
    Word(&'static str),
    /// A short list, on one line.
    List(Vec<String>),
    /// Long texts, one below the other.
    Blocks(Vec<String>),
    /// Keys in order.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// A map without keys.
    pub fn map() -> Self {
        Value::Map(vec![])
    }

    /// The value under a key, which is made where it is not there.
    pub fn at(&mut self, key: &str, new: Value) -> &mut Value {
        if !matches!(self, Value::Map(_)) {
            *self = Value::map();
        }
        let Value::Map(entries) = self else { return self };
        let found = entries.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
            entries.push((key.to_string(), new));
            entries.len() - 1
        });
        &mut entries[found].1
    }

    /// The map under a path of keys.
    pub fn under(&mut self, path: &[&str]) -> &mut Value {
        path.iter().fold(self, |value, key| value.at(key, Value::map()))
    }

    /// Sets a key; false when it is there already.
    pub fn put(&mut self, key: &str, value: Value) -> bool {
        match self {
            Value::Map(entries) if entries.iter().all(|(name, _)| name != key) => {
                entries.push((key.to_string(), value));
                true
            }
            _ => false,
        }
    }

    /// Sets a key before all others; false when it is there already.
    pub fn put_first(&mut self, key: &str, value: Value) -> bool {
        let new = self.put(key, value);
        if let (true, Value::Map(entries)) = (new, self) {
            entries.rotate_right(1);
        }
        new
    }

    /// Writes the entries of a map at a depth.
    pub fn write(&self, depth: usize, out: &mut String) {
        let Value::Map(entries) = self else { return };
        let indent = "  ".repeat(depth);
        for (key, value) in entries {
            out.push_str(&format!("{indent}{}:", name(key)));
            match value {
                Value::Word(word) => out.push_str(&format!(" {word}\n")),
                Value::Text(text) => out.push_str(&format!(" {}\n", scalar(text, depth + 1))),
                Value::List(items) => {
                    let items: Vec<String> = items.iter().map(|item| name(item)).collect();
                    out.push_str(&format!(" [{}]\n", items.join(", ")));
                }
                Value::Blocks(items) => {
                    out.push('\n');
                    for item in items {
                        out.push_str(&format!("{indent}  - {}\n", scalar(item, depth + 2)));
                    }
                }
                Value::Map(inner) if inner.is_empty() => out.push_str(" {}\n"),
                Value::Map(_) => {
                    out.push('\n');
                    value.write(depth + 1, out);
                }
            }
        }
    }
}

/// Words that YAML does not take for text.
fn is_word(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "null" | "~" | "yes" | "no" | "on" | "off" | "y" | "n"
    )
}

/// A key, or an item of a list.
fn name(text: &str) -> String {
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let plain = first && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    if plain && !is_word(text) { text.to_string() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn scalar(text: &str, depth: usize) -> String {
    let printable = text.chars().all(|c| c == '\n' || !c.is_control());
    if text.contains('\n') && printable && !text.trim().is_empty() {
        return block(text, depth);
    }
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '('));
    let allowed = |c: char| c.is_ascii_alphanumeric() || " _().,'<>=+*/[]|:-;%$~^&".contains(c);
    let plain = first && text.chars().all(allowed) && !text.contains(": ") && !text.ends_with([':', ' ']);
    if plain && !is_word(text) { text.to_string() } else { quoted(text) }
}

/// A text over several lines, byte for byte.
fn block(text: &str, depth: usize) -> String {
    let body = text.trim_end_matches('\n');
    let ends = text.len() - body.len();
    let chomp = match ends {
        0 => "-",
        1 => "",
        _ => "+",
    };
    // a first line that begins with a blank would be taken for the indentation
    let explicit = if text.starts_with([' ', '\n']) { "2" } else { "" };
    let indent = "  ".repeat(depth);
    let lines: Vec<String> = body
        .split('\n')
        .map(|line| if line.is_empty() { String::new() } else { format!("{indent}{line}") })
        .chain(std::iter::repeat_n(String::new(), ends.saturating_sub(1)))
        .collect();
    format!("|{explicit}{chomp}\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        let texts =
            ["a b", "", "true", "'x'", "a: b", "1", "- a", "a\nb", "\n  a\n", " a\n\n\nb\n\n", "a\tb\nc", "a # b", "é"];
        for text in texts {
            let mut out = String::new();
            Value::Map(vec![("a".into(), Value::Map(vec![("k".into(), Value::Text(text.into()))]))]).write(0, &mut out);
            let read: serde_yaml::Value = serde_yaml::from_str(&out).unwrap();
            assert_eq!(read["a"]["k"].as_str(), Some(text), "{out}");
        }
    }
}
