//! Listings by prefix that go wrong.

use super::{Cut, Defect};
use crate::mutants::{Row, rows};
use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{
    Error, Kind, Result,
    keyvalue::{KeyValue, Page},
};

rows! {
    StrangeCursorStarts "strange-cursor-starts" ["KVX-48"] "A cursor that makes no sense lists from the beginning.";
    RefusesHugePages "refuses-huge-pages" ["KVX-44"] "A page of 1,000 keys or more is refused.";
    NoMatchListsAll "no-match-lists-all" ["KVX-40"] "A prefix that no key has lists all keys.";
    PrefixIsAPattern "prefix-is-a-pattern" ["KVX-40"] "A `*` in a prefix stands for anything.";
    LimitIsPerListing "limit-is-per-listing" ["KVX-44"] "After `limit` keys there is no cursor.";
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
