//! Keys that are taken for others, or not taken.

use super::*;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use wasi_cloud_core::{describe::limit::MAX_KEY_SIZE, keyvalue::MAX_PAGE};

rows! {
    ComposesKeys "composes-keys" ["KV-STORE-S04"] "Keys are normalised: a letter and its accent become one.";
    CollatesKeys "collates-keys" ["KV-STORE-S04"] "Keys are compared as in a dictionary, which knows no wide letters and no marks.";
    ReadsHashTags "reads-hash-tags" ["KV-STORE-S05"] "What stands in braces is the name of the key.";
    Keeps16Bits "keys-of-16-bits" ["KV-STORE-S05"] "A letter has 16 bits, and any other is replaced.";
    RefusesLongest "refuses-longest-key" ["KV-STORE-S02"] "A key must be shorter than the limit.";
    CountsEscapes "limit-counts-escapes" ["KV-STORE-S02"] "The limit of keys counts how the backend spells them.";
    FindsByLike "finds-by-like" ["KV-STORE-10"] "`exists` asks an SQL server with `LIKE`.";
    TrimsKeys "trims-keys" ["KV-STORE-S05"] "White space at a key's ends is trimmed.";
    UnescapesKeys "unescapes-keys" ["KV-STORE-S05"] "Keys are decoded as if they came in a URL.";
    EscapesUnmarked "escapes-unmarked" ["KV-STORE-S05"] "`/` is spelled `%2F`, and `%2F` as well.";
    ReplacesUnsafe "replaces-unsafe" ["KV-STORE-S05"] "What a file name cannot hold becomes `_`.";
    CutsKeysAtNul "cuts-keys-at-nul" ["KV-STORE-S05"] "A key ends at its first NUL.";
    CutsLongKeys "cuts-long-keys" ["KV-STORE-S05"] "A key's first 64 letters are its name.";
    CutsKeysAtLimit "cuts-keys-at-255" ["KV-STORE-S05"] "A key's first 255 bytes are its name.";
    ReadsNumbers "keys-are-numbers" ["KV-STORE-S05"] "A key that looks like a number is one.";
    TurnsBackslashes "turns-backslashes" ["KV-STORE-S05"] "A backslash separates as a slash does.";
    DeletesByPrefix "deletes-by-prefix" ["KV-STORE-S05"] "To delete a key deletes every key that begins with it.";
    FindsByPattern "finds-by-pattern" ["KV-STORE-10"] "`exists` asks with a pattern, and a key can be one.";
    ListsSpelling "lists-spelling" ["KV-STORE-12"] "A listing shows keys as the backend spells them.";
    RefusesColonToSet "refuses-colon-to-set" ["KV-STORE-S03"] "A key with a colon can be read and not be written.";
    RefusesEmptyToSet "refuses-empty-to-set" ["KV-STORE-S01"] "The empty key can be read and not be written.";
    LeavesBucket "climbs-out" ["KV-STORE-21"] "A key with `../` leads into the bucket that it names.";
}

/// A defect of how keys are spelled.
macro_rules! spells {
    ($($defect:ident: |$key:ident| $spelled:expr;)+) => {
        $(impl Defect for $defect {
            fn key(&self, $key: &str) -> String {
                $spelled
            }
        })+
    };
}
spells! {
    ComposesKeys: |key| key.replace("e\u{301}", "\u{e9}");
    CollatesKeys: |key| {
        let plain = key.replace('\u{fb01}', "fi").replace('\u{df}', "ss").replace('\u{ff41}', "a");
        plain.replace(['\u{200d}', '\u{202e}', '\u{feff}'], "")
    };
    ReadsHashTags: |key| {
        let tag = key.split_once('{').and_then(|(_, rest)| rest.split_once('}')).map(|(tag, _)| tag);
        tag.filter(|tag| !tag.is_empty()).unwrap_or(key).to_owned()
    };
    Keeps16Bits: |key| key.chars().map(|letter| if letter > '\u{ffff}' { '\u{fffd}' } else { letter }).collect();
    TrimsKeys: |key| key.trim().to_owned();
    UnescapesKeys: |key| percent_decode_str(key).decode_utf8_lossy().into_owned();
    ReplacesUnsafe: |key| key.replace(['/', '\\', ':', '*', '?', '"', '<', '>', '|', ' '], "_");
    CutsKeysAtNul: |key| key.split('\0').next().unwrap_or_default().to_owned();
    CutsLongKeys: |key| key.chars().take(64).collect();
    CutsKeysAtLimit: |key| String::from_utf8_lossy(&key.as_bytes()[..key.len().min(255)]).into_owned();
    ReadsNumbers: |key| key.parse::<u64>().map_or_else(|_| key.to_owned(), |number| number.to_string());
    TurnsBackslashes: |key| key.replace('\\', "/");
}

#[async_trait]
impl Defect for EscapesUnmarked {
    fn key(&self, key: &str) -> String {
        key.replace('/', "%2F")
    }
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let page = kv.list(b, &self.key(p), c, limit).await?;
        Ok(Page { keys: page.keys.iter().map(|key| key.replace("%2F", "/")).collect(), ..page })
    }
}

#[async_trait]
impl Defect for DeletesByPrefix {
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        let was_there = kv.delete(bucket, key, condition).await?;
        let longer = kv.list(bucket, key, None, Some(MAX_PAGE)).await?.keys;
        kv.delete_many(bucket, &longer).await?;
        Ok(was_there)
    }
}

/// Whether a key is there that fits the pattern.
async fn found(kv: &dyn KeyValue, bucket: &str, key: &str, pattern: &str) -> Result<bool> {
    let keys = kv.list(bucket, "", None, Some(MAX_PAGE)).await?.keys;
    let pattern = globset::GlobBuilder::new(pattern).build().map(|glob| glob.compile_matcher());
    Ok(kv.exists(bucket, key).await? || pattern.is_ok_and(|pattern| keys.iter().any(|key| pattern.is_match(key))))
}

#[async_trait]
impl Defect for FindsByPattern {
    async fn exists(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<bool> {
        found(kv, bucket, key, key).await
    }
}

#[async_trait]
impl Defect for FindsByLike {
    async fn exists(&self, kv: &dyn KeyValue, bucket: &str, key: &str) -> Result<bool> {
        found(kv, bucket, key, &globset::escape(key).replace('%', "*").replace('_', "?")).await
    }
}

#[async_trait]
impl Defect for RefusesLongest {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let most = kv.describe().limits.get(MAX_KEY_SIZE).copied().unwrap_or(u64::MAX);
        if k.len() as u64 >= most {
            return Err(Error::new(Kind::Quota, "the key is too long"));
        }
        kv.put(b, k, v, options).await
    }
}

#[async_trait]
impl Defect for CountsEscapes {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        if !kv.describe().admits(MAX_KEY_SIZE, utf8_percent_encode(k, NON_ALPHANUMERIC).to_string().len()) {
            return Err(Error::new(Kind::Quota, "the key is too long"));
        }
        kv.put(b, k, v, options).await
    }
}

#[async_trait]
impl Defect for ListsSpelling {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        const SPELLED: &percent_encoding::AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
        let page = kv.list(b, p, c, limit).await?;
        Ok(Page { keys: page.keys.iter().map(|key| utf8_percent_encode(key, SPELLED).to_string()).collect(), ..page })
    }
}

#[async_trait]
impl Defect for RefusesColonToSet {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        if k.contains(':') {
            return Err(Error::new(Kind::Invalid, "a key may not hold a colon"));
        }
        kv.put(b, k, v, options).await
    }
}

#[async_trait]
impl Defect for RefusesEmptyToSet {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        if k.is_empty() {
            return Err(Error::new(Kind::Invalid, "a key may not be empty"));
        }
        kv.put(b, k, v, options).await
    }
}

#[async_trait]
impl Defect for LeavesBucket {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let folder = b.rsplit_once('-').map_or(b, |(deployment, _)| deployment);
        match k.strip_prefix("../").and_then(|path| path.split_once('/')) {
            Some((other, key)) => kv.put(&format!("{folder}-{other}"), key, v, options).await,
            None => kv.put(b, k, v, options).await,
        }
    }
}
