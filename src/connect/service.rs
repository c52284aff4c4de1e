//! Connection service files, as in
//! <https://www.postgresql.org/docs/current/libpq-pgservice.html>.

use std::path::{Path, PathBuf};

use super::parameters::usage;
use super::syntax::Pairs;
use crate::config::Environment;
use crate::error::{Error, Result};

/// The parameters of a service: from `file` when named, else from `~/.pg_service.conf`, else from
/// `pg_service.conf` in `PGSYSCONFDIR` or in Debian's place. Errors: no such file or service.
pub fn read(service: &str, file: Option<&str>, environment: &Environment) -> Result<Pairs> {
    let own = match file {
        Some(file) => Some(PathBuf::from(file)),
        None => environment.home().map(|home| home.join(".pg_service.conf")).filter(|path| path.exists()),
    };
    let system = environment.get("PGSYSCONFDIR").unwrap_or("/etc/postgresql-common");
    let system = Some(Path::new(system).join("pg_service.conf")).filter(|path| path.exists());
    let files: Vec<PathBuf> = own.into_iter().chain(system).collect();
    for path in &files {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::new(format!("cannot read the service file {}", path.display())).cause(error))?;
        if let Some(pairs) = section(&text, service, path)? {
            return Ok(pairs);
        }
    }
    let looked: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let error = usage(format!("there is no service {service}"));
    Err(match looked.is_empty() {
        true => error.hint("no service file: ~/.pg_service.conf, or the one that PGSERVICEFILE names"),
        false => error.hint(format!("looked in {}", looked.join(" and "))),
    })
}

/// The section of this name; the first one counts.
fn section(text: &str, service: &str, path: &Path) -> Result<Option<Pairs>> {
    let mut found: Option<Pairs> = None;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            found = (name.strip_suffix(']') == Some(service)).then(Vec::new);
            continue;
        }
        let Some(pairs) = &mut found else { continue };
        // the line may hold a password and is not shown
        let wrong = |what: &str| Err(usage(format!("{}:{}: {what}", path.display(), number + 1)));
        match line.split_once('=') {
            Some(("service" | "servicefile", _)) => return wrong("a service cannot name another service"),
            Some((name, value)) => pairs.push((name.to_string(), value.to_string())),
            None if line.starts_with("ldap") => return wrong("services in LDAP are not supported"),
            None => return wrong("expected name=value"),
        }
    }
    Ok(found)
}
