//! Hosts that tell failures wrongly, give up too late, or try again where they must not: layers around honest calls.

use crate::{
    host::stage::Tamper,
    mutants::{Row, rows},
};
use async_trait::async_trait;
use std::{fmt, sync::Arc};
use wasi_cloud_core::{
    Applied, Error, Kind, Layer, Result,
    call::{Access, Call},
    layer::Next,
};

rows! {
    LostWriteIsDefinite "lost-write-is-definite" ["KVX-61"] "A write whose answer was lost is said not to have happened.";
    RefusedIsMaybe "refused-is-maybe" ["KVX-13", "KVX-23", "KVX-62"] "Every failed write may have happened.";
    ReadsAreMaybe "reads-are-maybe" ["KVX-62"] "A read that failed may have changed something.";
    TimeoutIsUnavailable "timeout-is-unavailable" ["KVX-69"] "A backend that does not answer is unavailable.";
    UnavailableIsOther "unavailable-is-other" ["KVX-70"] "A backend that is away is `other`.";
    QuotaIsOther "quota-is-other" ["KVX-68", "KVX-73"] "Whatever is too large is `other`.";
    InvalidIsOther "invalid-is-other" ["KVX-24", "KVX-35", "KVX-42", "KVX-65"] "A call that makes no sense is `other`.";
    ConflictIsInvalid "conflict-is-invalid" ["KVX-17", "KVX-25", "KVX-66"] "A condition that does not hold is invalid.";
    NotFoundIsOther "not-found-is-other" ["KVX-63"] "A bucket that is gone is `other`.";
    OtherIsUnavailable "other-is-unavailable" ["KVX-71"] "Whatever is not known is unavailable.";
    UnsupportedIsInvalid "unsupported-is-invalid" ["KVX-67"] "What is not offered is invalid.";
    SaysNothing "says-nothing" ["KVX-60"] "An error says nothing.";
    FailedSwapIsLost "failed-swap-is-lost" ["KV-ATOM-13"] "A swap that could not be made was lost to another writer.";
    AllIsNotFound "all-is-not-found" ["KV-STORE-22", "KVX-71"] "Whatever fails, the bucket is gone.";
    GoneIsDenied "gone-is-denied" ["KV-STORE-22", "KVX-63"] "A bucket that is gone was never granted.";
    RetriesAll "retries-all" ["KV-ATOM-04"] "Whatever fails is sent again, increments too.";
    WaitsForEver "waits-for-ever" ["KVX-69"] "No call has a timeout.";
}

/// One defect in what is said of a failure.
trait Bend: Send + Sync {
    fn bend(&self, _: &Call<'_>, error: Error) -> Error {
        error
    }
    fn again(&self) -> bool {
        false
    }
    fn layers(&self, honest: Vec<Arc<dyn Layer>>) -> Vec<Arc<dyn Layer>> {
        honest
    }
}

struct Cut<B>(B);

impl<B: Bend + Clone + 'static> Tamper for Cut<B> {
    /// Inside the trace, which shows what guests are told.
    fn layers(&self, honest: Vec<Arc<dyn Layer>>) -> Vec<Arc<dyn Layer>> {
        let mut layers = self.0.layers(honest);
        layers.insert(1, Arc::new(Bent(self.0.clone())));
        layers
    }
}

struct Bent<B>(B);

impl<B> fmt::Debug for Bent<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bent")
    }
}

#[async_trait]
impl<B: Bend> Layer for Bent<B> {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> Result<()> {
        let done = match next.run(call).await {
            Err(error) if self.0.again() && error.is_transient() => next.run(call).await,
            done => done,
        };
        done.map_err(|error| self.0.bend(call, error))
    }
}

/// A defect that takes one kind for another.
macro_rules! mistakes {
    ($($defect:ident $from:ident $to:ident;)+) => {
        $(impl Bend for $defect {
            fn bend(&self, _: &Call<'_>, mut error: Error) -> Error {
                if error.kind == Kind::$from {
                    error.kind = Kind::$to;
                }
                error
            }
        })+
    };
}

mistakes! {
    TimeoutIsUnavailable Timeout Unavailable;
    UnavailableIsOther Unavailable Other;
    QuotaIsOther Quota Other;
    InvalidIsOther Invalid Other;
    ConflictIsInvalid Conflict Invalid;
    NotFoundIsOther NotFound Other;
    OtherIsUnavailable Other Unavailable;
    UnsupportedIsInvalid Unsupported Invalid;
    GoneIsDenied NotFound AccessDenied;
}

impl Bend for LostWriteIsDefinite {
    fn bend(&self, _: &Call<'_>, mut error: Error) -> Error {
        error.applied = Applied::No;
        error
    }
}

impl Bend for RefusedIsMaybe {
    fn bend(&self, call: &Call<'_>, error: Error) -> Error {
        if call.access == Access::Write { error.maybe_applied() } else { error }
    }
}

impl Bend for ReadsAreMaybe {
    fn bend(&self, call: &Call<'_>, error: Error) -> Error {
        if call.access == Access::Read { error.maybe_applied() } else { error }
    }
}

impl Bend for SaysNothing {
    fn bend(&self, _: &Call<'_>, mut error: Error) -> Error {
        error.message.clear();
        error
    }
}

impl Bend for AllIsNotFound {
    fn bend(&self, _: &Call<'_>, mut error: Error) -> Error {
        if error.kind != Kind::AccessDenied {
            error.kind = Kind::NotFound;
        }
        error
    }
}

impl Bend for FailedSwapIsLost {
    fn bend(&self, call: &Call<'_>, mut error: Error) -> Error {
        if call.op == "put" && matches!(error.kind, Kind::Unavailable | Kind::Quota) {
            error.kind = Kind::Conflict;
        }
        error
    }
}

impl Bend for RetriesAll {
    fn again(&self) -> bool {
        true
    }
}

impl Bend for WaitsForEver {
    /// The timeout stands behind the trace.
    fn layers(&self, mut honest: Vec<Arc<dyn Layer>>) -> Vec<Arc<dyn Layer>> {
        honest.remove(1);
        honest
    }
}
