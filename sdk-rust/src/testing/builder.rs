use super::{
    Cloud,
    world::{Plan, World},
};
use crate::{Error, Kind, Result};
use std::time::Duration;
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

    /// Links these `capability:label`s and nothing else, each to data of its own. Without this every label that code
    /// names is linked when it is first named.
    ///
    /// ```
    /// # use wasi_cloud_sdk::{Kind, Result, keyvalue::Bucket, testing::Cloud};
    /// # fn main() -> Result<()> {
    /// let _cloud = Cloud::builder().links(["keyvalue:default"]).start()?;
    /// Bucket::open("default")?;
    /// assert_eq!(Bucket::open("defualt").map(drop).map_err(|e| e.kind), Err(Kind::NotFound));
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn links<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        let names: Vec<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
        names.iter().for_each(|name| self.check(name));
        self.plan.linked = Some(names.into_iter().collect());
        self
    }

    /// Links one `capability:label` to nothing. `wasi:config` names no label: its link is `config:default`.
    #[must_use]
    pub fn unlink(mut self, name: &str) -> Self {
        self.check(name);
        self.plan.unlinked.insert(name.to_owned());
        self
    }

    /// How long a call lasts at most, in real time; 30 seconds unless this says otherwise. A call that gets no answer
    /// until then is `Timeout`, where its package can say so.
    #[must_use]
    pub const fn call_timeout(mut self, limit: Duration) -> Self {
        self.plan.call_timeout = limit;
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

    fn check(&mut self, name: &str) {
        if let Err(error) = parse(name) {
            self.flaw = Some(error.message);
        }
    }
}

/// The capability and the label of a name. One that is never asked for would make a test pass that tests nothing.
///
/// # Errors
/// `Invalid` if it names no capability, or no label.
pub(super) fn parse(name: &str) -> Result<(&str, &str)> {
    let known = |capability: &str| wasi_cloud_core::CAPABILITIES.contains(&capability);
    let parts = name.split_once(':').filter(|(capability, label)| known(capability) && !label.is_empty());
    parts.ok_or_else(|| {
        let capabilities = wasi_cloud_core::CAPABILITIES.join(", ");
        Error::new(Kind::Invalid, format!("`{name}`: write `capability:label` with one of: {capabilities}"))
    })
}
