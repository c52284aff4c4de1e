//! Printing that survives a reader who leaves early.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::error::{Error, Result};

/// Writes to standard output. A closed pipe is the reader's choice, not an error.
pub fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::new("standard output cannot be written").cause(error))
        }
        _ => Ok(()),
    }
}

/// Writes one line of talk to standard error; there is nobody to tell when that fails.
pub fn tell(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes a file whole or not at all.
pub fn save(path: &Path, text: &str) -> Result<()> {
    let failed = |error| Error::new(format!("{} cannot be written", path.display())).cause(error);
    // a device or a pipe has no whole that could be put in place
    if path.exists() && !path.is_file() {
        return std::fs::write(path, text).map_err(failed);
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let draft = path.with_file_name(name);
    std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, path)).map_err(|error| {
        // what matters is the first error
        let _ = std::fs::remove_file(&draft);
        failed(error)
    })
}
