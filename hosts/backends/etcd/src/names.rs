//! What keys are called: key `k` of bucket `b` is `b/k`, with `%` and `/` of the bucket escaped. So no bucket's names
//! begin with those of another, and a key is never escaped.

/// The name of a key, or what the names of all keys with this prefix begin with.
pub(crate) fn name(bucket: &str, key: &str) -> String {
    format!("{}/{key}", bucket.replace('%', "%25").replace('/', "%2F"))
}

/// The first name after all that begin with `name`, which is UTF-8: its last byte is not the last byte that there is.
pub(crate) fn end(name: &str) -> Vec<u8> {
    let mut end = name.as_bytes().to_vec();
    if let Some(last) = end.last_mut() {
        *last = last.saturating_add(1);
    }
    end
}

/// The key that a name stands for, or `None`: another program's name that no key of ours has.
pub(crate) fn key(bucket: &str, name: &[u8]) -> Option<String> {
    let key = name.strip_prefix(self::name(bucket, "").as_bytes())?;
    std::str::from_utf8(key).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn no_two_names_are_one_and_each_comes_back() {
        let mut seen = BTreeSet::new();
        for bucket in hostile() {
            let all = name(&bucket.text, "");
            for k in hostile() {
                let name = name(&bucket.text, &k.text);
                assert_eq!(key(&bucket.text, name.as_bytes()).as_deref(), Some(&*k.text), "{name}");
                assert!(*name.as_bytes() > *all.as_bytes() && *name.as_bytes() < *end(&all), "{name}");
                assert!(seen.insert(name));
            }
        }
        let buckets: BTreeSet<_> = hostile().iter().map(|bucket| name(&bucket.text, "")).collect();
        assert!(buckets.iter().all(|one| buckets.iter().all(|other| one == other || !one.starts_with(&**other))));
    }

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(name("sessions", "user/1%"), "sessions/user/1%");
        assert_eq!(name("a/b%", ""), "a%2Fb%25/");
        assert_eq!((key("b", b"b/\xff"), key("b", b"b"), key("b", b"bb/a")), (None, None, None));
        assert_eq!(key("b", b"b/").as_deref(), Some(""));
    }
}
