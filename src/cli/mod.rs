//! The command line: one command a file, its arguments beside its run. Standard output is the payload, standard error
//! is talk.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::error::{Error, Result};

mod apply;
mod check;
mod completions;
mod config;
mod explain;
mod flags;
mod format;
mod init;
mod inspect;
mod json_schema;
mod output;
mod plan;
mod pull;
mod session;
mod show;
mod sources;
mod version;

/// Exit code of wrong use; clap's own 2 means "differences" here.
const USAGE: u8 = 64;

/// Brings a PostgreSQL database into the state that files describe.
#[derive(Parser)]
#[command(name = "reconcile", version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0         done, or nothing to do
  1         error
  2         differences (plan --exit-code)
  3         refused: something destructive is not allowed, a rename is not decided
  4         the saved plan no longer fits
  5         busy: another run holds the lock, or locks were not to be had; nothing was changed
  6         stopped part way
  64        wrong use
  130, 143  interrupted, terminated";

#[derive(Subcommand)]
enum Command {
    Init(init::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Check(check::Args),
    Show(show::Args),
    Inspect(inspect::Args),
    Pull(pull::Args),
    Explain(explain::Args),
    Config(config::Args),
    JsonSchema(json_schema::Args),
    Completions(completions::Args),
    Version(version::Args),
}

/// Runs a command line, program name first; returns the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let worker = std::thread::Builder::new().stack_size(crate::parallel::STACK).spawn(move || main_on_stack(arguments));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // the panic has said what it is on its way
        Ok(Err(_)) => INTERNAL,
        Err(error) => {
            output::tell(&format!("error: no thread can be started: {error}"));
            1
        }
    }
}

/// Exit code of a defect in reconcile itself, as the runtime gives it.
const INTERNAL: u8 = 101;

fn main_on_stack(arguments: Vec<OsString>) -> u8 {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // help and version come as errors too; a closed stream is no reason to fail
            let _ = error.print();
            return if error.use_stderr() { USAGE } else { 0 };
        }
    };
    run(cli).unwrap_or_else(|error| {
        output::tell(error.report().trim_end());
        error.exit_code()
    })
}

fn run(cli: Cli) -> Result<u8> {
    match cli.command {
        Command::Init(args) => wait(args.run(&settings()?)),
        Command::Inspect(args) => wait(args.run(&settings()?)),
        Command::Pull(args) => wait(args.run(&settings()?)),
        Command::Plan(args) => wait(args.run(&settings()?)),
        Command::Apply(args) => wait(args.run(&settings()?)),
        Command::Check(args) => args.run(&settings()?),
        Command::Config(args) => args.run(&settings()?),
        Command::Show(args) => args.run(&settings()?),
        Command::Explain(args) => args.run(),
        Command::JsonSchema(args) => args.run(),
        Command::Completions(args) => args.run(),
        Command::Version(args) => args.run(),
    }
}

fn settings() -> Result<Config> {
    Config::load(&directory()?)
}

fn directory() -> Result<std::path::PathBuf> {
    std::env::current_dir().map_err(|error| Error::new("the current directory cannot be read").cause(error))
}

/// Runs to the end on one thread: the work is waiting for a server.
fn wait(work: impl Future<Output = Result<u8>>) -> Result<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::new("the runtime cannot be started").cause(error))?;
    runtime.block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_flag_with_a_value_has_a_key() {
        let known = ["database", "target", "verbose", "help", "version", "plan"];
        for command in ["plan", "apply", "init", "inspect", "pull"] {
            let cli = Cli::command();
            let command = cli.find_subcommand(command).unwrap();
            for flag in command.get_arguments().filter_map(clap::Arg::get_long) {
                assert!(known.contains(&flag) || crate::config::keys::find(flag).is_some(), "--{flag}");
            }
        }
    }
}
