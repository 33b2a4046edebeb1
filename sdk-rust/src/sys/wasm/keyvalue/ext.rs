use super::Bucket;
use crate::{
    Applied, Error, Kind, Result,
    bindings::wasi_cloud::keyvalue::extension,
    keyvalue::{Condition, Entry, Page, Version},
};

impl From<extension::Error> for Error {
    fn from(error: extension::Error) -> Self {
        let kind = match error.kind {
            extension::Kind::NotFound => Kind::NotFound,
            extension::Kind::AccessDenied => Kind::AccessDenied,
            extension::Kind::Invalid => Kind::Invalid,
            extension::Kind::Conflict => Kind::Conflict,
            extension::Kind::Unsupported => Kind::Unsupported,
            extension::Kind::Quota => Kind::Quota,
            extension::Kind::Timeout => Kind::Timeout,
            extension::Kind::Unavailable => Kind::Unavailable,
            extension::Kind::Other => Kind::Other,
        };
        let applied = match error.applied {
            extension::Applied::No => Applied::No,
            extension::Applied::Maybe => Applied::Maybe,
        };
        Self { kind, applied, message: error.message }
    }
}

impl<'a> From<&'a Condition> for extension::Condition<'a> {
    fn from(condition: &'a Condition) -> Self {
        match condition {
            Condition::Always => Self::Always,
            Condition::Absent => Self::Absent,
            Condition::Version(version) => Self::Version(version.as_str()),
        }
    }
}

impl Bucket {
    pub(crate) fn get_entry(&self, key: &str) -> Result<Option<Entry>> {
        let entry = extension::get(&self.0, key)?;
        Ok(entry.map(|e| Entry { value: e.value, version: Version::new(e.version) }))
    }

    pub(crate) fn put(&self, key: &str, value: &[u8], condition: &Condition, ttl_ms: Option<u64>) -> Result<Version> {
        let options = extension::PutOptions { condition: condition.into(), ttl_ms };
        Ok(Version::new(extension::put(&self.0, key, value, options)?))
    }

    pub(crate) fn delete_if(&self, key: &str, condition: &Condition) -> Result<bool> {
        Ok(extension::delete(&self.0, key, condition.into())?)
    }

    pub(crate) fn list_page_prefix(&self, prefix: &str, cursor: Option<&str>, limit: u32) -> Result<Page> {
        let page = extension::list_keys(&self.0, prefix, cursor, limit)?;
        Ok(Page { keys: page.keys, cursor: page.cursor })
    }
}
