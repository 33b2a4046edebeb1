//! Two hosts as one: messages from the one, key-value from the other. The same bytes must do the same on each such pair.

use super::{Prepared, Subject, controls, names};
use crate::host::stage::{Backend, Connect, Honest};
use std::sync::Arc;
use wasi_cloud_core::{Error, Services};

impl Prepared {
    /// Whether the host serves the capability itself. What it does not is served from memory.
    #[must_use]
    pub fn serves(&self, capability: &str) -> bool {
        self.own.contains(&capability)
    }

    /// A host with the messages of this one and the key-value store of the other. Both must outlive it: it owns no server
    /// and no files.
    #[must_use]
    pub fn with_keyvalue_of(&self, other: &Self) -> Self {
        let (one, two) = (self.subject.clone(), other.subject.clone());
        let backend = Arc::new(move || joined(&one, &two));
        let mut capabilities = self.capabilities.clone();
        capabilities.extend(
            other
                .capabilities
                .iter()
                .filter(|(word, _)| *word == "keyvalue")
                .map(|(word, declared)| (word.clone(), declared.clone())),
        );
        let name = format!("{}+{}", self.subject.name, other.subject.name);
        Self {
            capabilities,
            controls: controls(false),
            notes: vec![format!("messaging from {}, keyvalue from {}", self.subject.name, other.subject.name)],
            version: self.version.clone(),
            declared_as: name.clone(),
            spelled: names::quoted(&name),
            secrets: self.secrets.iter().chain(&other.secrets).cloned().collect(),
            own: vec!["keyvalue", "messaging"],
            subject: Subject { name, backend, rest: self.subject.rest.clone(), tamper: Arc::new(Honest) },
            private: None,
        }
    }
}

/// Of a mutant only what it does to its backend counts. The clock is that of the store: nothing in a message expires.
fn joined(messaging: &Subject, keyvalue: &Subject) -> Result<Backend, Error> {
    let (messages, store) = ((messaging.backend)()?, (keyvalue.backend)()?);
    let tampers = (messaging.tamper.clone(), keyvalue.tamper.clone());
    let (send, put) = (messages.connect, store.connect);
    let connect: Connect = Arc::new(move || {
        let (messages, store, (of_messages, of_store)) = (send(), put(), tampers.clone());
        Box::pin(async move {
            let (messages, store) = futures::try_join!(messages, store)?;
            let messaging = messages.messaging.map(|honest| of_messages.messaging(honest));
            let keyvalue = store.keyvalue.map(|honest| of_store.linked(of_store.keyvalue(honest)));
            Ok(Services { keyvalue, messaging, config: None })
        })
    });
    Ok(Backend { connect, clock: store.clock, foreign: None })
}
