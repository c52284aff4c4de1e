//! `reconcile apply`: runs a saved plan, or plans, prints, asks and runs.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::flags::{self, Scope, Target, duration, flag};
use super::format::Format;
use super::output::{print, tell};
use super::session::Database;
use super::sources::{Source, target};
use crate::apply::{self, Sessions, Settings, refuse, stale};
use crate::config::{Config, DurationRange};
use crate::error::{Error, Kind, Result};
use crate::pipeline::{self, Options, Side};
use crate::plan::Plan;
use crate::render::json;

/// Bring the database into the desired state, or run a saved plan
#[derive(clap::Args)]
pub struct Args {
    /// A plan that `reconcile plan -o` has saved
    #[arg(value_name = "PLAN")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
    /// The desired state: file, directory, URL or empty [default: schema/, or that of the saved plan]
    #[arg(long, value_name = "SRC")]
    to: Option<String>,
    /// How to print the plan [default: text]
    #[arg(long)]
    format: Option<Format>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Name everything that is not managed
    #[arg(short, long)]
    verbose: bool,
    /// Show and check the plan, run nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    scope: Scope,
    #[command(flatten)]
    run: RunFlags,
}

#[derive(clap::Args)]
#[command(next_help_heading = "Run")]
struct RunFlags {
    /// How long a statement waits for a lock; 0: for ever [default: 1s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    lock_timeout: Option<Duration>,
    /// How often a transaction is tried again when locks were not to be had [default: 30]
    #[arg(long, value_name = "N")]
    lock_retries: Option<u32>,
    /// Shortest and longest pause between two tries [default: 1s..30s]
    #[arg(long, value_name = "TIME..TIME")]
    lock_backoff: Option<DurationRange>,
    /// How long a statement may run [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    statement_timeout: Option<Duration>,
    /// Become this role first
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Leave no record in schema reconcile
    #[arg(long)]
    no_journal: bool,
}

impl RunFlags {
    fn settings(self, config: &Config, allow: &[String]) -> Result<Settings> {
        let backoff = config.value("lock-backoff", self.lock_backoff)?.value;
        Ok(Settings {
            lock_timeout: config.value("lock-timeout", self.lock_timeout)?.value,
            lock_retries: config.value("lock-retries", self.lock_retries)?.value,
            lock_backoff: (backoff.from, backoff.to),
            statement_timeout: config.optional("statement-timeout", self.statement_timeout)?.map(|found| found.value),
            role: config.optional("role", self.role)?.map(|found| found.value),
            journal: !config.value("no-journal", flag(self.no_journal))?.value,
            allow: allow.to_vec(),
            ..Settings::default()
        })
    }
}

/// What an apply needs to know besides the plan.
struct Job {
    database: Database,
    /// The desired side; `None` when a saved plan is applied where its files are not.
    desired: Option<Source>,
    options: Options,
}

impl Args {
    /// Plans or reads the plan, prints, asks and runs.
    pub async fn run(self, config: &Config) -> Result<u8> {
        let saved = self.plan.as_deref().map(read).transpose()?;
        let options = match &saved {
            Some((_, scope)) => self.scope.of_saved(scope, config)?,
            None => self.scope.options(config)?,
        };
        let scope = flags::saved(&options);
        let settings = self.run.settings(config, &options.allow)?;
        let format = config.value("format", self.format)?.value;
        let yes = config.value("yes", flag(self.yes))?.value;
        let dry_run = config.value("dry-run", flag(self.dry_run))?.value;
        let (desired, label) = match &saved {
            Some((plan, _)) => desired_of(plan, self.to, config).await?,
            None => Source::desired(self.to, config).await.map(|(source, label)| (Some(source), label))?,
        };
        let job = Job { database: target(&self.target, config).await?, desired, options };
        let plan = match saved {
            Some((plan, _)) => plan,
            None => job.plan(&job.database.connection.client, &label).await?,
        };
        print(&format.render(&plan, &scope, settings.lock_timeout, self.verbose)?)?;
        refuse(&plan, &settings.allow)?;
        if dry_run {
            tell("dry run: nothing was run");
            return Ok(0);
        }
        if !plan.is_empty() {
            approve(yes)?;
            job.run(&plan, &settings).await?;
        }
        if plan.undecided() > 0 {
            tell("whether definitions differ was left undecided: see the notes of the plan");
        }
        Ok(0)
    }
}

impl Job {
    async fn plan(&self, client: &tokio_postgres::Client, label: &str) -> Result<Plan> {
        let desired = self.desired.as_ref().map_or(Side::Empty, Source::side);
        let (current, desired) = pipeline::catalogs(&Side::Database(client), &desired, &self.options).await?;
        pipeline::plan(current, desired, &self.options, (&self.database.label, label))
    }

    async fn run(&self, plan: &Plan, settings: &Settings) -> Result<()> {
        let other = self.database.another().await?;
        let monitor = &other.client;
        let sessions = Sessions { main: &self.database.connection.client, monitor };
        let guard = async || {
            if self.desired.is_none() {
                return self.same_state(monitor, plan).await;
            }
            let fresh = self.plan(monitor, &plan.to).await?;
            let same = fresh.current_fingerprint == plan.current_fingerprint
                && fresh.desired_fingerprint == plan.desired_fingerprint;
            if same { Ok(()) } else { Err(stale(plan, &fresh)) }
        };
        let verify = async || match self.desired {
            Some(_) => self.plan(monitor, &plan.to).await.map(Some),
            None => Ok(None),
        };
        let done = apply::apply(plan, sessions, settings, &|event| tell(&event.to_string()), guard, verify).await?;
        let proof = match self.desired {
            Some(_) => "0 differences remain",
            None => "the files of the plan are not here, so the result was not compared with them",
        };
        tell(&format!("applied: {} in {}; {proof}", done.steps(), done.batches()));
        Ok(())
    }

    /// Whether the database is in the state that a saved plan was made for, when there are no files to plan with.
    async fn same_state(&self, client: &tokio_postgres::Client, plan: &Plan) -> Result<()> {
        let (current, _) = pipeline::catalogs(&Side::Database(client), &Side::Empty, &self.options).await?;
        if pipeline::fingerprint(&current) == plan.current_fingerprint {
            return Ok(());
        }
        Err(Error::new("the database has changed since the plan was made")
            .kind(Kind::Stale)
            .hint("plan again; to see what has changed, name the desired state with --to"))
    }
}

fn read(path: &Path) -> Result<(Plan, json::Scope)> {
    let label = path.display().to_string();
    let text =
        std::fs::read_to_string(path).map_err(|error| Error::new(format!("{label} cannot be read")).cause(error))?;
    json::read(&text, &label)
}

/// The desired side of a saved plan: `--to`, else what the plan names, as long as it is a file that is here.
async fn desired_of(plan: &Plan, to: Option<String>, config: &Config) -> Result<(Option<Source>, String)> {
    if let Some(to) = to {
        return Source::desired(Some(to), config).await.map(|(source, label)| (Some(source), label));
    }
    let here = plan.to == "empty" || Path::new(&plan.to).exists();
    let source = if here { Some(Source::open(&plan.to, config).await?) } else { None };
    Ok((source, plan.to.clone()))
}

/// `--yes`, or a `yes` typed on a terminal.
fn approve(yes: bool) -> Result<()> {
    if yes {
        return Ok(());
    }
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Error::new("nobody can be asked: this is no terminal; nothing was changed")
            .kind(Kind::Usage)
            .hint("apply without asking: reconcile apply --yes"));
    }
    let failed = |error| Error::new("the answer cannot be read; nothing was changed").cause(error);
    let mut err = io::stderr().lock();
    write!(err, "type yes to apply: ").and_then(|()| err.flush()).map_err(failed)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(failed)?;
    if answer.trim() == "yes" {
        return Ok(());
    }
    Err(Error::new("not approved; nothing was changed").kind(Kind::Refused))
}
