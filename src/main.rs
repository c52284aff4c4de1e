//! The command `reconcile`; everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(reconcile::cli::main(std::env::args_os()))
}
