//! Functions that tell something else than what happened: the wrong case, a trap, or success.

use super::{BATCH, CONFIG, Entry, STORE, shadow, told};
use crate::host::embedded::Linker;
use wasi_cloud_core::{Error, Kind, keyvalue::Bucket};
use wasi_cloud_wasmtime::{
    HostError,
    bindings::wasi::{
        config::store as config,
        keyvalue::{
            batch,
            store::{self, Host, HostBucket, KeyResponse},
        },
    },
};
use wasmtime::{Result, bail, component::Resource};

pub(super) const ROWS: &[Entry] = &[
    ("glue-missing-is-default", "An unknown label opens the default store.", &["KV-STORE-02"], missing_is_default),
    ("glue-missing-is-other", "An unknown label is `other`.", &["KV-STORE-02"], missing_is_other),
    ("glue-empty-label-is-default", "The empty label is the default one.", &["KV-STORE-S16"], empty_is_default),
    (
        "glue-revoked-is-other",
        "A revoked grant is `other` to a handle that is open.",
        &["KV-STORE-03"],
        revoked_is_other,
    ),
    ("glue-refuses-listing", "Keys cannot be listed.", &["KV-STORE-S18"], refuses_listing),
    ("glue-bad-cursor-is-trap", "A cursor that was invented traps the guest.", &["KV-STORE-S08"], bad_cursor_is_trap),
    ("glue-failed-read-is-none", "A read that failed says `none`.", &["KV-STORE-22"], failed_read_is_none),
    ("glue-batch-error-is-trap", "An error of a batch traps the guest.", &["KV-BATCH-10"], batch_error_is_trap),
    ("glue-batch-error-is-ok", "A batch that failed is `ok`.", &["KV-BATCH-10"], batch_error_is_ok),
    ("glue-config-error-is-trap", "Configuration that cannot be read traps.", &["CFG-STORE-05"], config_error_is_trap),
    (
        "glue-config-error-is-none",
        "Configuration that cannot be read is none.",
        &["CFG-STORE-05"],
        config_error_is_none,
    ),
    ("glue-config-lists-twice", "`get-all` returns each pair of two sources.", &["CFG-STORE-S03"], config_lists_twice),
];

fn missing_is_default(linker: &mut Linker) -> Result<()> {
    shadow!(linker, STORE, "open", host, (label: String) => {
        let opened = match Host::open(&mut host, label).await {
            Err(HostError::Cloud(error)) if error.kind == Kind::NotFound => Host::open(&mut host, "default".into()).await,
            opened => opened,
        };
        told(&mut host, opened)
    })
}

fn missing_is_other(linker: &mut Linker) -> Result<()> {
    shadow!(linker, STORE, "open", host, (label: String) => {
        let opened = Host::open(&mut host, label).await;
        let other = |error: Error| Error::new(if error.kind == Kind::NotFound { Kind::Other } else { error.kind }, "failed");
        told(&mut host, opened.map_err(|error| match error {
            HostError::Cloud(error) => HostError::Cloud(other(error)),
            trap => trap,
        }))
    })
}

fn empty_is_default(linker: &mut Linker) -> Result<()> {
    shadow!(linker, STORE, "open", host, (label: String) => {
        let opened = Host::open(&mut host, if label.is_empty() { "default".into() } else { label }).await;
        told(&mut host, opened)
    })
}

fn revoked_is_other(linker: &mut Linker) -> Result<()> {
    shadow!(linker, STORE, "[method]bucket.get", host, (bucket: Resource<Bucket>, key: String) => {
        match HostBucket::get(&mut host, bucket, key).await {
            Err(HostError::Cloud(error)) => Ok((Err(store::Error::Other(error.to_string())),)),
            read => told(&mut host, read),
        }
    })
}

fn refuses_listing(linker: &mut Linker) -> Result<()> {
    shadow!(linker, STORE, "[method]bucket.list-keys", host, (bucket: Resource<Bucket>, cursor: Option<String>) => {
        let _ = (bucket, cursor);
        told::<KeyResponse>(&mut host, Err(HostError::Cloud(Error::new(Kind::Unsupported, "no keys are listed"))))
    })
}

fn bad_cursor_is_trap(linker: &mut Linker) -> Result<()> {
    shadow!(linker, STORE, "[method]bucket.list-keys", host, (bucket: Resource<Bucket>, cursor: Option<String>) => {
        match HostBucket::list_keys(&mut host, bucket, cursor).await {
            Err(HostError::Cloud(error)) if error.kind == Kind::Invalid => bail!("{error}"),
            listed => told(&mut host, listed),
        }
    })
}

fn failed_read_is_none(linker: &mut Linker) -> Result<()> {
    shadow!(linker, STORE, "[method]bucket.get", host, (bucket: Resource<Bucket>, key: String) => {
        match HostBucket::get(&mut host, bucket, key).await {
            Err(HostError::Cloud(error)) if error.kind != Kind::AccessDenied => Ok((Ok(None),)),
            read => told(&mut host, read),
        }
    })
}

/// The pairs of `set-many`.
type Pairs = Vec<(String, Vec<u8>)>;

fn batch_error_is_trap(linker: &mut Linker) -> Result<()> {
    shadow!(linker, BATCH, "set-many", host, (bucket: Resource<Bucket>, pairs: Pairs) => {
        match batch::Host::set_many(&mut host, bucket, pairs).await {
            Err(HostError::Cloud(error)) => bail!("{error}"),
            done => told(&mut host, done),
        }
    })
}

fn batch_error_is_ok(linker: &mut Linker) -> Result<()> {
    shadow!(linker, BATCH, "delete-many", host, (bucket: Resource<Bucket>, keys: Vec<String>) => {
        match batch::Host::delete_many(&mut host, bucket, keys).await {
            Err(HostError::Cloud(_)) => Ok((Ok::<(), store::Error>(()),)),
            done => told(&mut host, done),
        }
    })
}

fn config_error_is_trap(linker: &mut Linker) -> Result<()> {
    shadow!(linker, CONFIG, "get", host, (key: String) => match config::Host::get(&mut host, key).await {
        Err(HostError::Cloud(error)) => bail!("{error}"),
        Err(HostError::Trap(trap)) => Err(trap),
        Ok(value) => Ok((Ok::<_, config::Error>(value),)),
    })
}

fn config_error_is_none(linker: &mut Linker) -> Result<()> {
    shadow!(linker, CONFIG, "get-all", host, () => match config::Host::get_all(&mut host).await {
        Err(HostError::Trap(trap)) => Err(trap),
        read => Ok((Ok::<_, config::Error>(read.unwrap_or_default()),)),
    })
}

fn config_lists_twice(linker: &mut Linker) -> Result<()> {
    shadow!(linker, CONFIG, "get-all", host, () => {
        let read = config::Host::get_all(&mut host).await;
        Ok((match read {
            Ok(pairs) => Ok([pairs.clone(), pairs].concat()),
            Err(error) => Err(config::Host::convert_error(&mut host, error)?),
        },))
    })
}
