use cloud_conformance::wire::config::*;

#[path = "../../../guests/rust/config/src/step.rs"]
mod step;
driver::drive!();

pub(super) fn fresh() -> super::Step {
    super::fresh(drive)
}
