//! What sessions are called.

use crate::unique;
use sha1_smol::Sha1;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The client identifiers of a host.
pub(super) struct ClientIds {
    /// What those begin with that are the same after a restart.
    host: Option<String>,
    taken: Mutex<BTreeSet<String>>,
}

/// The client identifier of one session, nobody else's while it lives.
pub(super) struct ClientId {
    pub(super) name: String,
    /// Those that it is one of, if it is the same after a restart.
    of: Option<Arc<ClientIds>>,
}

impl ClientId {
    /// Whether the session is to be found again.
    pub(super) fn is_lasting(&self) -> bool {
        self.of.is_some()
    }
}

impl ClientIds {
    pub(super) fn new(host: Option<String>) -> Self {
        Self { host, taken: Mutex::default() }
    }

    fn taken(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One for these filters: the first that is free, so that a host with as many sessions finds all of them again.
    pub(super) fn of(self: &Arc<Self>, scope: &str, group: Option<&str>, filters: &[String]) -> ClientId {
        let Some(host) = &self.host else { return ClientId { name: unique(), of: None } };
        // Quoted, so that no two subscriptions are one text.
        let digest = Sha1::from(format!("{scope:?} {group:?} {filters:?}")).digest().to_string();
        let mut taken = self.taken();
        let mut number = 0_u32;
        loop {
            let name = format!("{host}-{}-{number}", &digest[..16]);
            if taken.insert(name.clone()) {
                return ClientId { name, of: Some(self.clone()) };
            }
            number += 1;
        }
    }
}

impl Drop for ClientId {
    fn drop(&mut self) {
        if let Some(of) = &self.of {
            of.taken().remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_finds_its_sessions_again() {
        let filters = ["s/t".to_owned()];
        let named = || Arc::new(ClientIds::new(Some("host".to_owned())));
        let ids = named();
        let (one, two) = (ids.of("s", None, &filters), ids.of("s", None, &filters));
        assert!(one.is_lasting() && one.name != two.name && one.name.starts_with("host-"));
        let again = named();
        let (first, second) = (again.of("s", None, &filters), again.of("s", None, &filters));
        assert_eq!((&first.name, &second.name), (&one.name, &two.name));
        let free = one.name.clone();
        drop(one);
        assert_eq!(ids.of("s", None, &filters).name, free);
        assert_ne!(ids.of("s", Some("g"), &filters).name, free);
    }

    #[test]
    fn without_a_name_no_two_are_the_same() {
        let ids = Arc::new(ClientIds::new(None));
        let (one, two) = (ids.of("s", None, &[]), ids.of("s", None, &[]));
        assert!(!one.is_lasting() && one.name != two.name && one.name.len() == 23);
    }
}
