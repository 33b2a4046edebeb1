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
    event::{Event, Summary},
    levels::Verdicts,
    outcome::Verdict,
    pattern::Patterns,
    plan::{self, Declaration, Plan, Selection},
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
    /// Or a host that is another one, or verdicts that are not those of the certificate.
    ///
    /// # Errors
    /// A host that is not here or cannot be made ready: that says nothing of the certificate.
    pub fn compare(
        &self,
        certificate: &Certificate,
        (cases, law): (&[Case], &Law),
        timeouts: Timeouts,
    ) -> anyhow::Result<anyhow::Result<()>> {
        let Some(host) = self.rerun.clone() else { return Ok(Ok(())) };
        let said = verdicts(certificate.runs.first().context("it has no run")?);
        let sample = self.sample(&said, cases)?;
        let jobs = process::default_jobs();
        let (control, workers) = (process::control()?, process::workers(jobs)?);
        let seen = control.block_on(async {
            let (url, ids, name) = (self.url.clone(), plan::ids(cases), host.clone());
            let target = workers.spawn(async move { Target::prepare(name, url, &ids).await }).await??;
            let declaration = target.declaration(&plan::ids(cases))?;
            // Whoever starts guests without it would see them all fail.
            target.files()?;
            let everywhere = altitudes(is_foreign(&host))?;
            let plans = target::plans(&target, &everywhere, (cases, law), &sample, timeouts.deadlines())?;
            if let Err(why) = is_it(&host, &declaration, &plans, certificate) {
                target.stop().await;
                return Ok(Err(why));
            }
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
            let summary = runner::run(&plans, &options, |event| {
                if let Event::Ended(record) = &event
                    && !record.check
                {
                    seen.insert((record.altitude.clone(), record.id.clone()), record.verdict);
                }
                teller.tell(event);
            })
            .await;
            target.stop().await;
            anyhow::Ok(Ok((seen, summary)))
        });
        workers.shutdown_background();
        let (seen, summary) = match seen? {
            Ok(seen) => seen,
            Err(another) => return Ok(Err(another)),
        };
        // What the certificate says was skipped for a reason in the plan, which nothing that runs confirms.
        let ran = said.into_iter().filter(|((_, id), verdict)| *verdict != Verdict::Skip && sample.run.matches(id));
        Ok(agree(&ran.collect(), &seen, &summary).map(|same| {
            anstream::eprintln!("{same} verdicts are the same when they run again");
        }))
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

/// Whether the host that is here can be the one of the certificate.
fn is_it(name: &str, declaration: &Declaration, plans: &[Plan], certificate: &Certificate) -> anyhow::Result<()> {
    ensure!(declaration.text() == certificate.declaration, "`{name}` declares something else");
    let versions = plans.iter().map(|plan| &plan.host.describe().version);
    let versions: BTreeSet<_> = versions.chain(certificate.hosts.iter().map(|host| &host.version)).collect();
    ensure!(versions.len() == 1, "the host that is here is of another version: {versions:?}");
    Ok(())
}

/// How many verdicts of cases are those that were said: all of them, by a run that was whole.
fn agree(said: &Verdicts, seen: &Verdicts, summary: &Summary) -> anyhow::Result<usize> {
    let is = |seat: &(String, String)| seen.get(seat).map(|verdict| verdict.word());
    let other = said.iter().find(|(seat, was)| is(seat).is_some_and(|is| is != was.word()));
    if let Some((seat @ (altitude, id), was)) = other {
        let is = is(seat).unwrap_or_default();
        bail!("{id} ({altitude}) was to be `{}`, and is `{is}` when it runs again", was.word());
    }
    ensure!(summary.problems.is_empty(), "it could not be run again: {}", summary.problems.join("; "));
    if let Some((altitude, id)) = said.keys().find(|seat| is(seat).is_none()) {
        bail!("{id} ({altitude}) did not run again");
    }
    ensure!(!said.is_empty(), "no case ran again");
    Ok(said.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(all: &[(&str, Verdict)]) -> Verdicts {
        all.iter().map(|(id, verdict)| (("direct".to_owned(), (*id).to_owned()), *verdict)).collect()
    }

    #[test]
    fn an_interrupted_rerun_confirms_nothing() {
        use Verdict::{Fail, Pass};
        let said = verdicts(&[("a", Pass), ("b", Pass)]);
        let of = |seen: &[(&str, Verdict)], problem: Option<&str>| {
            let problems = problem.into_iter().map(str::to_owned).collect();
            agree(&said, &verdicts(seen), &Summary { problems, ..Summary::default() }).map_err(|why| why.to_string())
        };
        assert_eq!(of(&[("a", Pass), ("b", Pass)], None), Ok(2));
        assert_eq!(of(&[("a", Pass)], None), Err("b (direct) did not run again".to_owned()));
        let interrupted = Some("the run was interrupted");
        for seen in [&[("a", Pass)][..], &[("a", Pass), ("b", Pass)]] {
            assert_eq!(of(seen, interrupted), Err("it could not be run again: the run was interrupted".to_owned()));
        }
        // What is another one is so whatever else happened.
        assert!(
            of(&[("b", Fail)], interrupted)
                .is_err_and(|why| why.contains("b (direct) was to be `pass`, and is `fail`"))
        );
        assert!(agree(&Verdicts::new(), &Verdicts::new(), &Summary::default()).is_err());
    }
}
