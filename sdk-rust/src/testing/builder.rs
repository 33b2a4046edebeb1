use super::{
    Cloud,
    world::{Plan, World},
};
use crate::{Error, Kind, Result};
use wasi_cloud_core::Grants;

/// How to make a [`Cloud`] that is not as generous as [`Cloud::new`].
#[derive(Debug, Clone, Default)]
pub struct Builder {
    plan: Plan,
    flaw: Option<String>,
}

impl Builder {
    /// Configures a value.
    #[must_use]
    pub fn config(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.plan.config.0.insert(key.into(), value.into());
        self
    }

    /// Grants these and nothing else: rules such as `keyvalue:default` or `messaging:events:read`, as on a host.
    #[must_use]
    pub fn grants<S: AsRef<str>>(mut self, rules: impl IntoIterator<Item = S>) -> Self {
        match Grants::parse(rules) {
            Ok(grants) => self.plan.grants = grants,
            Err(error) => self.flaw = Some(error.message),
        }
        self
    }

    /// Refuses all access to one `capability:label`, whatever is granted.
    #[must_use]
    pub fn deny(mut self, name: &str) -> Self {
        self.check(name);
        self.plan.denied.insert(name.to_owned());
        self
    }

    /// Links one `capability:label` to nothing. `wasi:config` names no label: its link is `config:default`.
    #[must_use]
    pub fn unlink(mut self, name: &str) -> Self {
        self.check(name);
        self.plan.unlinked.insert(name.to_owned());
        self
    }

    /// Makes the cloud, and makes it the current one of this thread.
    ///
    /// # Errors
    /// `Invalid` if a rule or a name cannot be read.
    pub fn start(self) -> Result<Cloud> {
        match self.flaw {
            Some(flaw) => Err(Error::new(Kind::Invalid, flaw)),
            None => Ok(Cloud::of(World::new(self.plan))),
        }
    }

    /// A name that is never asked for would make a test pass that tests nothing.
    fn check(&mut self, name: &str) {
        let known = name.split_once(':').is_some_and(|(capability, label)| {
            wasi_cloud_core::CAPABILITIES.contains(&capability) && !label.is_empty()
        });
        if !known {
            let capabilities = wasi_cloud_core::CAPABILITIES.join(", ");
            self.flaw = Some(format!("`{name}`: write `capability:label` with one of: {capabilities}"));
        }
    }
}
