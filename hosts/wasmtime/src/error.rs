//! Between the nine kinds of the core and the cases that each WIT package has: the only such mapping of this host.

use crate::bindings::{
    wasi::{config, keyvalue, messaging},
    wasi_cloud::keyvalue::extension,
};
use wasi_cloud_core::{Applied, Error, Kind, keyvalue::SwapError};
use wasmtime::component::ResourceTableError;

/// How a host function fails: with a trap, or with an error that the guest sees.
#[derive(Debug)]
pub enum HostError {
    /// The guest broke the rules of the component model, such as using a handle that is not there.
    Trap(wasmtime::Error),
    /// The call failed. This is data.
    Cloud(Error),
}

impl HostError {
    pub(crate) fn convert<E>(self, case: fn(Error) -> E) -> wasmtime::Result<E> {
        match self {
            Self::Trap(trap) => Err(trap),
            Self::Cloud(error) => Ok(case(error)),
        }
    }
}

impl From<Error> for HostError {
    fn from(error: Error) -> Self {
        Self::Cloud(error)
    }
}

impl From<ResourceTableError> for HostError {
    fn from(error: ResourceTableError) -> Self {
        match error {
            ResourceTableError::Full => {
                Self::Cloud(Error::new(Kind::Quota, "this instance has as many open handles as it may; drop some"))
            }
            ResourceTableError::NotPresent | ResourceTableError::WrongType | ResourceTableError::HasChildren => {
                Self::Trap(error.into())
            }
        }
    }
}

/// How `swap` fails: with a trap, because the store failed, or because another writer came first.
#[derive(Debug)]
pub enum HostSwapError {
    /// See [`HostError::Trap`].
    Trap(wasmtime::Error),
    /// See [`SwapError`].
    Swap(SwapError),
}

impl From<HostError> for HostSwapError {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Trap(trap) => Self::Trap(trap),
            HostError::Cloud(error) => Self::Swap(SwapError::Store(error)),
        }
    }
}

impl From<ResourceTableError> for HostSwapError {
    fn from(error: ResourceTableError) -> Self {
        HostError::from(error).into()
    }
}

impl From<SwapError> for HostSwapError {
    fn from(error: SwapError) -> Self {
        Self::Swap(error)
    }
}

/// The case of `wasi:keyvalue/store.error`.
#[must_use]
pub fn keyvalue(error: Error) -> keyvalue::store::Error {
    use keyvalue::store::Error as Case;
    match error.kind {
        Kind::NotFound => Case::NoSuchStore,
        Kind::AccessDenied => Case::AccessDenied,
        Kind::Invalid
        | Kind::Conflict
        | Kind::Unsupported
        | Kind::Quota
        | Kind::Timeout
        | Kind::Unavailable
        | Kind::Other => Case::Other(error.to_string()),
    }
}

/// The record `wasi-cloud:keyvalue/extension.error`.
#[must_use]
pub fn extension(error: Error) -> extension::Error {
    use extension::Kind as Case;
    let kind = match error.kind {
        Kind::NotFound => Case::NotFound,
        Kind::AccessDenied => Case::AccessDenied,
        Kind::Invalid => Case::Invalid,
        Kind::Conflict => Case::Conflict,
        Kind::Unsupported => Case::Unsupported,
        Kind::Quota => Case::Quota,
        Kind::Timeout => Case::Timeout,
        Kind::Unavailable => Case::Unavailable,
        Kind::Other => Case::Other,
    };
    let applied = match error.applied {
        Applied::No => extension::Applied::No,
        Applied::Maybe => extension::Applied::Maybe,
    };
    // KVX-60 promises a message that is not empty.
    let message = if error.message.is_empty() { error.kind.name().to_owned() } else { error.message };
    extension::Error { kind, applied, message }
}

/// The case of `wasi:messaging/types.error`.
#[must_use]
pub fn messaging(error: Error) -> messaging::types::Error {
    use messaging::types::Error as Case;
    let text = error.to_string();
    match error.kind {
        Kind::Timeout => Case::Timeout,
        Kind::Unavailable => Case::Connection(text),
        Kind::AccessDenied => Case::PermissionDenied(text),
        Kind::NotFound | Kind::Invalid | Kind::Conflict | Kind::Unsupported | Kind::Quota | Kind::Other => {
            Case::Other(text)
        }
    }
}

/// The case of `wasi:config/store.error`.
#[must_use]
pub fn config(error: Error) -> config::store::Error {
    use config::store::Error as Case;
    let text = error.to_string();
    match error.kind {
        Kind::Timeout | Kind::Unavailable => Case::Io(text),
        Kind::NotFound
        | Kind::AccessDenied
        | Kind::Invalid
        | Kind::Conflict
        | Kind::Unsupported
        | Kind::Quota
        | Kind::Other => Case::Upstream(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: Kind) -> Error {
        Error::new(kind, "why")
    }

    #[test]
    fn every_kind_has_its_case_in_the_standard_keyvalue() {
        use keyvalue::store::Error as Case;
        for kind in Kind::ALL {
            match (kind, keyvalue(error(kind))) {
                (Kind::NotFound, Case::NoSuchStore) | (Kind::AccessDenied, Case::AccessDenied) => {}
                (Kind::NotFound | Kind::AccessDenied, case) => panic!("{kind} became {case:?}"),
                (_, Case::Other(text)) => assert_eq!(text, format!("{kind}: why")),
                (_, case) => panic!("{kind} became {case:?}"),
            }
        }
    }

    #[test]
    fn every_kind_keeps_its_name_in_the_extension() {
        for kind in Kind::ALL {
            let seen = extension(error(kind));
            assert_eq!(format!("{:?}", seen.kind), format!("Kind::{kind:?}"));
            assert_eq!((seen.applied, &*seen.message), (extension::Applied::No, "why"));
        }
        let maybe = extension(Error::new(Kind::Timeout, "").maybe_applied());
        assert_eq!((maybe.applied, &*maybe.message), (extension::Applied::Maybe, "timeout"));
    }

    #[test]
    fn every_kind_has_its_case_in_messaging() {
        use messaging::types::Error as Case;
        for kind in Kind::ALL {
            let (expected, text) = match messaging(error(kind)) {
                Case::Timeout => (vec![Kind::Timeout], format!("{kind}: why")),
                Case::Connection(text) => (vec![Kind::Unavailable], text),
                Case::PermissionDenied(text) => (vec![Kind::AccessDenied], text),
                Case::Other(text) => (
                    vec![Kind::NotFound, Kind::Invalid, Kind::Conflict, Kind::Unsupported, Kind::Quota, Kind::Other],
                    text,
                ),
            };
            assert!(expected.contains(&kind), "{kind}");
            assert_eq!(text, format!("{kind}: why"));
        }
    }

    #[test]
    fn every_kind_has_its_case_in_config() {
        use config::store::Error as Case;
        for kind in Kind::ALL {
            let (io, text) = match config(error(kind)) {
                Case::Io(text) => (true, text),
                Case::Upstream(text) => (false, text),
            };
            assert_eq!(io, matches!(kind, Kind::Timeout | Kind::Unavailable), "{kind}");
            assert_eq!(text, format!("{kind}: why"));
        }
    }

    #[test]
    fn a_full_table_is_data_and_a_bad_handle_is_a_trap() {
        let full = HostError::from(ResourceTableError::Full);
        assert!(matches!(full, HostError::Cloud(e) if e.kind == Kind::Quota && e.applied == Applied::No));
        for bad in [ResourceTableError::NotPresent, ResourceTableError::WrongType, ResourceTableError::HasChildren] {
            assert!(matches!(HostError::from(bad), HostError::Trap(_)));
        }
    }
}
