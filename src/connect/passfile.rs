//! The password file, as in <https://www.postgresql.org/docs/current/libpq-pgpass.html>.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The lines of a password file; empty when there is none.
#[derive(Clone, Default)]
pub struct PassFile(Vec<[String; 5]>);

impl PassFile {
    /// Reads the file. As in libpq, a file that others may read is not used; the text returned
    /// beside says so.
    pub fn read(path: &Path, named: bool) -> (Self, Option<String>) {
        let shown = path.display();
        let nothing = |warning: Option<String>| (Self::default(), warning);
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return nothing(named.then(|| format!("password file {shown} is not used: {error}"))),
        };
        if !metadata.is_file() {
            return nothing(Some(format!("password file {shown} is not used: it is not a plain file")));
        }
        if metadata.permissions().mode() & 0o077 != 0 {
            return nothing(Some(format!(
                "password file {shown} is not used: group or others have access; run chmod 600 {shown}"
            )));
        }
        match fs::read_to_string(path) {
            Ok(text) => (Self::parse(&text), None),
            Err(error) => nothing(Some(format!("password file {shown} is not used: {error}"))),
        }
    }

    fn parse(text: &str) -> Self {
        Self(text.lines().filter(|line| !line.starts_with('#')).filter_map(fields).collect())
    }

    /// The password of the first line that fits.
    pub fn password(&self, host: &str, port: u16, database: &str, user: &str) -> Option<&str> {
        let wanted = [host, &port.to_string(), database, user];
        let fits = |line: &&[String; 5]| {
            line.iter().zip(wanted).all(|(field, wanted)| field == "*" || unescape(field) == wanted)
        };
        self.0.iter().find(fits).map(|line| line[4].as_str()).filter(|password| !password.is_empty())
    }
}

/// Four fields, still escaped so that `\*` differs from `*`, and the password without escapes.
fn fields(line: &str) -> Option<[String; 5]> {
    let mut fields: [String; 5] = Default::default();
    let mut index = 0;
    let mut chars = line.trim_end_matches('\r').chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                if index < 4 {
                    fields[index].push('\\');
                }
                fields[index].extend(chars.next());
            }
            // libpq ends the password at the next colon
            ':' if index == 4 => break,
            ':' => index += 1,
            c => fields[index].push(c),
        }
    }
    (index == 4).then_some(fields)
}

fn unescape(field: &str) -> String {
    let mut out = String::new();
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        let file = PassFile::parse(
            "# host:*:*:*:no\nbad line\nh\\:x:5432:d\\\\b:u:p\\:1\\\\\nhost:5432:db:user:first\nhost:*:*:*:second\n*:*:*:\\*:star\n",
        );
        assert_eq!(file.password("host", 5432, "db", "user"), Some("first"));
        assert_eq!(file.password("host", 5433, "db", "user"), Some("second"));
        assert_eq!(file.password("h:x", 5432, "d\\b", "u"), Some("p:1\\"));
        assert_eq!(file.password("other", 1, "d", "*"), Some("star"));
        assert_eq!(file.password("other", 1, "d", "u"), None);
    }
}
