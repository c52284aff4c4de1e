//! Settings: flags, environment, `.env` and `reconcile.toml`, resolved to values that know where
//! they came from.
//!
//! Each setting of [`keys::KEYS`] is a flag (`--lock-timeout`), an environment variable
//! (`RECONCILE_LOCK_TIMEOUT`) and a key of the file (`lock_timeout`); the first that is set counts,
//! in this order, with `.env` right behind the environment.

pub mod dotenv;
mod environment;
mod file;
pub mod keys;
mod resolved;
pub mod suggest;

use std::path::Path;

pub use environment::Environment;
pub use file::FILE_NAME;
pub use resolved::{DurationRange, Origin, Resolved, Setting};

use crate::error::{Error, Kind, Result};
use file::File;

/// Variables that name a database to libpq; one of them is enough to count as a target.
const LIBPQ_TARGET: &[&str] = &["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGPORT"];

/// A setting and what it resolves to without the command line.
pub type Listed = (&'static keys::Key, Option<Resolved<String>>);

/// Everything that was configured outside the command line.
pub struct Config {
    environment: Environment,
    file: File,
}

impl Config {
    /// Reads `reconcile.toml`, the environment and `.env` as seen from `directory`, an absolute path.
    pub fn load(directory: &Path) -> Result<Self> {
        Self::load_with(directory, Environment::process())
    }

    /// The same with a given environment.
    pub fn load_with(directory: &Path, environment: Environment) -> Result<Self> {
        let file = file::find(directory).map(|path| file::read(&path)).transpose()?.unwrap_or_default();
        Ok(Self { environment: environment.with_dotenv(directory)?, file })
    }

    /// The environment, with `.env` behind it; [`crate::connect::Target::parse_in`] wants it.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The `reconcile.toml` in use.
    pub fn path(&self) -> Option<&Path> {
        self.file.path.as_deref()
    }

    /// The value of a setting that has a default. `flag` is what the command line says.
    ///
    /// Errors: a variable that does not hold such a value; a setting without value and default.
    pub fn value<T: Setting>(&self, name: &str, flag: Option<T>) -> Result<Resolved<T>> {
        self.optional(name, flag)?.ok_or_else(|| {
            Error::new(format!("{name} is not set"))
                .kind(Kind::Usage)
                .hint(keys::find(name).map(keys::Key::flag).unwrap_or_default())
        })
    }

    /// The value of a setting, if there is one.
    pub fn optional<T: Setting>(&self, name: &str, flag: Option<T>) -> Result<Option<Resolved<T>>> {
        if let Some(value) = flag {
            return Ok(Some(Resolved { value, origin: Origin::Flag }));
        }
        let Some(key) = keys::find(name) else {
            return Err(Error::new(format!("there is no setting {name}")));
        };
        let Some(Resolved { value: text, origin }) = self.text(key)? else { return Ok(None) };
        let value = T::from_text(&text).map_err(|message| bad_value(key, &origin, &message))?;
        Ok(Some(Resolved { value, origin }))
    }

    /// Every setting, for `config show`.
    pub fn settings(&self) -> Result<Vec<Listed>> {
        keys::KEYS.iter().map(|key| Ok((key, self.text(key)?))).collect()
    }

    /// The named targets: name, and URL with the place in the file. The URLs may hold passwords.
    pub fn targets(&self) -> impl Iterator<Item = (&str, Resolved<&str>)> {
        self.file.targets.iter().map(|(name, (url, place))| {
            (name.as_str(), Resolved { value: url.as_str(), origin: Origin::File(place.clone()) })
        })
    }

    fn text(&self, key: &keys::Key) -> Result<Option<Resolved<String>>> {
        let found = match (self.environment.lookup(&key.variable()), self.file.settings.get(key.name)) {
            (Some((text, origin)), _) => Some((text.to_string(), origin)),
            (None, Some((text, place))) => Some((text.clone(), Origin::File(place.clone()))),
            (None, None) => key.default.map(|text| (text.to_string(), Origin::Default)),
        };
        let Some((value, origin)) = found else { return Ok(None) };
        key.holds.check(&value).map_err(|message| bad_value(key, &origin, &message))?;
        Ok(Some(Resolved { value, origin }))
    }

    /// The target database: `--database`, `--target` (or `RECONCILE_TARGET`), `RECONCILE_DATABASE_URL`,
    /// `DATABASE_URL`, `PG*`; variables also from `.env`. `None` when nothing names one.
    ///
    /// The text is for [`crate::connect::Target::parse_in`]; it is empty when only `PG*` are set.
    pub fn target(&self, database: Option<&str>, target: Option<&str>) -> Result<Option<Resolved<String>>> {
        if let Some(url) = database {
            return Ok(Some(Resolved { value: url.to_string(), origin: Origin::Flag }));
        }
        if let Some(name) = target.or_else(|| self.environment.get("RECONCILE_TARGET")) {
            return self.named_target(name).map(Some);
        }
        for name in ["RECONCILE_DATABASE_URL", "DATABASE_URL"] {
            if let Some((url, origin)) = self.environment.lookup(name) {
                return Ok(Some(Resolved { value: url.to_string(), origin }));
            }
        }
        let libpq = LIBPQ_TARGET.iter().find_map(|name| self.environment.lookup(name));
        Ok(libpq.map(|(_, origin)| Resolved { value: String::new(), origin }))
    }

    fn named_target(&self, name: &str) -> Result<Resolved<String>> {
        if let Some((url, place)) = self.file.targets.get(name) {
            return Ok(Resolved { value: url.clone(), origin: Origin::File(place.clone()) });
        }
        let error = Error::new(format!("there is no target {name}")).kind(Kind::Usage);
        let names: Vec<&str> = self.file.targets.keys().map(String::as_str).collect();
        Err(match (&self.file.path, suggest::closest(name, names.iter().copied())) {
            (_, Some(near)) => error.hint(format!("did you mean {near}?")),
            (Some(path), None) if names.is_empty() => error
                .hint(format!("{} names no targets; add [targets.{name}] with url = \"postgres://…\"", path.display())),
            (Some(path), None) => error.hint(format!("{} names: {}", path.display(), names.join(", "))),
            (None, None) => error.hint(format!(
                "there is no {} from here upward; targets are named there: [targets.{name}]",
                file::FILE_NAME
            )),
        })
    }

    /// The error for "no database named": what to set, and where was looked.
    pub fn no_target(&self) -> Error {
        let shown = |path: Option<&Path>, name: &str| {
            path.map_or_else(|| format!("no {name} from here upward"), |path| path.display().to_string())
        };
        Error::new("no database named")
            .kind(Kind::Usage)
            .cause(format!(
                "looked for --database, --target, RECONCILE_TARGET, RECONCILE_DATABASE_URL, DATABASE_URL and {} \
                 in the environment and in .env ({})",
                LIBPQ_TARGET.join(", "),
                shown(self.environment.dotenv_path(), ".env"),
            ))
            .cause(format!("targets are named in {} ({})", file::FILE_NAME, shown(self.path(), file::FILE_NAME)))
            .hint(
                "--database postgres://user@host/name, or set DATABASE_URL; \
                 --database embedded runs a private PostgreSQL",
            )
    }
}

fn bad_value(key: &keys::Key, origin: &Origin, message: &str) -> Error {
    let error = Error::new(format!("{}: {message}", key.name));
    match origin {
        Origin::File(place) => error.at(place),
        Origin::Flag => error.kind(Kind::Usage),
        Origin::Environment(_) | Origin::DotEnv(..) | Origin::Default => error.cause(format!("set by {origin}")),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::*;

    /// A folder of its own with the given files.
    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("reconcile-config-{}-{name}", std::process::id()));
        for (path, text) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_nearest_word_counts() {
        let root = folder(
            "order",
            &[
                (".git/HEAD", ""),
                ("reconcile.toml", "role = \"file\"\nlock_timeout = \"3s\"\nlock_retries = 7\n"),
                (".env", "RECONCILE_ROLE=dotenv\nRECONCILE_LOCK_TIMEOUT=2s\n"),
                ("deep/er/x", ""),
            ],
        );
        let environment = Environment::of([("RECONCILE_ROLE", "environment")]);
        let config = Config::load_with(&root.join("deep/er"), environment).unwrap();
        let role = |flag: Option<&str>| config.value("role", flag.map(String::from)).unwrap();
        assert_eq!(role(Some("x")), Resolved { value: "x".into(), origin: Origin::Flag });
        assert_eq!(role(None).origin, Origin::Environment("RECONCILE_ROLE".into()));
        let timeout = config.value::<Duration>("lock-timeout", None).unwrap();
        assert_eq!(timeout.value, Duration::from_secs(2));
        assert_eq!(timeout.origin.to_string(), format!("RECONCILE_LOCK_TIMEOUT in {}", root.join(".env").display()));
        let retries = config.value::<u32>("lock-retries", None).unwrap();
        assert_eq!((retries.value, retries.origin.to_string().ends_with("reconcile.toml:3:16")), (7, true));
        assert_eq!(config.value::<String>("privileges", None).unwrap().origin, Origin::Default);
        assert!(config.optional::<Duration>("statement-timeout", None).unwrap().is_none());
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_search_ends_at_the_repository() {
        let root =
            folder("edge", &[("reconcile.toml", "x = 1"), (".env", "A=1"), ("repo/.git/HEAD", ""), ("repo/a/b", "")]);
        let config = Config::load_with(&root.join("repo/a"), Environment::default()).unwrap();
        assert!(config.path().is_none() && config.environment().dotenv_path().is_none());
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn targets_come_in_order() {
        let root =
            folder("targets", &[(".git/HEAD", ""), ("reconcile.toml", "[targets]\nlocal = \"postgres:///l\"\n")]);
        let with = |variables: &[(&'static str, &'static str)]| {
            Config::load_with(&root, Environment::of(variables.iter().copied())).unwrap()
        };
        let all =
            with(&[("RECONCILE_DATABASE_URL", "postgres:///r"), ("DATABASE_URL", "postgres:///d"), ("PGHOST", "h")]);
        let url = |config: &Config, database, target| config.target(database, target).unwrap().map(|found| found.value);
        assert_eq!(url(&all, Some("postgres:///f"), Some("local")).as_deref(), Some("postgres:///f"));
        assert_eq!(url(&all, None, Some("local")).as_deref(), Some("postgres:///l"));
        assert_eq!(url(&all, None, None).as_deref(), Some("postgres:///r"));
        assert_eq!(url(&with(&[("DATABASE_URL", "x"), ("PGHOST", "h")]), None, None).as_deref(), Some("x"));
        assert_eq!(url(&with(&[("PGDATABASE", "h")]), None, None).as_deref(), Some(""));
        assert_eq!(url(&with(&[]), None, None), None);
        assert_eq!(all.target(None, Some("locla")).unwrap_err().hint.as_deref(), Some("did you mean local?"));
        let report = with(&[]).no_target().report();
        for word in ["--database", "--target", "RECONCILE_DATABASE_URL", "DATABASE_URL", "PGHOST", ".env"] {
            assert!(report.contains(word), "{report}");
        }
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn wrong_variables_are_named() {
        let root = folder("wrong", &[(".git/HEAD", "")]);
        let config = Config::load_with(&root, Environment::of([("RECONCILE_LOCK_TIMEOUT", "soon")])).unwrap();
        let report = config.value::<Duration>("lock_timeout", None).unwrap_err().report();
        assert!(report.contains("RECONCILE_LOCK_TIMEOUT") && report.contains("expected a duration"), "{report}");
        std::fs::remove_dir_all(root).unwrap();
    }
}
