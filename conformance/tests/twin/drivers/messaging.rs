use cloud_conformance::wire::messaging::*;

#[path = "../../../guests/rust/messaging/src/step.rs"]
mod step;
driver::drive!(State);

pub(super) fn fresh() -> super::Step {
    super::fresh(drive)
}
