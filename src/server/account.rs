//! The user that runs a private server: PostgreSQL refuses to run as root.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// Who runs the server's programs and owns its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Name, user id and group id when it is not the user of this process.
    other: Option<(String, u32, u32)>,
}

impl Account {
    /// The user of this process; for root the user `postgres`, else `nobody`. An error when root has neither.
    pub fn current() -> Result<Self> {
        if id(&["-u"]) != Some(0) {
            return Ok(Self { other: None });
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| Some((name.to_string(), id(&["-u", name])?, id(&["-g", name])?)))
            .map(|other| Self { other: Some(other) })
            .ok_or_else(|| {
                Error::new("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it")
                    .hint("run as another user, or make one: useradd --system postgres")
            })
    }

    /// A command that runs as this account, in its own process group (so that Ctrl-C does not reach it), without the
    /// `PG*` variables of this process and with messages in English.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").current_dir("/").process_group(0);
        if let Some((_, user, group)) = &self.other {
            command.uid(*user).gid(*group);
        }
        command
    }

    /// Runs the command to its end; its output is the cause of the error when it fails.
    pub fn run(&self, what: &str, command: &mut Command) -> Result<()> {
        let output =
            command.stdin(Stdio::null()).output().map_err(|error| self.refused(Error::new(what).cause(error)))?;
        if output.status.success() {
            return Ok(());
        }
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        Err(Error::new(what).cause(if text.trim().is_empty() { output.status.to_string() } else { text.trim().into() }))
    }

    /// Gives a file or folder to this account.
    pub fn own(&self, path: &Path) -> Result<()> {
        match &self.other {
            Some((_, user, group)) => chown(path, Some(*user), Some(*group))
                .map_err(|error| Error::new(format!("cannot give {} to another user", path.display())).cause(error)),
            None => Ok(()),
        }
    }

    /// Makes a folder that only this account (and root) can enter.
    pub fn private_folder(&self, path: &Path) -> Result<()> {
        let made = std::fs::create_dir_all(path)
            .and_then(|()| std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)));
        made.map_err(|error| Error::new(format!("cannot make the folder {}", path.display())).cause(error))?;
        self.own(path)
    }

    /// Whether this account can reach the file or folder; always true for the user of this process.
    pub fn reaches(&self, path: &Path) -> bool {
        self.other.is_none()
            || self
                .command("test")
                .arg("-x")
                .arg(path)
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
    }

    /// Name of the account when it is another than that of this process.
    pub fn other(&self) -> Option<&str> {
        self.other.as_ref().map(|(name, ..)| name.as_str())
    }

    /// Adds what to do when changing to the other account is not allowed here.
    fn refused(&self, error: Error) -> Error {
        match self.other() {
            Some(name) => error.hint(format!(
                "PostgreSQL refuses to run as root, so it was started as user {name}; where that is not allowed, run \
                 as an ordinary user"
            )),
            None => error,
        }
    }
}

/// The number that `id` prints, if it prints one.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
