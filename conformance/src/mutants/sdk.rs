//! SDKs with one defect each. The defects are patches of the SDK's text (`mutants/sdk*.toml`); the corpus holds a driver
//! built on each, which drives in the place of that language's.

use super::{Mutant, Seam};
use crate::{
    host::{Driver, stage::Tamper},
    language::Language,
    toolchain,
};
use std::sync::Arc;

struct OtherGuest {
    language: Language,
    driver: String,
    guest: String,
}

impl Tamper for OtherGuest {
    fn guest(&self, language: Language, driver: Driver) -> Option<String> {
        (language == self.language && driver.name() == self.driver).then(|| self.guest.clone())
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
            language: mutant.language,
            tamper: Arc::new(OtherGuest { language: mutant.language, driver: mutant.driver, guest: mutant.name }),
        })
        .collect())
}
