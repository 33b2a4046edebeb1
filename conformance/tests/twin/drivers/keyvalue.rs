use cloud_conformance::wire::keyvalue::*;

#[path = "../../../guests/rust/keyvalue/src/step.rs"]
mod step;
driver::drive!(State);

pub(super) fn fresh() -> super::Step {
    super::fresh(drive)
}
