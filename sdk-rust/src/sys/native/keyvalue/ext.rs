use super::{Bucket, page, run};
use crate::{
    Applied, Error, Kind, Result,
    keyvalue::{Condition, Entry, Page, Version},
};
use std::time::Duration;
use wasi_cloud_core::{self as core, keyvalue as portable};

/// All nine kinds come through, as in `wasi-cloud-wasmtime`.
fn error(error: core::Error) -> Error {
    let kind = match error.kind {
        core::Kind::NotFound => Kind::NotFound,
        core::Kind::AccessDenied => Kind::AccessDenied,
        core::Kind::Invalid => Kind::Invalid,
        core::Kind::Conflict => Kind::Conflict,
        core::Kind::Unsupported => Kind::Unsupported,
        core::Kind::Quota => Kind::Quota,
        core::Kind::Timeout => Kind::Timeout,
        core::Kind::Unavailable => Kind::Unavailable,
        core::Kind::Other => Kind::Other,
    };
    let applied = match error.applied {
        core::Applied::No => Applied::No,
        core::Applied::Maybe => Applied::Maybe,
    };
    let message = if error.message.is_empty() { kind.name().to_owned() } else { error.message };
    Error { kind, applied, message }
}

fn condition(condition: &Condition) -> portable::Condition {
    match condition {
        Condition::Always => portable::Condition::Always,
        Condition::Absent => portable::Condition::Absent,
        Condition::Version(version) => portable::Condition::Version(portable::Version(version.as_str().to_owned())),
    }
}

impl Bucket {
    pub(crate) fn get_entry(&self, key: &str) -> Result<Option<Entry>> {
        let (bucket, key) = (self.0.clone(), key.to_owned());
        let entry = run(async move { bucket.entry(&key).await })?.map_err(error)?;
        Ok(entry.map(|e| Entry { value: e.value, version: Version::new(e.version.0) }))
    }

    pub(crate) fn put(&self, key: &str, value: &[u8], under: &Condition, ttl_ms: Option<u64>) -> Result<Version> {
        let (bucket, key, value) = (self.0.clone(), key.to_owned(), value.to_vec());
        let options = portable::PutOptions { condition: condition(under), ttl: ttl_ms.map(Duration::from_millis) };
        let version = run(async move { bucket.put(&key, &value, &options).await })?.map_err(error)?;
        Ok(Version::new(version.0))
    }

    pub(crate) fn delete_if(&self, key: &str, under: &Condition) -> Result<bool> {
        let (bucket, key, under) = (self.0.clone(), key.to_owned(), condition(under));
        run(async move { bucket.delete_if(&key, &under).await })?.map_err(error)
    }

    pub(crate) fn list_page_prefix(&self, prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Page> {
        let (bucket, prefix, cursor) = (self.0.clone(), prefix.to_owned(), cursor.map(str::to_owned));
        let listed = async move { bucket.list_prefix(&prefix, cursor.as_deref(), limit as usize).await };
        run(listed)?.map(page).map_err(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_keeps_its_name_in_the_extension() {
        for kind in core::Kind::ALL {
            let seen = error(core::Error::new(kind, "why"));
            assert_eq!((seen.kind.name(), seen.applied, &*seen.message), (kind.name(), Applied::No, "why"));
        }
        let maybe = error(core::Error::new(core::Kind::Timeout, "").maybe_applied());
        assert_eq!((maybe.applied, &*maybe.message), (Applied::Maybe, "timeout"));
    }
}
