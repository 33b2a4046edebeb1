//! Batches that do less, more, or something else than their parts.

use super::*;

/// Some values of the keys that were asked for.
type Values = Vec<Option<Vec<u8>>>;

rows! {
    LosesEmpty "many-loses-empty" ["KV-BATCH-01"] "`get-many` takes an empty value for none.";
    RepairsText "many-repairs-text" ["KV-BATCH-01"] "`get-many` passes values through strings.";
    AnswersOnce "many-answers-once" ["KV-BATCH-S02"] "A key that is asked for twice is answered at its first place.";
    IsCached { cache: Shared<BTreeMap<(String, String), Option<Vec<u8>>>> } "many-is-cached" ["KV-BATCH-09"]
        "What `get-many` once found, it finds again.";
    CutsAtNul "set-many-cuts-at-nul" ["KV-BATCH-05"] "`set-many` ends a value at its first NUL.";
    KeepsOld "set-many-keeps-old" ["KV-BATCH-05"] "`set-many` leaves a key alone that has a value.";
    Joins "set-many-joins" ["KV-STORE-20"] "A key that is given twice ends with both values, joined.";
    StopsAtAbsent "delete-many-stops-at-absent" ["KV-BATCH-08"] "`delete-many` ends at the first absent key.";
    AbsentFails "delete-many-absent-fails" ["KV-BATCH-08"] "`delete-many` of an absent key is an error.";
    NothingFails "batch-of-nothing-fails" ["KV-BATCH-S01"] "An empty batch is an error, as of a command without arguments.";
    LosesPast500 "batch-loses-past-500" ["KV-BATCH-S03", "KV-BATCH-05"] "What comes after the 500th key is not written.";
    HidesPast500 "batch-hides-past-500" ["KV-BATCH-S03", "KV-BATCH-05"]
        "What comes after the 500th key is not written, and to read more than 500 at once is refused.";
    Hides128KiB "batch-hides-128-kib" ["KV-BATCH-S04", "KV-BATCH-05"]
        "Of a call with more than 128 KiB the last pair is not written, and to read as much at once is refused.";
    Refuses128KiB "batch-refuses-128-kib" ["KV-BATCH-S04"] "More than 128 KiB do not fit in a call.";
    NotAtomicPair "set-many-races" ["KV-BATCH-05"]
        "`set-many` reads the bucket and writes it back: what another batch wrote in between is lost.";
}

#[async_trait]
impl Defect for LosesEmpty {
    async fn get_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<Values> {
        let all = kv.get_many(bucket, keys).await?;
        Ok(all.into_iter().map(|value| value.filter(|value| !value.is_empty())).collect())
    }
}

#[async_trait]
impl Defect for RepairsText {
    async fn get_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<Values> {
        let repaired = |value: Vec<u8>| String::from_utf8_lossy(&value).into_owned().into_bytes();
        Ok(kv.get_many(bucket, keys).await?.into_iter().map(|value| value.map(repaired)).collect())
    }
}

#[async_trait]
impl Defect for AnswersOnce {
    async fn get_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<Values> {
        let all = kv.get_many(bucket, keys).await?;
        let again = |at: usize| keys[..at].contains(&keys[at]);
        Ok(all.into_iter().enumerate().map(|(at, value)| value.filter(|_| !again(at))).collect())
    }
}

#[async_trait]
impl Defect for IsCached {
    async fn get_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<Values> {
        let all = kv.get_many(bucket, keys).await?;
        let mut cache = lock(&self.cache);
        let cached =
            |(key, value): (&String, _)| cache.entry((bucket.to_owned(), key.clone())).or_insert(value).clone();
        Ok(keys.iter().zip(all).map(cached).collect())
    }
}

#[async_trait]
impl Defect for CutsAtNul {
    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let cut = |value: &[u8]| value.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key.clone(), cut(value))).collect();
        kv.set_many(bucket, &pairs).await
    }
}

#[async_trait]
impl Defect for KeepsOld {
    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        for pair in pairs {
            if !kv.exists(bucket, &pair.0).await? {
                kv.set_many(bucket, std::slice::from_ref(pair)).await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Defect for Joins {
    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let mut joined = BTreeMap::<String, Vec<u8>>::new();
        for (key, value) in pairs {
            joined.entry(key.clone()).or_default().extend(value);
        }
        kv.set_many(bucket, &joined.into_iter().collect::<Vec<_>>()).await
    }
}

#[async_trait]
impl Defect for StopsAtAbsent {
    async fn delete_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<()> {
        for key in keys {
            if !kv.delete(bucket, key, &Condition::Always).await? {
                break;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Defect for AbsentFails {
    async fn delete_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<()> {
        let mut all = true;
        for key in keys {
            all &= kv.delete(bucket, key, &Condition::Always).await?;
        }
        if all { Ok(()) } else { Err(Error::new(Kind::Other, "no such key")) }
    }
}

#[async_trait]
impl Defect for NothingFails {
    async fn get_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<Values> {
        if keys.is_empty() {
            return Err(Error::new(Kind::Invalid, "wrong number of arguments"));
        }
        kv.get_many(bucket, keys).await
    }
}

#[async_trait]
impl Defect for LosesPast500 {
    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        kv.set_many(bucket, &pairs[..pairs.len().min(500)]).await
    }
}

#[async_trait]
impl Defect for HidesPast500 {
    async fn get_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<Values> {
        if keys.len() > 500 {
            return Err(Error::new(Kind::Quota, "so many keys are not read at once"));
        }
        kv.get_many(bucket, keys).await
    }

    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        LosesPast500 {}.set_many(kv, bucket, pairs).await
    }
}

/// Whether values are too large for a call, together.
fn is_too_large<'a>(values: impl Iterator<Item = &'a Vec<u8>>) -> bool {
    values.map(Vec::len).sum::<usize>() > 128 << 10
}

#[async_trait]
impl Defect for Hides128KiB {
    async fn get_many(&self, kv: &dyn KeyValue, bucket: &str, keys: &[String]) -> Result<Values> {
        let all = kv.get_many(bucket, keys).await?;
        if is_too_large(all.iter().flatten()) {
            return Err(Error::new(Kind::Quota, "so much is not read at once"));
        }
        Ok(all)
    }

    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let lost = usize::from(is_too_large(pairs.iter().map(|(_, value)| value)));
        kv.set_many(bucket, &pairs[..pairs.len() - lost]).await
    }
}

#[async_trait]
impl Defect for Refuses128KiB {
    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        if is_too_large(pairs.iter().map(|(_, value)| value)) {
            return Err(Error::new(Kind::Quota, "the packet is too large"));
        }
        kv.set_many(bucket, pairs).await
    }
}

#[async_trait]
impl Defect for NotAtomicPair {
    async fn set_many(&self, kv: &dyn KeyValue, bucket: &str, pairs: &[(String, Vec<u8>)]) -> Result<()> {
        let before = kv.list(bucket, "", None, None).await?.keys;
        tokio::time::sleep(Duration::from_millis(2)).await;
        let now = kv.list(bucket, "", None, None).await?.keys;
        let others: Vec<_> = now.into_iter().filter(|key| !before.contains(key)).collect();
        kv.delete_many(bucket, &others).await?;
        kv.set_many(bucket, pairs).await
    }
}
