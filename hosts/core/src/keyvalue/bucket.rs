use super::{
    Changes, Condition, Entry, KeyValue, MAX_PAGE, Page, PutOptions, Version,
    watch::{self, Guarded},
};
use crate::{
    call::{Access, Call},
    describe::{Description, feature, limit},
    error::{Error, Kind, Result},
    link::{Link, Route, stamp, unstamp},
};

/// What a guest's `bucket` handle is, in every dialect and in native tests. Clones are the same bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    link: Link<dyn KeyValue>,
}

type At = Route<dyn KeyValue>;

impl Bucket {
    /// Opens what is linked to the label.
    ///
    /// # Errors
    /// `access-denied` or `not-found`: see [`Link::run`].
    pub async fn open(link: Link<dyn KeyValue>) -> Result<Self> {
        let this = Self { link };
        this.link
            .run(this.call("open", Access::Open, "", true), |at| async move { at.backend.open(&at.scope).await })
            .await?;
        Ok(this)
    }

    fn call<'a>(&'a self, op: &'static str, access: Access, key: &'a str, idempotent: bool) -> Call<'a> {
        Call { capability: "keyvalue", op, access, label: self.link.label(), key, idempotent }
    }

    fn read<'a>(&'a self, op: &'static str, key: &'a str) -> Call<'a> {
        self.call(op, Access::Read, key, true)
    }

    fn write<'a>(&'a self, op: &'static str, key: &'a str, idempotent: bool) -> Call<'a> {
        self.call(op, Access::Write, key, idempotent)
    }

    /// The value of a key, or `None`.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.link
            .run(self.read("get", key), |at| async move {
                fits_key(&at, key)?;
                at.backend.get(&at.scope, key).await
            })
            .await
    }

    /// Whether the key is present.
    pub async fn exists(&self, key: &str) -> Result<bool> {
        self.link
            .run(self.read("exists", key), |at| async move {
                fits_key(&at, key)?;
                at.backend.exists(&at.scope, key).await
            })
            .await
    }

    /// Writes the whole value and clears a time to live.
    pub async fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.link
            .run(self.write("set", key, true), |at| async move {
                fits(&at, key, value)?;
                at.backend.put(&at.scope, key, value, &PutOptions::default()).await.map(drop)
            })
            .await
    }

    /// Removes the key; an absent one is no error.
    pub async fn delete(&self, key: &str) -> Result<()> {
        self.link
            .run(self.write("delete", key, true), |at| async move {
                fits_key(&at, key)?;
                at.backend.delete(&at.scope, key, &Condition::Always).await.map(drop)
            })
            .await
    }

    /// One page of all keys.
    pub async fn list_keys(&self, cursor: Option<&str>) -> Result<Page> {
        self.list("", cursor, None).await
    }

    /// One page of the keys that start with `prefix`, at most `limit` of them (1 or more).
    pub async fn list_prefix(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Page> {
        self.list(prefix, cursor, Some(limit)).await
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: Option<usize>) -> Result<Page> {
        self.link
            .run(self.read("list-keys", prefix), |at| async move {
                if limit == Some(0) {
                    return Err(Error::new(Kind::Invalid, "a page of 0 keys never ends; ask for 1 or more"));
                }
                let cursor = cursor.map(|c| unstamp(at.generation, c, "cursor")).transpose()?;
                let limit = limit.map(|l| l.min(MAX_PAGE));
                let mut page = at.backend.list(&at.scope, prefix, cursor, limit).await?;
                page.cursor = page.cursor.map(|c| stamp(at.generation, &c));
                Ok(page)
            })
            .await
    }

    /// Adds to a counter and says the sum.
    pub async fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        self.link
            .run(self.write("increment", key, false), |at| async move {
                fits_key(&at, key)?;
                at.backend.increment(&at.scope, key, delta).await
            })
            .await
    }

    /// One result per key, in order.
    pub async fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>> {
        self.link
            .run(self.read("get-many", ""), |at| async move {
                keys.iter().try_for_each(|key| fits_key(&at, key))?;
                at.backend.get_many(&at.scope, keys).await
            })
            .await
    }

    /// Writes all pairs, in any order; on an error some may be written.
    pub async fn set_many(&self, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        self.link
            .run(self.write("set-many", "", true), |at| async move {
                pairs.iter().try_for_each(|(key, value)| fits(&at, key, value))?;
                at.backend.set_many(&at.scope, pairs).await
            })
            .await
    }

    /// Removes all keys; absent ones are no error.
    pub async fn delete_many(&self, keys: &[String]) -> Result<()> {
        self.link
            .run(self.write("delete-many", "", true), |at| async move {
                keys.iter().try_for_each(|key| fits_key(&at, key))?;
                at.backend.delete_many(&at.scope, keys).await
            })
            .await
    }

    /// The value and its version, or `None`.
    pub async fn entry(&self, key: &str) -> Result<Option<Entry>> {
        self.link
            .run(self.read("get", key), |at| async move {
                fits_key(&at, key)?;
                let entry = at.backend.entry(&at.scope, key).await?;
                Ok(entry.map(|e| Entry { version: stamped(&at, &e.version), ..e }))
            })
            .await
    }

    /// Tells what changes in the bucket from now on: a host's call, for a component that watches.
    ///
    /// Each change is a call too, the operation `watch` on its key, so revoking the grant to read hides changes. It stays on
    /// the route that it was made on: switching the link moves none.
    ///
    /// # Errors
    /// As [`Link::run`]; `unsupported` where the backend does not declare `watcher`.
    pub async fn watch(&self) -> Result<Box<dyn Changes>> {
        let changes = self
            .link
            .run(watch::call(&self.link, ""), |at| async move {
                if !at.backend.describe().offers(feature::WATCHER) {
                    return Err(Error::new(Kind::Unsupported, "this store does not declare `watcher`"));
                }
                at.backend.watch(&at.scope).await
            })
            .await?;
        Ok(Box::new(Guarded::new(self.link.clone(), changes)))
    }

    /// Writes if the condition holds, and says the new version.
    pub async fn put(&self, key: &str, value: &[u8], options: &PutOptions) -> Result<Version> {
        let idempotent = options.condition == Condition::Always;
        self.link
            .run(self.write("put", key, idempotent), |at| async move {
                fits(&at, key, value)?;
                fits_ttl(at.backend.describe(), options)?;
                let condition = current(&at, &options.condition)?;
                let options = PutOptions { condition, ttl: options.ttl };
                let version = at.backend.put(&at.scope, key, value, &options).await?;
                Ok(stamped(&at, &version))
            })
            .await
    }

    /// Removes if the condition holds; whether the key was there.
    pub async fn delete_if(&self, key: &str, condition: &Condition) -> Result<bool> {
        let idempotent = *condition == Condition::Always;
        self.link
            .run(self.write("delete", key, idempotent), |at| async move {
                fits_key(&at, key)?;
                if *condition == Condition::Absent {
                    return Err(Error::new(
                        Kind::Invalid,
                        "deleting a key on condition that it is absent does nothing",
                    ));
                }
                at.backend.delete(&at.scope, key, &current(&at, condition)?).await
            })
            .await
    }
}

fn stamped(at: &At, version: &Version) -> Version {
    Version(stamp(at.generation, &version.0))
}

/// The condition as the backend knows it: versions lose the generation that [`stamped`] gave them. Text that was never
/// a version is a condition that does not hold, like any other version than the key's (KVX-13).
fn current(at: &At, condition: &Condition) -> Result<Condition> {
    let Condition::Version(version) = condition else { return Ok(condition.clone()) };
    let version = unstamp(at.generation, &version.0, "version").map_err(|e| Error::new(Kind::Conflict, e.message))?;
    Ok(Condition::Version(Version(version.to_owned())))
}

fn fits_key(at: &At, key: &str) -> Result<()> {
    within(at.backend.describe(), limit::MAX_KEY_SIZE, key.len(), "key")
}

fn fits(at: &At, key: &str, value: &[u8]) -> Result<()> {
    fits_key(at, key)?;
    within(at.backend.describe(), limit::MAX_VALUE_SIZE, value.len(), "value")
}

fn fits_ttl(offered: &Description, options: &PutOptions) -> Result<()> {
    match options.ttl {
        None => Ok(()),
        // What can never be right is refused first, wherever it is asked (KVX-35).
        Some(ttl) if ttl.is_zero() => Err(Error::new(Kind::Invalid, "a time to live is at least 1 ms")),
        Some(_) if offered.offers(feature::TTL) => Ok(()),
        Some(_) => Err(Error::new(Kind::Unsupported, "this store cannot expire keys: it does not declare `ttl`")),
    }
}

fn within(offered: &Description, limit: &str, size: usize, what: &str) -> Result<()> {
    if offered.admits(limit, size) {
        return Ok(());
    }
    let max = offered.limits.get(limit).copied().unwrap_or_default();
    Err(Error::new(Kind::Quota, format!("a {what} of {size} bytes exceeds this store's {limit} of {max}")))
}
