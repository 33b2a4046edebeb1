//! `run`.

mod formats;
mod places;
mod repeat;

use super::{
    process::{self, Timeouts},
    target,
    tell::Teller,
};
use crate::{
    bundle,
    catalogue::{Case, deployment::deployment},
    clauses::Law,
    event::Event,
    host::{Altitude, Host},
    pattern::Patterns,
    plan::{self, Plan, Selection},
    report::Detail,
    runner::{self, Options, Panics, Rules},
    subject::{Given, Sdk, Target, altitudes, is_foreign, quoted},
};
use anstream::AutoStream;
use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use formats::{Format, ToFile};
use indicatif::ProgressBar;
use places::Places;
use repeat::{Ran, Repeats, Verdicts};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::runtime::Handle;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Run {
    /// What to test: `memory`, `redis`, `nats`, `mqtt`, `postgres`, `etcd`, `kafka`, `rabbitmq`, `vault` or `zookeeper` (starts
    /// a private server), `sqlite` (in private files), a URL, `mutant:NAME`, `wasmtime`, or the TOML file of any host that is
    /// a program, is deployed, or has an adapter: see `docs/certify-your-host.md`.
    #[arg(long, value_name = "HOST", required_unless_present = "sdk")]
    host: Option<String>,
    /// Test an SDK, or a language's bindings, instead of a host: a driver that was built on it, which runs in our host on a
    /// memory store, and has to see and ask what is seen and asked without it; or a script that builds the drivers. May be
    /// repeated; see `docs/certify-your-sdk.md`.
    #[arg(long, value_name = "DRIVER.wasm|SCRIPT", num_args = 1.., conflicts_with_all = ["host", "url", "altitude", "lang"])]
    sdk: Vec<PathBuf>,
    /// Where the backend is, instead of a private server.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    places: Places,
    /// Only these cases: a glob over ids (`*` within a part, `**` across) or `@FILE` with one a line. May be repeated.
    #[arg(long, value_name = "GLOB|@FILE")]
    run: Vec<String>,
    /// Not these cases.
    #[arg(long, value_name = "GLOB|@FILE")]
    skip: Vec<String>,
    /// These cases fail, and that is known; one that passes makes the exit code 4.
    #[arg(long, value_name = "GLOB|@FILE")]
    known_failing: Vec<String>,
    /// These cases may fail and then pass: they run up to three times.
    #[arg(long, value_name = "GLOB|@FILE")]
    known_flaky: Vec<String>,
    /// Cases at the same time [default: four per core, since they mostly wait].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    /// Orders the cases and seeds each of them [default: random, printed].
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Run it all so many times, each time in another order (the seed goes up by one), and stop after the first run whose
    /// verdicts differ from those of the first: what depends on the order, or on chance, is a flake.
    #[arg(long, value_name = "TIMES", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    repeat: u32,
    /// What to print.
    #[arg(long, value_name = "FORMAT", default_value = "pretty")]
    format: Format,
    /// Write the run to a file as well, in any of the formats. May be repeated. With `--repeat` the file has one run: the first
    /// that did not end with 0, or else the last. So has a bundle.
    #[arg(long, value_name = "FORMAT=FILE")]
    report: Vec<ToFile>,
    /// What counts as a failure besides failures. May be repeated.
    #[arg(long, value_name = "VERDICT")]
    deny: Vec<Deny>,
    /// The run proves nothing unless a case was executed that has to do with this: a capability, an altitude, a level, a
    /// need as `list` shows it, or the host. May be repeated.
    #[arg(long, value_name = "WORD")]
    require: Vec<String>,
    /// Show all host calls and all that guests did, of every case.
    #[arg(long)]
    trace: bool,
    /// Show only what needs attention, and the sum.
    #[arg(long, short)]
    quiet: bool,
    /// Write everything about this run to a tar.xz, without secrets.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    timeouts: Timeouts,
}

/// Whose transcripts and host calls an SDK is held to.
const GOLDEN: &str = "memory";

const EXAMPLES: &str = "\
Examples:
  cloud-conformance run --host memory
  cloud-conformance run --host redis --altitude direct
  cloud-conformance run --host memory --lang rust,c,go
  cloud-conformance run --host redis --altitude embedded --lang c --require embedded-c
  cloud-conformance run --host sqlite:///var/lib/app/keyvalue.db
  cloud-conformance run --host redis --url redis://127.0.0.1:6379 --jobs 8
  cloud-conformance run --host memory --run 'keyvalue/**' --skip '**/ttl-*' --seed 7
  cloud-conformance run --host memory --known-failing @known.txt --deny skip --deny flaky
  cloud-conformance run --host memory --quiet --repeat 20
  cloud-conformance run --host redis --report junit=junit.xml --report markdown=redis.md
  cloud-conformance run --host my-host.toml --lang rust
  cloud-conformance run --host mutant:loses-increment --bundle report.tar.xz
  cloud-conformance run --sdk keyvalue.wasm config.wasm
  cloud-conformance run --sdk ./zig.sh";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Deny {
    Skip,
    Flaky,
}

impl Run {
    /// On the host that is named, or on those that are given.
    pub(super) fn execute(
        &self,
        cases: &[Case],
        law: &Law,
        color: anstream::ColorChoice,
        given: Vec<Arc<dyn Host>>,
    ) -> anyhow::Result<u8> {
        let selection = self.selection(cases)?;
        let host = self.host.clone().unwrap_or_else(|| GOLDEN.to_owned());
        let control = process::control()?;
        let sdk = control.block_on(self.drivers())?;
        let (altitudes, everywhere) = match sdk {
            Some(_) => (vec![Altitude::Direct], true),
            None if given.is_empty() => self.places.picked(&altitudes(is_foreign(&host))?)?,
            None => Given::altitudes(&given)?,
        };
        let jobs = self.jobs.map_or_else(process::default_jobs, usize::from);
        let workers = process::workers(jobs)?;
        let code = control.block_on(async {
            let (url, ids) = (self.url.clone(), plan::ids(cases));
            let prepare = async move {
                if given.is_empty() { Target::prepare(host, url, &ids).await } else { Ok(Target::Given(Given(given))) }
            };
            let ready = workers.spawn(prepare);
            let prepared = ready.await??;
            let deadlines = self.timeouts.deadlines();
            let mut plans = target::plans(&prepared, &altitudes, (cases, law), &selection, deadlines)?;
            if let Some(sdk) = &sdk {
                plans = target::beside(&prepared.with(sdk, deadlines)?, plans, (cases, law), &selection)?;
            }
            let rules = self.rules(&selection, &plans, everywhere);
            let options = self.options(&prepared, jobs, rules, workers.handle().clone());
            let code = self.runs(&prepared, &plans, options, color).await;
            prepared.stop().await;
            code
        });
        workers.shutdown_background();
        code
    }

    /// What is tested in the place of a host. A script may take its time, so who looks on sees what it is at.
    async fn drivers(&self) -> anyhow::Result<Option<Sdk>> {
        if self.sdk.is_empty() {
            return Ok(None);
        }
        let bar = if self.quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        bar.enable_steady_tick(Duration::from_millis(100));
        let loaded = Sdk::load(&self.sdk, |doing| bar.set_message(doing.to_owned())).await;
        bar.finish_and_clear();
        loaded.map(Some)
    }

    fn selection(&self, cases: &[Case]) -> anyhow::Result<Selection> {
        let ids = plan::ids(cases);
        let read = |flag: &str, given: &[String]| {
            let patterns = Patterns::read(given, ids.iter().map(String::as_str));
            patterns.map_err(|why| anyhow!("--{flag}: {why}"))
        };
        let run = read("run", &self.run)?;
        if run.is_empty() && !self.run.is_empty() {
            bail!("--run: there is no pattern in {}", self.run.join(", "));
        }
        Ok(Selection {
            run,
            skip: read("skip", &self.skip)?,
            failing: read("known-failing", &self.known_failing)?,
            flaky: read("known-flaky", &self.known_flaky)?,
        })
    }
}

impl Run {
    fn rules(&self, selection: &Selection, plans: &[Plan], everywhere: bool) -> Rules {
        Rules {
            deny_skip: self.deny.contains(&Deny::Skip),
            deny_flaky: self.deny.contains(&Deny::Flaky),
            require: self.require.clone(),
            whole: selection.is_whole(),
            everywhere,
            golden: (!self.sdk.is_empty()).then(|| Altitude::Direct.to_string()),
            checks_count: plans.iter().flat_map(|plan| &plan.checks).any(|check| selection.run.matches(&check.id)),
        }
    }

    fn options(&self, prepared: &Target, jobs: usize, rules: Rules, cases: Handle) -> Options {
        Options {
            run: process::unique(),
            seed: self.seed.unwrap_or_else(process::seed),
            jobs,
            deadlines: self.timeouts.deadlines(),
            deployment,
            command: self.command(prepared),
            stop: process::stop(),
            cases,
            panics: Panics::of_this_process(),
            rules,
        }
    }

    fn command(&self, prepared: &Target) -> String {
        if self.sdk.is_empty() {
            return target::command(&prepared.command(), self.timeouts);
        }
        let files = self.sdk.iter().map(|file| quoted(&file.to_string_lossy()));
        target::command(&format!("cloud-conformance run --sdk {}", files.collect::<Vec<_>>().join(" ")), self.timeouts)
    }

    /// Runs the plans as often as was asked for, unless a run differs from the first.
    async fn runs(
        &self,
        prepared: &Target,
        plans: &[Plan],
        mut options: Options,
        color: anstream::ColorChoice,
    ) -> anyhow::Result<u8> {
        let mut repeats = Repeats::default();
        for number in 1..=self.repeat {
            let ran = self.report(prepared, plans, &options, color, !repeats.is_bad()).await?;
            let said = repeats.add(ran);
            if self.repeat > 1 {
                let (of, seed) = (self.repeat, options.seed);
                anstream::eprintln!("run {number} of {of}, --seed {seed}: {said}");
            }
            if repeats.differ() || *options.stop.borrow() {
                break;
            }
            options = Options { run: process::unique(), seed: options.seed.wrapping_add(1), ..options };
        }
        Ok(repeats.exit())
    }

    /// One run, told as it goes, and written to files where these have none that is worth more.
    async fn report(
        &self,
        prepared: &Target,
        plans: &[Plan],
        options: &Options,
        color: anstream::ColorChoice,
        to_files: bool,
    ) -> anyhow::Result<Ran> {
        let out = AutoStream::new(std::io::stdout(), color);
        let detail = Detail { trace: self.trace, quiet: self.quiet };
        let files = self.report.iter().filter(|_| to_files).map(|file| file.open(detail));
        let files = files.collect::<anyhow::Result<Vec<_>>>()?;
        let bundle = self.bundle.as_ref().filter(|_| to_files);
        let reports = [self.format.report(out, detail)].into_iter().chain(files).collect();
        let mut teller = Teller::new(reports, prepared.secrets(), self.quiet, bundle.is_some());
        let mut verdicts = Verdicts::new();
        let summary = runner::run(plans, options, |event| {
            if let Event::Ended(record) = &event {
                verdicts.insert((record.id.clone(), record.altitude.clone()), record.verdict);
            }
            teller.tell(event);
        });
        let summary = summary.await;
        let (events, told) = teller.finish();
        if let Some(path) = bundle {
            bundle::write(path, &events, &options.command, prepared.declared().as_deref())
                .with_context(|| format!("the bundle `{}` cannot be written", path.display()))?;
        }
        told.context("the report cannot be written")?;
        Ok(Ran { exit: summary.exit, verdicts })
    }
}
