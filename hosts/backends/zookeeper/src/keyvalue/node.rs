//! One key: a znode in the znode of its bucket.
//!
//! ZooKeeper's condition is the number of writes since a znode was created, which is the same again after it was removed
//! and created. So each removal writes the bucket too, and a condition on a key is one on its bucket as well.

use crate::{error::Why, names};
use zookeeper_client::{
    Client, CreateOptions, Error, MultiReadResult, MultiWriteError, MultiWriteResult, MultiWriter, Stat,
};

/// Which write a value is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    /// The transaction that created the znode.
    pub(super) created: i64,
    /// How often it was written since.
    pub(super) writes: i32,
}

impl From<Stat> for Seen {
    fn from(stat: Stat) -> Self {
        Self { created: stat.czxid, writes: stat.version }
    }
}

/// Bucket and key at one moment: how often each was written. While the bucket's is the same, the key is the same znode.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    bucket: i32,
    key: i32,
}

/// Where a key is, and how znodes are created there.
pub(super) struct Node {
    bucket: String,
    key: String,
    kept: CreateOptions<'static>,
}

impl Node {
    pub(super) fn new(bucket: String, key: &str, kept: CreateOptions<'static>) -> Self {
        Self { key: names::key(&bucket, key), bucket, kept }
    }

    pub(super) async fn entry(&self, zk: &Client) -> Result<Option<(Vec<u8>, Seen)>, Why> {
        let [found] = data(zk, [&*self.key]).await?;
        Ok(found.map(|(value, stat)| (value, stat.into())))
    }

    pub(super) async fn exists(&self, zk: &Client) -> Result<bool, Why> {
        let (synced, found) = (zk.sync(&self.key), zk.check_stat(&self.key));
        synced.await?;
        Ok(found.await?.is_some())
    }

    /// The value, and what [`write`](Self::write) needs to replace this value and no other.
    pub(super) async fn read(&self, zk: &Client) -> Result<Option<(Vec<u8>, At)>, Why> {
        let [bucket, key] = data(zk, [&*self.bucket, &*self.key]).await?;
        let both = bucket.zip(key);
        Ok(both.map(|((_, bucket), (value, key))| (value, At { bucket: bucket.version, key: key.version })))
    }

    /// What a change of what was `seen` needs; `None` if it has been changed.
    async fn find(&self, zk: &Client, seen: Seen) -> Result<Option<At>, Why> {
        // The bucket first: what is removed between the two is then noticed by the change.
        let (synced, bucket, key) = (zk.sync(&self.key), zk.check_stat(&self.bucket), zk.check_stat(&self.key));
        synced.await?;
        let (bucket, key) = (bucket.await?, key.await?.filter(|key| Seen::from(*key) == seen));
        Ok(bucket.zip(key).map(|(bucket, key)| At { bucket: bucket.version, key: key.version }))
    }

    /// Writes the value whatever is there.
    pub(super) async fn put(&self, zk: &Client, value: &[u8]) -> Result<Seen, Why> {
        loop {
            match zk.set_data(&self.key, value, None).await {
                Err(Error::NoNode) => {}
                written => return Ok(written?.into()),
            }
            if let Some(created) = self.create(zk, value).await? {
                return Ok(created);
            }
        }
    }

    /// Writes the value if none is there, or says `None`.
    pub(super) async fn create(&self, zk: &Client, value: &[u8]) -> Result<Option<Seen>, Why> {
        loop {
            match zk.create(&self.key, value, &self.kept).await {
                Ok((stat, _)) => return Ok(Some(stat.into())),
                Err(Error::NodeExists) => return Ok(None),
                Err(Error::NoNode) => zk.mkdir(&self.bucket, &self.kept).await?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Writes the value if bucket and key are as they were, or says `None`.
    pub(super) async fn write(&self, zk: &Client, at: At, value: &[u8]) -> Result<Option<Seen>, Why> {
        let mut writer = zk.new_multi_writer();
        writer.add_check_version(&self.bucket, at.bucket)?;
        writer.add_set_data(&self.key, value, Some(at.key))?;
        match if_it_holds(writer).await?.as_deref() {
            None => Ok(None),
            Some([_, MultiWriteResult::SetData { stat }]) => Ok(Some((*stat).into())),
            Some(_) => Err(other_answers()),
        }
    }

    /// Replaces what was `seen`; `None` if it has been changed.
    pub(super) async fn swap(&self, zk: &Client, seen: Seen, value: &[u8]) -> Result<Option<Seen>, Why> {
        while let Some(at) = self.find(zk, seen).await? {
            if let Some(written) = self.write(zk, at, value).await? {
                return Ok(Some(written));
            }
        }
        Ok(None)
    }

    /// Removes the key; whether it was there.
    pub(super) async fn delete(&self, zk: &Client) -> Result<bool, Why> {
        let mut writer = zk.new_multi_writer();
        writer.add_delete(&self.key, None)?;
        writer.add_set_data(&self.bucket, b"", None)?;
        Ok(if_it_holds(writer).await?.is_some())
    }

    /// Removes what was `seen`; `false` if it has been changed.
    pub(super) async fn delete_if(&self, zk: &Client, seen: Seen) -> Result<bool, Why> {
        while let Some(at) = self.find(zk, seen).await? {
            let mut writer = zk.new_multi_writer();
            writer.add_delete(&self.key, Some(at.key))?;
            writer.add_set_data(&self.bucket, b"", Some(at.bucket))?;
            if if_it_holds(writer).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Writes all, or nothing and says `None` where a znode is gone or was written.
async fn if_it_holds(mut writer: MultiWriter<'_>) -> Result<Option<Vec<MultiWriteResult>>, Why> {
    match writer.commit().await {
        Ok(done) => Ok(Some(done)),
        Err(MultiWriteError::OperationFailed { source: Error::BadVersion | Error::NoNode, .. }) => Ok(None),
        Err(error) => Err(Error::from(error).into()),
    }
}

/// The data and the state of znodes, at one moment.
pub(super) async fn data<const N: usize>(zk: &Client, paths: [&str; N]) -> Result<[Option<(Vec<u8>, Stat)>; N], Why> {
    let found = all_data(zk, paths).await?;
    found.try_into().map_err(|_| other_answers())
}

/// As [`data`], for any number.
pub(super) async fn all_data<'a>(
    zk: &Client,
    paths: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Option<(Vec<u8>, Stat)>>, Why> {
    let mut reader = zk.new_multi_reader();
    paths.into_iter().try_for_each(|path| reader.add_get_data(path))?;
    let (synced, found) = (zk.sync("/"), reader.commit());
    synced.await?;
    let found = found.await?.into_iter().map(|found| match found {
        MultiReadResult::Data { data, stat } => Ok(Some((data, stat))),
        MultiReadResult::Error { err: Error::NoNode } => Ok(None),
        MultiReadResult::Error { err } => Err(err.into()),
        _ => Err(other_answers()),
    });
    found.collect()
}

/// The names of the znodes below one, none if it is not there.
pub(super) async fn children(zk: &Client, path: &str) -> Result<Vec<String>, Why> {
    let (synced, found) = (zk.sync(path), zk.list_children(path));
    synced.await?;
    match found.await {
        Err(Error::NoNode) => Ok(Vec::new()),
        found => Ok(found?),
    }
}

fn other_answers() -> Why {
    Error::UnexpectedError("other answers than requests".to_owned()).into()
}
