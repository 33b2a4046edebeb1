//! Listings by prefix that go wrong.

use super::{Cut, Defect};
use crate::mutants::{Row, rows};
use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{
    Error, Kind, Result,
    keyvalue::{KeyValue, MAX_PAGE, Page},
};

rows! {
    StrangeCursorStarts "strange-cursor-starts" ["KVX-48"] "A cursor that makes no sense lists from the beginning.";
    RefusesHugePages "refuses-huge-pages" ["KVX-44"] "A page of 1,000 keys or more is refused.";
    NoMatchListsAll "no-match-lists-all" ["KVX-40"] "A prefix that no key has lists all keys.";
    PrefixIsAPattern "prefix-is-a-pattern" ["KVX-40"] "A `*` in a prefix stands for anything.";
    LimitIsPerListing "limit-is-per-listing" ["KVX-44"] "After `limit` keys there is no cursor.";
    ListsAThousand "lists-a-thousand" ["KV-STORE-12", "KVX-44"]
        "The backend answers a thousand keys at once, and is not asked for the rest.";
    PrefixEndsAtFfff "prefix-ends-at-ffff" ["KVX-40"] "The last key with a prefix is the prefix and U+FFFF.";
    CursorOf255Bytes "cursor-of-255-bytes" ["KVX-44"]
        "A cursor is the first 255 bytes of the last key, and what begins with them is passed over.";
}

#[async_trait]
impl Defect for StrangeCursorStarts {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        match kv.list(b, p, c, limit).await {
            Err(e) if e.kind == Kind::Invalid => kv.list(b, p, None, limit).await,
            page => page,
        }
    }
}

#[async_trait]
impl Defect for RefusesHugePages {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        if limit.is_some_and(|limit| limit >= 1000) {
            return Err(Error::new(Kind::Quota, "a page has at most 999 keys"));
        }
        kv.list(b, p, c, limit).await
    }
}

#[async_trait]
impl Defect for NoMatchListsAll {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let page = kv.list(b, p, c, limit).await?;
        if page == Page::default() && c.is_none() { kv.list(b, "", None, limit).await } else { Ok(page) }
    }
}

#[async_trait]
impl Defect for PrefixIsAPattern {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        kv.list(b, p.split('*').next().unwrap_or_default(), c, limit).await
    }
}

#[async_trait]
impl Defect for LimitIsPerListing {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let page = kv.list(b, p, c, limit).await?;
        Ok(if limit.is_some() { Page { cursor: None, ..page } } else { page })
    }
}

#[async_trait]
impl Defect for ListsAThousand {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let known = kv.list(b, p, None, Some(MAX_PAGE)).await?.keys;
        let mut page = kv.list(b, p, c, limit).await?;
        page.keys.retain(|key| known.contains(key));
        let ends = page.keys.last() == known.last();
        Ok(if ends { Page { cursor: None, ..page } } else { page })
    }
}

#[async_trait]
impl Defect for PrefixEndsAtFfff {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let mut page = kv.list(b, p, c, limit).await?;
        let last = format!("{p}\u{ffff}");
        page.keys.retain(|key| p.is_empty() || *key <= last);
        Ok(page)
    }
}

#[async_trait]
impl Defect for CursorOf255Bytes {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let mut page = kv.list(b, p, c, limit).await?;
        let last = page.keys.last().cloned().unwrap_or_default();
        let is_behind =
            |key: &String| last.len() <= 255 || key.as_bytes()[..255.min(key.len())] != last.as_bytes()[..255];
        while let Some(cursor) = &page.cursor {
            let next = kv.list(b, p, Some(cursor), Some(1)).await?;
            if next.keys.iter().all(is_behind) {
                break;
            }
            page.cursor = next.cursor;
        }
        Ok(page)
    }
}
