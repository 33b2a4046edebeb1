use super::{Cloud, builder::parse};
use crate::{Kind, Result};
use std::time::Duration;
use wasi_cloud_core::{
    self as core,
    layer::{FaultRule, Moment},
};

/// A fault to come, for [`Cloud::inject`]. It strikes once: the next call that it fits.
///
/// A name is `capability:label`; the label `*` fits all of them.
#[derive(Debug, Clone)]
#[must_use = "it strikes after `Cloud::inject`"]
pub struct Fault {
    name: String,
    op: String,
    skip: u32,
    kind: Kind,
    moment: Moment,
}

impl Fault {
    /// The service never hears of the call: nothing happens, and the call fails.
    pub fn before(name: impl Into<String>) -> Self {
        Self::new(name, Moment::Before)
    }

    /// The service does the work and its reply is lost: the call fails, and a write is [`Applied::Maybe`].
    ///
    /// [`Applied::Maybe`]: crate::Applied::Maybe
    pub fn after(name: impl Into<String>) -> Self {
        Self::new(name, Moment::After)
    }

    /// The call is late by this much real time, and does not fail.
    pub fn delay(name: impl Into<String>, by: Duration) -> Self {
        Self::new(name, Moment::Delay(by))
    }

    /// The call gets no answer, and ends with the call timeout: see [`Builder::call_timeout`].
    ///
    /// [`Builder::call_timeout`]: super::Builder::call_timeout
    pub fn hang(name: impl Into<String>) -> Self {
        Self::new(name, Moment::Hang)
    }

    fn new(name: impl Into<String>, moment: Moment) -> Self {
        Self { name: name.into(), op: "*".to_owned(), skip: 0, kind: Kind::Unavailable, moment }
    }

    /// Fits this operation only, by its name in WIT: `set`, `list-keys`, `send`.
    pub fn op(mut self, name: impl Into<String>) -> Self {
        self.op = name.into();
        self
    }

    /// Lets so many calls that it fits pass first.
    pub const fn skip(mut self, calls: u32) -> Self {
        self.skip = calls;
        self
    }

    /// The failure is of this kind instead of `Unavailable`; code sees of it what the package of the call can say.
    pub const fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }
}

impl Cloud {
    /// Lets a call to come fail, be late or hang, so that a test sees what the code does then.
    ///
    /// ```
    /// # use wasi_cloud_sdk::{Applied, Result, keyvalue::Bucket, testing::{Cloud, Fault}};
    /// # fn main() -> Result<()> {
    /// let cloud = Cloud::new();
    /// let bucket = Bucket::open("default")?;
    ///
    /// cloud.inject(Fault::after("keyvalue:default").op("increment"))?;
    /// let failed = bucket.increment("visits", 1).map_err(|error| error.applied);
    /// assert_eq!(failed, Err(Applied::Maybe));
    ///
    /// // This time it was: to increment again would count twice.
    /// assert_eq!(bucket.increment("visits", 0)?, 1);
    /// assert_eq!(cloud.heal(), 0);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Invalid` if the fault's name cannot be read.
    pub fn inject(&self, fault: Fault) -> Result<()> {
        let (capability, _) = parse(&fault.name)?;
        let rule = FaultRule { capability: capability.to_owned(), op: fault.op, nth: fault.skip, moment: fault.moment };
        self.world.faults(&fault.name).push_as(rule, portable(fault.kind));
        Ok(())
    }

    /// Takes back all faults that have not struck yet, and returns how many those were: at the end of a test `0` says
    /// that each met the call that it was meant for.
    #[must_use = "a fault that never struck tests nothing"]
    pub fn heal(&self) -> usize {
        self.world.heal()
    }
}

fn portable(kind: Kind) -> core::Kind {
    match kind {
        Kind::NotFound => core::Kind::NotFound,
        Kind::AccessDenied => core::Kind::AccessDenied,
        Kind::Invalid => core::Kind::Invalid,
        Kind::Conflict => core::Kind::Conflict,
        Kind::Unsupported => core::Kind::Unsupported,
        Kind::Quota => core::Kind::Quota,
        Kind::Timeout => core::Kind::Timeout,
        Kind::Unavailable => core::Kind::Unavailable,
        Kind::Other => core::Kind::Other,
    }
}
