//! What the drivers have in common: slots, and how failures are shown.
//!
//! A driver carries out operations only through the SDK, each by the one method that stands for the WIT function, and shows
//! what the SDK returned. It decides nothing, so that what the suite sees is the SDK and the host.

use std::collections::HashMap;

/// Why an operation has no result.
#[derive(Debug)]
pub enum Stop {
    /// The SDK returned an error.
    Failed(wasi_cloud_sdk::Error),
    /// The suite named an empty slot.
    Misused(String),
}

impl From<wasi_cloud_sdk::Error> for Stop {
    fn from(error: wasi_cloud_sdk::Error) -> Self {
        Self::Failed(error)
    }
}

/// Handles of one type, by the numbers that the suite chose.
#[derive(Debug)]
pub struct Slots<T>(HashMap<u32, T>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Slots<T> {
    /// Fills a slot; what was in it is dropped.
    pub fn put(&mut self, slot: u32, handle: T) {
        self.0.insert(slot, handle);
    }

    /// # Errors
    /// If the slot is empty.
    pub fn get(&self, slot: u32) -> Result<&T, Stop> {
        self.0.get(&slot).ok_or_else(|| empty(slot))
    }

    /// # Errors
    /// If the slot is empty.
    pub fn get_mut(&mut self, slot: u32) -> Result<&mut T, Stop> {
        self.0.get_mut(&slot).ok_or_else(|| empty(slot))
    }

    /// Empties the slot.
    ///
    /// # Errors
    /// If it is empty already.
    pub fn take(&mut self, slot: u32) -> Result<T, Stop> {
        self.0.remove(&slot).ok_or_else(|| empty(slot))
    }
}

fn empty(slot: u32) -> Stop {
    Stop::Misused(format!("slot {slot} is empty"))
}

/// Makes a component of the module `step`: generates the bindings of the world, exports `exec`, and keeps the state between
/// calls. Brings `Op`, `Seen` and the interface's other types into scope. Takes what [`drive!`] takes.
#[macro_export]
macro_rules! driver {
    ($world:tt, $interface:ident $(, $state:ident)?) => {
        wit_bindgen::generate!({ path: "../../../wit", world: $world });
        use exports::wasi_cloud::conformance::$interface::*;

        struct Driver;
        export!(Driver);

        impl Guest for Driver {
            fn exec(op: Op) -> Seen {
                thread_local!(static STATE: std::cell::RefCell<State> = std::cell::RefCell::default());
                STATE.with_borrow_mut(|state| drive(state, op))
            }
        }

        $crate::drive!($($state)?);
    };
}

/// `fn drive(&mut State, Op) -> Seen`, of `fn step(&mut State, Op) -> Result<Seen, Stop>` in the module `step`: shows
/// errors as the protocol does. Without a state there are no slots to misuse, and `step` is `fn(Op) -> Result<Seen>`.
/// On its own it is for the types of the protocol on any other side of the line: the suite drives the SDK's native twin
/// with it.
#[macro_export]
macro_rules! drive {
    ($state:ident) => {
        type State = step::$state;

        fn drive(state: &mut State, op: Op) -> Seen {
            match step::step(state, op) {
                Ok(seen) => seen,
                Err($crate::Stop::Failed(error)) => Seen::Failed(failure(error)),
                Err($crate::Stop::Misused(why)) => Seen::Misused(why),
            }
        }

        $crate::drive!(@failure);
    };

    () => {
        type State = ();

        fn drive((): &mut State, op: Op) -> Seen {
            step::step(op).unwrap_or_else(|error| Seen::Failed(failure(error)))
        }

        $crate::drive!(@failure);
    };

    (@failure) => {
        fn failure(error: wasi_cloud_sdk::Error) -> Failure {
            let kind = match error.kind {
                wasi_cloud_sdk::Kind::NotFound => Kind::NotFound,
                wasi_cloud_sdk::Kind::AccessDenied => Kind::AccessDenied,
                wasi_cloud_sdk::Kind::Invalid => Kind::Invalid,
                wasi_cloud_sdk::Kind::Conflict => Kind::Conflict,
                wasi_cloud_sdk::Kind::Unsupported => Kind::Unsupported,
                wasi_cloud_sdk::Kind::Quota => Kind::Quota,
                wasi_cloud_sdk::Kind::Timeout => Kind::Timeout,
                wasi_cloud_sdk::Kind::Unavailable => Kind::Unavailable,
                wasi_cloud_sdk::Kind::Other => Kind::Other,
            };
            let applied = match error.applied {
                wasi_cloud_sdk::Applied::No => Applied::No,
                wasi_cloud_sdk::Applied::Maybe => Applied::Maybe,
            };
            Failure { kind, applied, message: error.message }
        }
    };
}
