use super::{Bucket, Cas, Page, SwapError};
use crate::{Error, Kind, Result};

/// How often [`Bucket::update`] tries before it gives up.
pub const MAX_UPDATES: usize = 1000;

/// Helpers, made of the calls above
impl Bucket {
    /// Iterates over all keys, a page at a time, in any order. A key may come twice, and what others write meanwhile
    /// may be missing or listed (KV-STORE-12, KV-STORE-16, KV-STORE-S11).
    ///
    /// Ends after the first error: that of [`list_page`](Self::list_page), or `Other` if the host returns the page
    /// and the cursor that it returned before, so that a broken host cannot keep the component busy for ever.
    ///
    /// ```
    /// # use wasi_cloud_sdk::{Result, keyvalue::Bucket};
    /// # fn main() -> Result<()> {
    /// # let bucket = Bucket::open("default")?;
    /// bucket.set_many(&[("a", "1"), ("b", "2")])?;
    /// let mut keys = bucket.keys().collect::<Result<Vec<_>>>()?;
    /// keys.sort();
    /// keys.dedup();
    /// assert_eq!(keys, ["a", "b"]);
    /// # Ok(()) }
    /// ```
    pub fn keys(&self) -> Keys<'_> {
        Keys::new(|cursor| self.list_page(cursor))
    }

    /// Changes a value with compare-and-swap: `change` gets the current value, `None` if the key is absent, and returns
    /// the new one. If another write comes first it is called again with the value of that write. If it returns `None`,
    /// nothing is written. Returns what was written.
    ///
    /// ```
    /// # use wasi_cloud_sdk::{Result, keyvalue::Bucket};
    /// # fn main() -> Result<()> {
    /// # let bucket = Bucket::open("default")?;
    /// bucket.update("log", |old| {
    ///     let mut log = old.unwrap_or_default();
    ///     log.extend_from_slice(b"one more line\n");
    ///     Some(log)
    /// })?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`Cas`]. `Conflict` if others came first [`MAX_UPDATES`] times; then nothing was written. After an
    /// error with `Applied::Maybe` the change may have been written.
    pub fn update(
        &self,
        key: &str,
        mut change: impl FnMut(Option<Vec<u8>>) -> Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>> {
        self.try_update(key, |old| Ok(change(old)))
    }

    /// [`update`](Self::update) with a change that can fail: then nothing is written, and its error is returned.
    ///
    /// # Errors
    /// Those of [`update`](Self::update), and those of `change`.
    pub fn try_update<E: From<Error>>(
        &self,
        key: &str,
        mut change: impl FnMut(Option<Vec<u8>>) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<Vec<u8>>, E> {
        let mut cas = Cas::new(self, key)?;
        for _ in 0..MAX_UPDATES {
            let Some(value) = change(cas.current()?)? else { return Ok(None) };
            match cas.swap(&value) {
                Ok(()) => return Ok(Some(value)),
                Err(SwapError::Failed(fresh)) => cas = fresh,
                Err(SwapError::Store(error)) => return Err(error.into()),
            }
        }
        Err(Error::new(Kind::Conflict, format!("other writers came first {MAX_UPDATES} times")).into())
    }
}

type List<'a> = Box<dyn FnMut(Option<&str>) -> Result<Page> + 'a>;

/// See [`Bucket::keys`].
pub struct Keys<'a> {
    list: List<'a>,
    /// The last page as it came, to notice a host that goes round in circles.
    last: Option<Page>,
    keys: std::vec::IntoIter<String>,
}

impl std::fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("last", &self.last).finish_non_exhaustive()
    }
}

impl<'a> Keys<'a> {
    fn new(list: impl FnMut(Option<&str>) -> Result<Page> + 'a) -> Self {
        Self { list: Box::new(list), last: None, keys: Vec::new().into_iter() }
    }

    /// Fetches the page after the last one; `None` if that was the end.
    fn turn(&mut self) -> Option<Result<()>> {
        let cursor = match &self.last {
            None => None,
            Some(Page { cursor: None, .. }) => return None,
            Some(Page { cursor, .. }) => cursor.as_deref(),
        };
        let page = match (self.list)(cursor) {
            Ok(page) if page.cursor.is_some() && self.last.as_ref() == Some(&page) => {
                Err(Error::new(Kind::Other, "the host lists the same page again and again"))
            }
            page => page,
        };
        let (page, turned) = match page {
            Ok(page) => (page, Ok(())),
            Err(error) => (Page { keys: Vec::new(), cursor: None }, Err(error)),
        };
        self.keys = page.keys.clone().into_iter();
        self.last = Some(page);
        Some(turned)
    }
}

impl Iterator for Keys<'_> {
    type Item = Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(key) = self.keys.next() {
                return Some(Ok(key));
            }
            if let Err(error) = self.turn()? {
                return Some(Err(error));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(keys: &[&str], cursor: Option<&str>) -> Page {
        Page { keys: keys.iter().map(|k| (*k).to_owned()).collect(), cursor: cursor.map(str::to_owned) }
    }

    /// Iterates over these pages, the last of them again and again.
    fn keys(pages: Vec<Page>) -> Vec<Result<String>> {
        let mut at = 0;
        let keys = Keys::new(move |cursor| {
            let expected = (at > 0).then(|| pages[at.min(pages.len()) - 1].cursor.as_deref()).flatten();
            assert_eq!(cursor, expected);
            at += 1;
            Ok(pages[at.min(pages.len()) - 1].clone())
        });
        keys.take(100).collect()
    }

    #[test]
    fn empty_pages_and_repeated_keys_are_no_end() {
        let pages = vec![page(&[], Some("1")), page(&["a", "b"], Some("2")), page(&[], Some("3")), page(&["a"], None)];
        let keys: Vec<_> = keys(pages).into_iter().map(|key| key.expect("a key")).collect();
        assert_eq!(keys, ["a", "b", "a"]);
        assert_eq!(self::keys(vec![page(&[], None)]), []);
    }

    #[test]
    fn one_cursor_for_different_pages_is_progress() {
        let pages = vec![page(&["a"], Some("scan")), page(&["b"], Some("scan")), page(&["c"], None)];
        assert_eq!(keys(pages).len(), 3);
    }

    #[test]
    fn a_host_that_goes_round_in_circles_is_an_error() {
        for stuck in [page(&[], Some("x")), page(&["a"], Some("x"))] {
            let seen = keys(vec![page(&["first"], Some("0")), stuck.clone()]);
            assert_eq!(seen.len(), 2 + stuck.keys.len());
            assert_eq!(seen.last().and_then(|last| last.as_ref().err()).map(|e| e.kind), Some(Kind::Other));
        }
    }
}
