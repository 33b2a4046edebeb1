use cloud_conformance::wire::keyvalue_ext::*;

#[path = "../../../guests/rust/keyvalue-ext/src/step.rs"]
mod step;
driver::drive!(State);

pub(super) fn fresh() -> super::Step {
    super::fresh(drive)
}
