//! Every case on the memory backend without wasm, one by one: `cargo test -p cloud-conformance --test catalogue`.
//!
//! What fails here is wrong in a case, the core or the backend; guests, glue and SDKs are not involved. Each case has a
//! host of its own, and with it a clock of its own, so the harness may run them side by side.

use cloud_conformance::{
    bench::{Bench, Deadlines},
    catalogue::{Case, all, deployment::deployment},
    clauses::Law,
    host::{Altitude, Environment, Host},
    outcome::Verdict,
    plan::{Plan, Selection, plan},
    subject::prepare,
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::{process::ExitCode, sync::Arc};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let plan = match runtime().and_then(|runtime| runtime.block_on(whole())) {
        Ok(plan) => plan,
        Err(why) => {
            eprintln!("the catalogue cannot be planned: {why:#}");
            return ExitCode::FAILURE;
        }
    };
    let skipped = plan.inapplicable.into_iter().map(|case| ignored(case.id, case.reason));
    let planned = plan.entries.into_iter().map(|entry| match entry.skip {
        Some(why) => ignored(entry.id, why),
        None => Trial::ignorable_test(entry.id, move || trial(entry.case)),
    });
    libtest_mimic::run(&arguments, planned.chain(skipped).collect()).exit_code()
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn ignored(id: String, why: String) -> Trial {
    Trial::ignorable_test(id, move || Ok(Completion::ignored_with(why)))
}

async fn host() -> anyhow::Result<Arc<dyn Host>> {
    prepare("memory".into(), None).await?.at(Altitude::Direct, Deadlines::default())
}

async fn whole() -> anyhow::Result<Plan> {
    let selection = Selection::default();
    plan(host().await?, &all(), &Law::embedded()?, &selection, None, "1970-01-01").map_err(anyhow::Error::msg)
}

fn trial(case: Case) -> Result<Completion, Failed> {
    let outcome = runtime()?.block_on(async {
        let host = host().await?;
        let environment: Arc<dyn Environment> = host.deploy(&deployment("catalogue")).await?.into();
        let description = Arc::new(host.describe().clone());
        let mut bench = Bench::new(case, description, environment.clone(), Deadlines::default(), 1);
        let outcome = (case.run)(&mut bench).await;
        environment.clean().await?;
        anyhow::Ok(outcome)
    })?;
    match (Verdict::from(&outcome), outcome) {
        (Verdict::Pass, _) => Ok(Completion::Completed),
        (Verdict::Skip, Err(stop)) => Ok(Completion::ignored_with(stop.to_string())),
        (verdict, Err(stop)) => Err(format!("{}: {stop}", verdict.word()).into()),
        (verdict, Ok(())) => Err(verdict.word().into()),
    }
}
