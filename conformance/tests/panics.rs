//! A task of the host that panics where nobody looks reaches the exit code. In a program of its own: what notes panics
//! notes those of the whole process.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use async_trait::async_trait;
use cloud_conformance::{
    catalogue::deployment::deployment,
    host::{Altitude, Deployment, Environment, Host, HostDescription},
    runner::{Options, Panics, Rules, run},
    session::Broken,
};
use std::sync::Arc;
use support::{deadlines, planned, ready, workers};
use tokio::sync::watch;

/// An honest host beside whose work something falls over.
struct Beside(Arc<dyn Host>);

#[async_trait]
impl Host for Beside {
    fn describe(&self) -> &HostDescription {
        self.0.describe()
    }

    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        // Waited for, so that it is over when the run is; what came of it is thrown away.
        let _ = tokio::spawn(async { panic!("the password is hunter2") }).await;
        self.0.deploy(deployment).await
    }
}

#[test]
fn a_panic_where_nobody_looks_spoils_the_run_and_is_not_repeated() {
    let workers = workers();
    let prepared = ready(&workers, "memory", None).expect("a host");
    let mut plan = planned(&workers, &prepared, Altitude::Direct, &["config/store/get-missing-key"]).expect("a plan");
    let (_going_on, stop) = watch::channel(false);
    let options = Options {
        run: "panics".into(),
        seed: 1,
        jobs: 1,
        deadlines: deadlines(),
        deployment,
        command: "cloud-conformance run".into(),
        stop,
        cases: workers.handle().clone(),
        rules: Rules::default(),
        panics: Panics::of_this_process(),
    };
    let control = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let honest = control.block_on(run(&[plan.clone()], &options, |_| ()));
    assert_eq!((honest.exit, honest.problems), (0, Vec::new()));
    plan.host = Arc::new(Beside(plan.host));
    let summary = control.block_on(run(&[plan], &options, |_| ()));
    assert_eq!((summary.exit, summary.problems.len()), (3, 1), "{:?}", summary.problems);
    let problem = &summary.problems[0];
    assert!(problem.contains("panics.rs") && !problem.contains("hunter2"), "{problem}");
}
