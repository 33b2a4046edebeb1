//! The words of a declaration. Of what no case is about nothing can fail, so nothing is attained by declaring it.

use crate::host::Declared;
use std::collections::BTreeMap;
use wasi_cloud_core::{
    CAPABILITIES,
    describe::{
        Durability,
        limit::{MAX_KEY_SIZE, MAX_VALUE_SIZE},
    },
};

/// Those that cases go to the ends of.
const LIMITS: [&str; 2] = [MAX_KEY_SIZE, MAX_VALUE_SIZE];
/// Who says nothing of it promises nothing.
const DURABILITIES: [&str; 2] = [Durability::Process.name(), Durability::Durable.name()];

/// # Errors
/// The first word that the suite does not know, and those that it does.
pub(super) fn check(capabilities: &BTreeMap<String, Declared>) -> Result<(), String> {
    for (word, declared) in capabilities {
        if !CAPABILITIES.contains(&&**word) {
            return Err(format!("no case is about {word:?}: the capabilities are {}", CAPABILITIES.join(", ")));
        }
        if let Some(name) = declared.limits.keys().find(|name| !LIMITS.contains(&&***name)) {
            return Err(format!("`{word}`: no case is about the limit {name:?}: there are {}", LIMITS.join(", ")));
        }
        let durability = &*declared.durability;
        if !durability.is_empty() && !DURABILITIES.contains(&durability) {
            return Err(format!("`{word}`: durability is {}, and not {durability:?}", DURABILITIES.join(" or ")));
        }
    }
    Ok(())
}
