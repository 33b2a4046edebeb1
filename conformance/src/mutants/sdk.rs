//! SDKs with one defect each. The defects are patches of the SDK's text (`mutants/sdk.toml`); the corpus holds a driver
//! built on each.

use super::{Mutant, Seam};
use crate::{
    host::{Driver, stage::Tamper},
    toolchain,
};
use std::sync::Arc;

struct OtherGuest {
    driver: String,
    guest: String,
}

impl Tamper for OtherGuest {
    fn guest(&self, driver: Driver) -> Option<String> {
        (driver.name() == self.driver).then(|| self.guest.clone())
    }
}

/// The mutants that are declared.
///
/// # Errors
/// If the declarations are not valid.
pub(super) fn mutants() -> anyhow::Result<Vec<Mutant>> {
    let declared = toolchain::mutants()?;
    Ok(declared
        .into_iter()
        .map(|mutant| Mutant {
            name: format!("sdk-{}", mutant.name),
            seam: Seam::Sdk,
            bug: mutant.bug,
            clauses: mutant.clauses,
            crude: false,
            tamper: Arc::new(OtherGuest { driver: mutant.driver, guest: mutant.name }),
        })
        .collect())
}
