//! The Rust SDK's twin: a guest is a thread of this process that entered the cloud.

use crate::{
    cloud::{self, Control, Start},
    defect::Defect,
    drivers::{Step, driver},
    host::{Ask, Guests},
};
use async_trait::async_trait;
use cloud_conformance::{host::Driver, session::Broken};
use std::{sync::Arc, thread};
use tokio::sync::mpsc;
use wasi_cloud_sdk::testing::Cloud;

struct Threads {
    cloud: Arc<Cloud>,
    defect: Option<Defect>,
}

/// A cloud of which guests have the defect.
pub fn begin(start: Start, defect: Option<Defect>) -> Result<Box<dyn Guests>, Broken> {
    let cloud = Arc::new(cloud::start(start).map_err(setup)?);
    Ok(Box::new(Threads { cloud, defect }))
}

fn setup(error: wasi_cloud_sdk::Error) -> Broken {
    Broken::Setup(error.to_string())
}

#[async_trait]
impl Guests for Threads {
    async fn guest(&self, driver: Driver, asked: mpsc::UnboundedReceiver<Ask>) -> Result<(), Broken> {
        let (cloud, defect) = (self.cloud.clone(), self.defect);
        thread::spawn(move || live(&cloud, Defect::within(defect, driver, self::driver(driver)), asked));
        Ok(())
    }

    async fn control(&self, what: Control) -> Result<(), Broken> {
        cloud::apply(&self.cloud, what).map_err(setup)
    }

    async fn end(&self) -> Result<(), Broken> {
        Ok(())
    }
}

/// The life of a guest: whatever it calls is of this cloud.
fn live(cloud: &Cloud, mut step: Step, mut asked: mpsc::UnboundedReceiver<Ask>) {
    let _entered = cloud.enter();
    while let Some(Ask { line, seen }) = asked.blocking_recv() {
        // A case that gave up no longer listens.
        let _ = seen.send(step(&line));
    }
}
