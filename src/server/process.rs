//! One private server: its data folder, its start and its stop.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::{Account, Installation, USER};
use crate::error::{Error, Result};

/// How long a start may take; recovery after a crash is part of it.
const START: Duration = Duration::from_secs(120);
/// The longest path of a unix socket (`sun_path` less its end mark), as PostgreSQL checks it.
const SOCKET_PATH: usize = 107;

/// A running private server. The last process that uses a server started by this tool stops it, by [`Server::stop`] or
/// by drop, unless [`Server::keep`] was called.
#[derive(Debug)]
pub struct Server {
    installation: Installation,
    account: Account,
    data: PathBuf,
    /// Held while the server is initialised, started or stopped; it has the path that was asked for, which may be a link.
    lock: PathBuf,
    sockets: PathBuf,
    /// Set while this value still has to let go of the server.
    hold: Option<Hold>,
}

/// What this process holds of the server.
#[derive(Debug)]
struct Hold {
    /// Locked in shared mode by every process that uses the server.
    users: File,
    child: Option<Child>,
}

impl Server {
    /// Opens the server on `data`: initialises the folder on first use, starts the server unless it runs already, and
    /// waits until it takes connections. Fails when the folder belongs to another major version.
    pub fn open(installation: &Installation, data: &Path) -> Result<Self> {
        Self::open_with(installation, data, &[])
    }

    /// Like [`Server::open`], with settings of `postgresql.conf` for a server that has to be started.
    pub fn open_with(installation: &Installation, data: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        let account = Account::current()?;
        let data = folder(data)?;
        let gate = beside(&data, "lock");
        let _starting = lock(&gate)?;
        initialise_locked(installation, &account, &data)?;
        let data = data.canonicalize().map_err(|error| unreadable(&data, error))?;
        let users = open_lock(&beside(&data, "users"))?;
        let mut server =
            Self { installation: installation.clone(), account, sockets: data.clone(), data, lock: gate, hold: None };
        if server.runs() {
            if let Some(running) = Postmaster::read(&server.data) {
                server.sockets = running.sockets;
            }
            users.lock_shared().map_err(|error| unreadable(&server.data, error))?;
            server.hold = Some(Hold { users, child: None });
        } else {
            server.sockets = server.socket_folder()?;
            let child = server.start(settings)?;
            users.lock_shared().map_err(|error| unreadable(&server.data, error))?;
            server.hold = Some(Hold { users, child: Some(child) });
        }
        Ok(server)
    }

    /// The address of a database on this server, as libpq takes it.
    pub fn url(&self, database: &str) -> String {
        let sockets = encode(&self.sockets.to_string_lossy());
        format!("postgresql:///{}?host={sockets}&port=5432&user={USER}", encode(database).replace('/', "%2F"))
    }

    /// The binaries that the server was opened with.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The folder of the unix socket; the port in its name is 5432.
    pub fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Lets the server run on after this process.
    pub fn keep(&mut self) {
        self.hold = None;
        // the mark says who may stop it; without the mark nobody does
        let _ = std::fs::remove_file(beside(&self.data, "started"));
    }

    /// Stops the server, unless another process still uses it or it was not started by this tool.
    pub fn stop(mut self) -> Result<()> {
        self.release()
    }

    fn release(&mut self) -> Result<()> {
        let Some(hold) = self.hold.take() else { return Ok(()) };
        let _starting = lock(&self.lock)?;
        hold.users.unlock().map_err(|error| unreadable(&self.data, error))?;
        match hold.users.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(unreadable(&self.data, error)),
        }
        let mark = beside(&self.data, "started");
        let ours = std::fs::read_to_string(&mark).unwrap_or_default();
        if Postmaster::read(&self.data).is_none_or(|running| running.pid != ours.trim()) {
            return Ok(());
        }
        let mut stop = self.account.command(self.installation.program("pg_ctl"));
        stop.arg("-D").arg(&self.data).args(["-m", "fast", "-w", "-s", "stop"]);
        self.account.run("could not stop the private PostgreSQL", &mut stop)?;
        let _ = std::fs::remove_file(mark);
        if self.sockets != self.data {
            remove(&self.sockets)?;
        }
        if let Some(mut child) = hold.child {
            child.wait().map_err(|error| Error::new("could not stop the private PostgreSQL").cause(error))?;
        }
        Ok(())
    }

    /// Whether a server runs on the data folder, whoever started it.
    fn runs(&self) -> bool {
        let mut status = self.account.command(self.installation.program("pg_ctl"));
        status.arg("-D").arg(&self.data).arg("status").stdout(Stdio::null()).stderr(Stdio::null());
        status.status().is_ok_and(|status| status.success())
    }

    /// The data folder itself, or a private folder of a short name where its path is too long for a socket.
    fn socket_folder(&self) -> Result<PathBuf> {
        if self.data.join(".s.PGSQL.5432").as_os_str().len() <= SOCKET_PATH {
            return Ok(self.data.clone());
        }
        let short = PathBuf::from(format!("/tmp/reconcile-{}", digest(&self.data)));
        // whoever else made a folder of this name could listen in
        remove(&short)?;
        DirBuilder::new().mode(0o700).create(&short).map_err(|error| unreadable(&short, error))?;
        self.account.own(&short)?;
        Ok(short)
    }

    fn start(&self, settings: &[(&str, &str)]) -> Result<Child> {
        let log = self.data.join("server.log");
        let failed = |error: &dyn std::fmt::Display| Error::new("could not start a private PostgreSQL").cause(error);
        let output = File::create(&log).map_err(|error| failed(&error))?;
        self.account.own(&log)?;
        let mut command = self.account.command(self.installation.program("postgres"));
        let sockets = format!("\"{}\"", self.sockets.to_string_lossy().replace('"', "\"\""));
        command.arg("-D").arg(&self.data).args(["-p", "5432", "-c", "listen_addresses="]);
        command
            .arg("-c")
            .arg(format!("unix_socket_directories={sockets}"))
            .args(["-c", "unix_socket_permissions=0700"]);
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let error_output = output.try_clone().map_err(|error| failed(&error))?;
        command.stdin(Stdio::null()).stdout(output).stderr(error_output);
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        std::fs::write(beside(&self.data, "started"), child.id().to_string()).map_err(|error| failed(&error))?;
        let until = Instant::now() + START;
        loop {
            if let Some(status) = child.try_wait().map_err(|error| failed(&error))? {
                return Err(failed(&status).cause(last_lines(&log)).hint(format!("its log is {}", log.display())));
            }
            if Postmaster::read(&self.data).is_some_and(|now| now.ready && now.pid == child.id().to_string()) {
                return Ok(child);
            }
            if Instant::now() > until {
                // a second postmaster could not start beside a hanging one
                let _ = child.kill();
                let _ = child.wait();
                return Err(failed(&"it was not ready after 120 s").cause(last_lines(&log)));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // a drop cannot report; the next run finds the server and stops it
        let _ = self.release();
    }
}

/// Makes the data folder of a private server (encoding UTF8, locale C.UTF-8 or C, user `postgres`), unless it exists.
/// Fails when it exists and belongs to another major version.
pub fn initialise(installation: &Installation, data: &Path) -> Result<()> {
    let data = folder(data)?;
    let _starting = lock(&beside(&data, "lock"))?;
    initialise_locked(installation, &Account::current()?, &data)
}

fn initialise_locked(installation: &Installation, account: &Account, data: &Path) -> Result<()> {
    if let Ok(version) = std::fs::read_to_string(data.join("PG_VERSION")) {
        return if version.trim() == installation.major.to_string() {
            Ok(())
        } else {
            Err(wrong_major(data, version.trim(), installation))
        };
    }
    if !account.reaches(&installation.program("postgres")) {
        let who = account.other().unwrap_or(USER);
        let place = installation.bin.display();
        return Err(Error::new(format!("user {who} cannot run the PostgreSQL in {place}"))
            .hint("PostgreSQL refuses to run as root; let others enter that folder: chmod a+x on it and those above"));
    }
    if data.exists() && std::fs::read_dir(data).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::new(format!("{} is not empty and no PostgreSQL data folder", data.display())));
    }
    let home = reachable(account, data)?;
    // a folder that is only half made must never look whole
    let fresh = beside(&home, "new");
    let mut outcome = Ok(());
    for locale in ["C.UTF-8", "C"] {
        remove(&fresh)?;
        account.private_folder(&fresh)?;
        let mut initdb = account.command(installation.program("initdb"));
        initdb.arg("-D").arg(&fresh).args(["-U", USER, "-A", "trust", "-E", "UTF8", "--no-instructions"]);
        initdb.arg(format!("--locale={locale}"));
        outcome = account.run("could not initialise a private PostgreSQL", &mut initdb);
        if outcome.as_ref().err().is_none_or(|error| !error.causes.iter().any(|text| text.contains("locale"))) {
            break;
        }
    }
    if outcome.is_err() {
        remove(&fresh)?;
        return outcome;
    }
    remove(&home)?;
    std::fs::rename(&fresh, &home).map_err(|error| unreadable(&home, error))?;
    if home != data {
        remove(data)?;
        std::os::unix::fs::symlink(&home, data).map_err(|error| unreadable(data, error))?;
    }
    Ok(())
}

/// `data`, or a folder below `/var/lib/reconcile` when the account cannot walk down to it (a checkout in root's home);
/// then `data` becomes a link.
fn reachable(account: &Account, data: &Path) -> Result<PathBuf> {
    if data.parent().is_some_and(|parent| account.reaches(parent)) {
        return Ok(data.to_path_buf());
    }
    let home = PathBuf::from("/var/lib/reconcile");
    std::fs::create_dir_all(&home).map_err(|error| unreadable(&home, error))?;
    Ok(home.join(digest(data)))
}

fn wrong_major(data: &Path, version: &str, installation: &Installation) -> Error {
    let major = installation.major;
    Error::new(format!("{} belongs to PostgreSQL {version}, not {major}", data.display())).hint(format!(
        "use a PostgreSQL {version}, or remove the folder and let reconcile make it anew for {major} (its data is lost)"
    ))
}

/// The lines of `postmaster.pid` that matter; see `src/include/utils/pidfile.h` of PostgreSQL.
struct Postmaster {
    pid: String,
    sockets: PathBuf,
    ready: bool,
}

impl Postmaster {
    fn read(data: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let lines: Vec<&str> = text.lines().collect();
        let ready = lines.get(7).is_some_and(|status| status.trim() == "ready");
        Some(Self { pid: lines.first()?.trim().into(), sockets: PathBuf::from(lines.get(4)?), ready })
    }
}

/// The absolute path of the data folder, whose parent is made.
fn folder(data: &Path) -> Result<PathBuf> {
    let data = std::path::absolute(data).map_err(|error| unreadable(data, error))?;
    if let Some(parent) = data.parent() {
        std::fs::create_dir_all(parent).map_err(|error| unreadable(parent, error))?;
    }
    Ok(data)
}

/// `data.suffix`, next to `data`.
fn beside(data: &Path, suffix: &str) -> PathBuf {
    let mut name = data.as_os_str().to_os_string();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn open_lock(path: &Path) -> Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(path);
    file.map_err(|error| unreadable(path, error))
}

/// Waits for the lock; it ends with the file.
fn lock(path: &Path) -> Result<File> {
    let file = open_lock(path)?;
    file.lock().map_err(|error| unreadable(path, error))?;
    Ok(file)
}

fn remove(path: &Path) -> Result<()> {
    let gone = match path.symlink_metadata() {
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(_) => Ok(()),
    };
    gone.map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::new(format!("cannot use {}", path.display())).cause(error)
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("; ")
}

/// A short name for a path.
fn digest(path: &Path) -> String {
    let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Percent-encodes what a connection URL could misread; slashes stay.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
