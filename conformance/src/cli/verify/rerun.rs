//! `--rerun`: a sample of what a certificate says, run again on a host that is here.

use crate::{
    catalogue::{Case, deployment::deployment},
    certificate::{issue::verdicts, statement::Certificate},
    clauses::Law,
    cli::{
        process::{self, Timeouts},
        target,
        tell::Teller,
    },
    event::Event,
    levels::Verdicts,
    outcome::Verdict,
    pattern::Patterns,
    plan::{self, Selection},
    runner::{self, Options, Panics, Rules},
    subject::{Target, altitudes, is_foreign},
};
use anyhow::{Context, anyhow, bail, ensure};
use clap::Args;
use rand::seq::IteratorRandom;
use std::collections::BTreeSet;

/// Fewer say nothing.
const FEWEST: usize = 10;

#[derive(Debug, Args)]
pub(super) struct Rerun {
    /// Run a random sample of the cases again on this host, with the seed of the certificate's first run, and compare.
    #[arg(long, value_name = "HOST")]
    rerun: Option<String>,
    /// Where its backend is, instead of a private server.
    #[arg(long, value_name = "URL", requires = "rerun")]
    url: Option<String>,
    /// How many of 100 cases to run again, and not less than ten.
    #[arg(long, value_name = "PERCENT", default_value = "5", value_parser = clap::value_parser!(u8).range(1..=100))]
    sample: u8,
}

impl Rerun {
    /// Nothing, if nobody asked for it.
    ///
    /// # Errors
    /// A host that is another one or cannot be run, and verdicts that are not those of the certificate.
    pub fn compare(
        &self,
        certificate: &Certificate,
        (cases, law): (&[Case], &Law),
        timeouts: Timeouts,
    ) -> anyhow::Result<()> {
        let Some(host) = self.rerun.clone() else { return Ok(()) };
        let said = verdicts(certificate.runs.first().context("it has no run")?);
        let sample = self.sample(&said, cases)?;
        let jobs = process::default_jobs();
        let (control, workers) = (process::control()?, process::workers(jobs)?);
        let seen = control.block_on(async {
            let (url, ids, name) = (self.url.clone(), plan::ids(cases), host.clone());
            let target = workers.spawn(async move { Target::prepare(name, url, &ids).await }).await??;
            let declaration = target.declaration(&plan::ids(cases))?;
            ensure!(declaration.text() == certificate.declaration, "`{host}` declares something else");
            let everywhere = altitudes(is_foreign(&host))?;
            let plans = target::plans(&target, &everywhere, (cases, law), &sample, timeouts.deadlines())?;
            let versions = plans.iter().map(|plan| &plan.host.describe().version);
            let versions: BTreeSet<_> = versions.chain(certificate.hosts.iter().map(|host| &host.version)).collect();
            ensure!(versions.len() == 1, "the host that is here is of another version: {versions:?}");
            let options = Options {
                run: process::unique(),
                seed: certificate.runs.first().map_or(0, |run| run.seed),
                jobs,
                deadlines: timeouts.deadlines(),
                deployment,
                command: target::command(&target.command(), timeouts),
                stop: process::stop(),
                cases: workers.handle().clone(),
                rules: Rules::default(),
                panics: Panics::of_this_process(),
            };
            let mut teller = Teller::new(Vec::new(), target.secrets(), false, false);
            let mut seen = Verdicts::new();
            runner::run(&plans, &options, |event| {
                if let Event::Ended(record) = &event {
                    seen.insert((record.altitude.clone(), record.id.clone()), record.verdict);
                }
                teller.tell(event);
            })
            .await;
            target.stop().await;
            Ok(seen)
        });
        workers.shutdown_background();
        agree(&said, &seen?)
    }

    /// Cases that ran, picked at random: whoever issued the certificate cannot know which.
    fn sample(&self, said: &Verdicts, cases: &[Case]) -> anyhow::Result<Selection> {
        let known: BTreeSet<String> = cases.iter().map(Case::id).collect();
        let ran = said.iter().filter(|((_, id), verdict)| **verdict != Verdict::Skip && known.contains(id));
        let ran: BTreeSet<String> = ran.map(|((_, id), _)| id.clone()).collect();
        let count = (ran.len() * usize::from(self.sample)).div_ceil(100).max(FEWEST);
        let picked = ran.into_iter().choose_multiple(&mut rand::rng(), count);
        let run = Patterns::read(&picked, known.iter().map(String::as_str)).map_err(|why| anyhow!(why))?;
        Ok(Selection { run, ..Selection::default() })
    }
}

/// Whether what was seen is what was said.
fn agree(said: &Verdicts, seen: &Verdicts) -> anyhow::Result<()> {
    ensure!(!seen.is_empty(), "no case ran again");
    for ((altitude, id), verdict) in seen.iter().filter(|(seat, _)| !seat.1.starts_with("negotiation/")) {
        let was = said.get(&(altitude.clone(), id.clone())).map_or("not there", |verdict| verdict.word());
        if was != verdict.word() {
            bail!("{id} ({altitude}) was to be `{was}`, and is `{}` when it runs again", verdict.word());
        }
    }
    anstream::eprintln!("{} verdicts are the same when they run again", seen.len());
    Ok(())
}
