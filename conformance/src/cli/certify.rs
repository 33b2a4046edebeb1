//! `certify`.

use super::{
    process::{self, Timeouts},
    target,
    tell::Teller,
};
use crate::{
    catalogue::{Case, deployment::deployment},
    certificate::{
        DEPLOYED, Seeded, envelope,
        issue::{self, About},
        recount::{Demands, recount},
        seeded, sha256,
        statement::Resource,
    },
    clauses::Law,
    levels::Level,
    plan::{self, Declaration, Plan, Selection},
    report::{Detail, Report, pretty::Pretty, whole},
    runner::{self, Options, Panics, Rules},
    subject::{Target, altitudes, is_foreign},
};
use anstream::AutoStream;
use anyhow::{Context, bail};
use clap::Args;
use std::{fs, path::PathBuf, time::SystemTime};
use tokio::runtime::Handle;
use wasi_cloud_claims::{PrivateKey, files};

/// The host did not show enough.
const REFUSED: u8 = 1;

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Certify {
    /// What to certify, as `run --host` takes it.
    #[arg(long, value_name = "HOST")]
    host: String,
    /// Where the backend is, instead of a private server.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The private key to sign with: Ed25519, in PEM.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where there is no such key yet, make it first, and its public key beside it: `me.pub.pem` for `me.pem`.
    #[arg(long)]
    keygen: bool,
    /// What whoever asks for the certificate has given you: all that is random in the runs follows from it.
    #[arg(long, value_name = "TEXT")]
    nonce: Option<String>,
    /// Where to write the certificate.
    #[arg(long, short, value_name = "FILE", default_value = "certificate.json")]
    output: PathBuf,
    /// Cases at the same time [default: four per core, since they mostly wait].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    #[command(flatten)]
    timeouts: Timeouts,
}

const HELP: &str = "\
Runs the whole catalogue three times, each time with another seed, and signs how it ended.
Nothing is signed of a host that did not attain the level `core`, or of which a case failed. A
case that takes more than a minute is a failure: a host that is slow, or far away, wants a longer
`--case-timeout`.

Examples:
  cloud-conformance certify --host my-host.toml --key me.pem --keygen
  cloud-conformance certify --host redis --url redis://127.0.0.1:6379 --key me.pem \\
    -o redis.certificate.json
  cloud-conformance certify --host my-host.toml --key me.pem --nonce 7f3a...
  cloud-conformance certify --host my-slow-host.toml --key me.pem --case-timeout 300

Exit codes: 0 certified; 1 the host did not show enough; otherwise those of `run`.";

impl Certify {
    pub(super) fn execute(&self, cases: &[Case], law: &Law, color: anstream::ColorChoice) -> anyhow::Result<u8> {
        // What cannot be signed or written is known before the runs.
        let is_there = !self.keygen || self.key.exists();
        let key = is_there.then(|| files::private(&self.key).context("--key; `--keygen` makes one")).transpose()?;
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            bail!("--output: there is no folder `{}`", folder.display());
        }
        let jobs = self.jobs.map_or_else(process::default_jobs, usize::from);
        let (control, workers) = (process::control()?, process::workers(jobs)?);
        let code = control.block_on(async {
            let (host, url, ids) = (self.host.clone(), self.url.clone(), plan::ids(cases));
            let ready = workers.spawn(async move { Target::prepare(host, url, &ids).await });
            let target = ready.await??;
            let everywhere = altitudes(is_foreign(&self.host))?;
            let selection = Selection::default();
            let plans = target::plans(&target, &everywhere, (cases, law), &selection, self.timeouts.deadlines())?;
            // Made only once the host is known: a slip in its name is no reason to leave a key behind.
            let key = key.map_or_else(|| files::generate(&self.key), Ok)?;
            let runs = self.runs(&target, &plans, jobs, workers.handle(), color).await;
            let code = match runs {
                Ok(Ok(runs)) => self.sign(&target, &plans, &runs, (cases, law), &key),
                Ok(Err(code)) => Ok(code),
                Err(why) => Err(why),
            };
            target.stop().await;
            code
        });
        workers.shutdown_background();
        code
    }

    /// All of them, or the exit code of the first that ended otherwise than expected.
    async fn runs(
        &self,
        target: &Target,
        plans: &[Plan],
        jobs: usize,
        cases: &Handle,
        color: anstream::ColorChoice,
    ) -> anyhow::Result<Result<Vec<whole::Run>, u8>> {
        let mut runs = Vec::new();
        for Seeded { run, seed } in seeded(self.nonce.as_deref(), process::seed()) {
            let options = Options {
                run,
                seed,
                jobs,
                deadlines: self.timeouts.deadlines(),
                deployment,
                command: target::command(&target.command(), self.timeouts),
                stop: process::stop(),
                cases: cases.clone(),
                rules: Rules { whole: true, everywhere: true, ..Rules::default() },
                panics: Panics::of_this_process(),
            };
            let out = AutoStream::new(std::io::stdout(), color);
            let pretty: Box<dyn Report> = Box::new(Pretty::new(out, Detail { quiet: true, trace: false }));
            let mut teller = Teller::new(vec![pretty], target.secrets(), false, true);
            runner::run(plans, &options, |event| teller.tell(event)).await;
            let (events, told) = teller.finish();
            told.context("the report cannot be written")?;
            let mut run = whole::Run::default();
            events.into_iter().for_each(|event| run.take(event));
            if run.summary.exit != 0 {
                anstream::eprintln!("no certificate: what is said above comes first");
                return Ok(Err(run.summary.exit));
            }
            runs.push(run);
        }
        Ok(Ok(runs))
    }

    fn sign(
        &self,
        target: &Target,
        plans: &[Plan],
        runs: &[whole::Run],
        (cases, law): (&[Case], &Law),
        key: &PrivateKey,
    ) -> anyhow::Result<u8> {
        let declaration = &target.declaration(&plan::ids(cases))?;
        let about = About {
            subject: subject(target, declaration, plans)?,
            declaration,
            plans,
            nonce: self.nonce.clone(),
            command: target::command(&target.command(), self.timeouts),
        };
        let now = SystemTime::now();
        let statement = issue::statement(about, runs, (cases, law), now)?;
        let levels = &statement.predicate.certificate.levels;
        for (word, attained) in &levels.capabilities {
            let missing: String = attained.missing.iter().map(|why| format!("\n    {why}")).collect();
            anstream::println!("{word}: {}{missing}", attained.level);
        }
        if levels.overall == Level::None {
            anstream::eprintln!("no certificate: the host has to attain `core` in each capability that it declares");
            return Ok(REFUSED);
        }
        // What others would refuse is not handed out.
        recount(&statement, Demands { now, nonce: self.nonce.as_deref(), level: Level::Core }, (cases, law))
            .context("the suite is wrong: it cannot confirm its own certificate")?;
        let envelope = envelope::seal(&serde_json::to_vec(&statement)?, key);
        let written = fs::write(&self.output, serde_json::to_string_pretty(&envelope)? + "\n");
        let shown = self.output.display();
        written.with_context(|| format!("the certificate `{shown}` cannot be written"))?;
        let (id, public) = (key.public().id(), files::public_beside(&self.key));
        anstream::println!("certified at level {} in `{shown}`, signed by {id}", levels.overall);
        anstream::println!("check it: cloud-conformance verify {shown} --trust {}", public.display());
        Ok(0)
    }
}

/// The program that was tested and the files that it was told to run, by their digests.
fn subject(target: &Target, declaration: &Declaration, plans: &[Plan]) -> anyhow::Result<Vec<Resource>> {
    let host = plans.first().context("there are no guests in this build")?.host.describe();
    let resource = |(number, file): (usize, PathBuf)| {
        let bytes = fs::read(&file).with_context(|| format!("`{}` cannot be read", file.display()))?;
        let name = if number == 0 {
            format!("{} {}", host.name, host.version)
        } else {
            file.file_name().unwrap_or_default().to_string_lossy().into_owned()
        };
        Ok(Resource::new(name, sha256(&bytes)))
    };
    let files: Vec<Resource> = target.files()?.into_iter().enumerate().map(resource).collect::<anyhow::Result<_>>()?;
    if !files.is_empty() {
        return Ok(files);
    }
    let name = format!("{} {}{DEPLOYED}", host.name, host.version);
    Ok(vec![Resource::new(name, sha256(declaration.text().as_bytes()))])
}
