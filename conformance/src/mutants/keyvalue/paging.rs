//! Listings that lose keys, invent them, or do not end.

use super::*;
use std::collections::BTreeSet;
use wasi_cloud_core::keyvalue::MAX_PAGE;

rows! {
    FirstPageAgain "first-page-again" ["KV-STORE-12"] "A cursor is not looked at: every page is the first.";
    HidesLoneKey "hides-lone-key" ["KV-STORE-12"] "A list of one is taken for no list.";
    ListingIsCached { lists: Shared<BTreeMap<String, Page>> } "listing-is-cached" ["KV-STORE-12"]
        "A bucket is listed once, and from then on from memory.";
    PhantomKey "phantom-key" ["KV-STORE-11"] "An empty bucket lists the empty key, as splitting an empty text does.";
    ListsDeleted { deleted: Shared<BTreeMap<String, BTreeSet<String>>> } "lists-deleted" ["KV-STORE-11"]
        "A deleted key stays in the listing.";
    CursorWorksOnce { used: Shared<BTreeSet<(String, String)>> } "cursor-works-once" ["KV-STORE-13"]
        "A cursor is forgotten when it was used.";
    RefusesLarge "refuses-large" ["KV-STORE-14"] "A bucket that does not fit on a page is not listed.";
    InventedPanics "invented-cursor-panics" ["KV-STORE-S08"] "A cursor that the backend did not make panics the host.";
    EndsAtWrite { written: Shared<BTreeSet<String>> } "listing-ends-at-write" ["KV-STORE-S10"]
        "A listing ends where somebody writes between two pages.";
    LosesOneMore "loses-one-key-more" ["KV-STORE-12"]
        "A page is the last if at most one key is left: the one that was to tell whether there are more.";
    PagesByNumber "pages-by-number" ["KV-STORE-S10"]
        "A cursor says how many keys were listed: a key is lost when another is deleted between two pages.";
}

#[async_trait]
impl Defect for FirstPageAgain {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, _: Option<&str>, limit: Option<usize>) -> Result<Page> {
        kv.list(b, p, None, limit).await
    }
}

#[async_trait]
impl Defect for HidesLoneKey {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let page = kv.list(b, p, c, limit).await?;
        Ok(if page.keys.len() == 1 { Page { keys: Vec::new(), ..page } } else { page })
    }
}

#[async_trait]
impl Defect for ListingIsCached {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        if c.is_some() || !p.is_empty() {
            return kv.list(b, p, c, limit).await;
        }
        let fresh = kv.list(b, p, c, limit).await?;
        Ok(lock(&self.lists).entry(b.to_owned()).or_insert(fresh).clone())
    }
}

#[async_trait]
impl Defect for PhantomKey {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let mut page = kv.list(b, p, c, limit).await?;
        if c.is_none() && page.keys.is_empty() {
            page.keys.push(String::new());
        }
        Ok(page)
    }
}

#[async_trait]
impl Defect for ListsDeleted {
    async fn delete(&self, kv: &dyn KeyValue, bucket: &str, key: &str, condition: &Condition) -> Result<bool> {
        let was_there = kv.delete(bucket, key, condition).await?;
        if was_there {
            lock(&self.deleted).entry(bucket.to_owned()).or_default().insert(key.to_owned());
        }
        Ok(was_there)
    }
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let mut page = kv.list(b, p, c, limit).await?;
        let deleted = lock(&self.deleted).get(b).cloned().unwrap_or_default();
        page.keys.extend(deleted.into_iter().filter(|key| c.is_none() && key.starts_with(p)));
        Ok(page)
    }
}

#[async_trait]
impl Defect for CursorWorksOnce {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let first = c.is_none_or(|cursor| lock(&self.used).insert((b.to_owned(), cursor.to_owned())));
        if first { kv.list(b, p, c, limit).await } else { Err(Error::new(Kind::Invalid, "this listing has ended")) }
    }
}

#[async_trait]
impl Defect for RefusesLarge {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        match kv.list(b, p, c, limit).await? {
            page if limit.is_none() && page.cursor.is_some() => Err(Error::new(Kind::Quota, "too many keys to list")),
            page => Ok(page),
        }
    }
}

#[async_trait]
impl Defect for InventedPanics {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let page = kv.list(b, p, c, limit).await;
        assert!(c.is_none() || !matches!(&page, Err(e) if e.kind == Kind::Invalid), "a cursor can be decoded");
        page
    }
}

#[async_trait]
impl Defect for LosesOneMore {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let page = kv.list(b, p, c, limit).await?;
        let Some(cursor) = page.cursor.as_deref().filter(|_| limit.is_none()) else { return Ok(page) };
        let rest = kv.list(b, p, Some(cursor), Some(2)).await?.keys;
        Ok(if rest.len() <= 1 { Page { cursor: None, ..page } } else { page })
    }
}

#[async_trait]
impl Defect for PagesByNumber {
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let bad = |_| Error::new(Kind::Invalid, "not a cursor");
        let listed = c.map(str::parse::<usize>).transpose().map_err(bad)?.unwrap_or_default();
        let mut all = kv.list(b, p, None, Some(MAX_PAGE)).await?.keys;
        all.sort();
        let keys: Vec<_> = all.iter().skip(listed).take(limit.unwrap_or(100)).cloned().collect();
        let next = listed + keys.len();
        Ok(Page { keys, cursor: (next < all.len()).then(|| next.to_string()) })
    }
}

#[async_trait]
impl Defect for EndsAtWrite {
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        lock(&self.written).insert(b.to_owned());
        kv.put(b, k, v, options).await
    }
    async fn list(&self, kv: &dyn KeyValue, b: &str, p: &str, c: Option<&str>, limit: Option<usize>) -> Result<Page> {
        let changed = lock(&self.written).remove(b);
        if c.is_some() && changed { Ok(Page::default()) } else { kv.list(b, p, c, limit).await }
    }
}
