//! Colour, width and wrapping. Colour is never the only carrier: every coloured thing has a sign or a word too.

use std::env;
use std::io::IsTerminal;

/// What the reader's screen can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours are wanted.
    pub color: bool,
    /// Columns, when they are known; without them nothing is wrapped.
    pub width: Option<u16>,
}

/// A colour by its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something new.
    Good,
    /// Something that changes.
    Change,
    /// Something that goes or is denied.
    Bad,
    /// Something replaced.
    Replace,
    /// Secondary text.
    Dim,
    /// Headings.
    Strong,
}

impl Style {
    /// The style for standard output: colour on a terminal only, unless `CLICOLOR_FORCE` is set; never under
    /// `NO_COLOR` or `TERM=dumb`. The width is `COLUMNS`, else the terminal's.
    pub fn for_stdout() -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let forced = env::var_os("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0");
        let terminal = std::io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb");
        let columns = env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
        Self {
            color: !set("NO_COLOR") && (forced || terminal),
            width: columns.filter(|width| *width > 0).or_else(|| comfy_table::Table::new().width()),
        }
    }

    /// `text` in a colour, or as it is.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "32",
            Tone::Change => "33",
            Tone::Bad => "31",
            Tone::Replace => "35",
            Tone::Dim => "2",
            Tone::Strong => "1",
        };
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    /// Prose broken at spaces into lines that fit, `first` before the first line and `rest` before the others. Words
    /// that are longer than a line stay whole.
    pub fn wrap(&self, text: &str, first: &str, rest: &str) -> Vec<String> {
        let width = self.width.map_or(usize::MAX, usize::from);
        let mut lines = vec![];
        let mut line = first.to_string();
        let mut filled = false;
        for word in text.split_whitespace() {
            if filled && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::replace(&mut line, rest.to_string()));
                filled = false;
            }
            if filled {
                line.push(' ');
            }
            line.push_str(word);
            filled = true;
        }
        lines.push(line);
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_keeps_long_words() {
        let style = Style { color: false, width: Some(12) };
        assert_eq!(
            style.wrap("a bb ccc averyveryverylongword d", "- ", "  "),
            ["- a bb ccc", "  averyveryverylongword", "  d"]
        );
    }

    #[test]
    fn paints_only_when_asked() {
        assert_eq!(Style::default().paint(Tone::Bad, "x"), "x");
        assert_eq!(Style { color: true, width: None }.paint(Tone::Bad, "x"), "\x1b[31mx\x1b[0m");
    }
}
