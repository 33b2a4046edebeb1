//! Listings by prefix.

use super::support::{MANY, PAGES, THOUSANDS, fill_by_parts, fill_ext, names, refused, set};
use crate::{
    bench::{Bench, ExtBucket},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
    wire::keyvalue_ext::{Condition, Listing, Op},
};
use std::collections::BTreeSet;
use wasi_cloud_core::{Kind, escape::hostile};

pub const CASES: &[Case] = cases! { "keyvalue/extension";
    empty_prefix_lists_all ["KVX-40", "KVX-44"] [];
    prefix_lists_what_begins_with_it ["KVX-40"] [];
    prefix_is_no_pattern ["KVX-40"] [];
    prefix_without_keys_lists_nothing ["KVX-40"] [];
    page_holds_at_most_the_limit ["KVX-41", "KVX-44", "KVX-47"] [];
    limit_may_change_from_page_to_page ["KVX-41", "KVX-44"] [];
    limit_of_zero_is_invalid ["KVX-42"] [];
    huge_limit_is_taken ["KVX-44", "KVX-43"] [];
    many_keys_are_all_listed ["KVX-44", "KVX-40"] [];
    thousands_of_keys_are_all_listed ["KVX-44", "KVX-40"] [Need::Interface("batch"), Need::Guests];
    longest_keys_are_listed_one_by_one ["KVX-44", "KV-STORE-S02"] [Need::Limit("max-key-size")];
    no_key_comes_twice ["KVX-45"] [Need::Feature("exact-listing")];
    invented_cursor_is_invalid ["KVX-48", "KVX-72"] [];
    untouched_keys_survive_a_listing_during_changes ["KVX-44", "KVX-46"] [];
    cursor_works_in_another_guest ["KVX-44"] [Need::Guests];
    listing_stays_in_its_bucket ["KV-STORE-21", "KVX-40"] [Need::Labels];
};

async fn listed(bucket: &ExtBucket, prefix: &str, limit: u32) -> Outcome<BTreeSet<String>> {
    Ok(set(bucket.pages(prefix, limit).await?.into_iter().flat_map(|page| page.keys)))
}

/// Every key begins with nothing.
async fn empty_prefix_lists_all(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    expect_eq("an empty bucket", listed(&bucket, "", 10).await?, [].into())?;
    let keys: Vec<_> = hostile().into_iter().map(|string| string.text).collect();
    fill_ext(&bucket, &keys).await?;
    expect_eq("the listing", listed(&bucket, "", 10).await?, set(keys))
}

/// A prefix is compared byte by byte, and a key is a prefix of itself.
async fn prefix_lists_what_begins_with_it(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    fill_ext(&bucket, &["a", "ab", "abc", "b", "ba", "A", "Ab", "a/b", "\u{e9}", "e\u{301}", "\u{e9}t\u{e9}"]).await?;
    // No letter is so late that what begins with the prefix could end before it.
    fill_ext(&bucket, &["a\u{10ffff}", "a\u{10ffff}b", "ab\u{1f680}"]).await?;
    let all = ["a", "ab", "abc", "a/b", "a\u{10ffff}", "a\u{10ffff}b", "ab\u{1f680}"];
    expect_eq("a", listed(&bucket, "a", 10).await?, set(all))?;
    expect_eq("a\u{10ffff}", listed(&bucket, "a\u{10ffff}", 10).await?, set(["a\u{10ffff}", "a\u{10ffff}b"]))?;
    expect_eq("ab", listed(&bucket, "ab", 10).await?, set(["ab", "abc", "ab\u{1f680}"]))?;
    expect_eq("abc", listed(&bucket, "abc", 10).await?, set(["abc"]))?;
    expect_eq("a/", listed(&bucket, "a/", 10).await?, set(["a/b"]))?;
    expect_eq("\u{e9}", listed(&bucket, "\u{e9}", 10).await?, set(["\u{e9}", "\u{e9}t\u{e9}"]))
}

/// Signs that stand for others in patterns, paths and escapes stand for themselves.
async fn prefix_is_no_pattern(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let keys: Vec<_> = hostile().into_iter().map(|string| string.text).collect();
    fill_ext(&bucket, &keys).await?;
    let signs = ["*", "?", "[a-z]", "a*", "a?", "[", "\\", "%", "a%", "_", ".", "..", "{", "^", "$", "\0", ":", "/"];
    for prefix in signs.into_iter().chain(keys.iter().map(|key| &**key)) {
        let expected = set(keys.iter().filter(|key| key.starts_with(prefix)));
        expect_eq(&format!("the keys with {prefix:?}"), listed(&bucket, prefix, 100).await?, expected)?;
    }
    Ok(())
}

/// A prefix that no key has lists nothing, and the listing ends.
async fn prefix_without_keys_lists_nothing(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    fill_ext(&bucket, &["a", "b"]).await?;
    for prefix in ["c", "A", "aa", " ", "a "] {
        expect_eq(&format!("the keys with {prefix:?}"), listed(&bucket, prefix, 10).await?, [].into())?;
    }
    Ok(())
}

/// No page is larger than asked for, and the pages are all there is.
async fn page_holds_at_most_the_limit(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    fill_ext(&bucket, &names("k", 30)).await?;
    for limit in [1, 2, 7, 29, 30, 31] {
        let pages = bucket.pages("k", limit).await?;
        let largest = pages.iter().map(|page| page.keys.len()).max().unwrap_or_default();
        expect(largest <= limit as usize, "the largest page", &format!("at most {limit} keys"), largest)?;
        expect_eq("the listing", set(pages.into_iter().flat_map(|page| page.keys)), set(names("k", 30)))?;
    }
    Ok(())
}

/// Each page has the limit that it was asked for with.
async fn limit_may_change_from_page_to_page(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    fill_ext(&bucket, &names("k", 30)).await?;
    let (mut cursor, mut found) = (None, set::<&str>([]));
    for limit in [5, 1, 10, 3].into_iter().cycle().take(PAGES) {
        let page = bucket.page("", cursor.as_deref(), limit).await?;
        expect(page.keys.len() <= limit as usize, "a page", &format!("at most {limit} keys"), &page.keys)?;
        found.extend(page.keys);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    expect_eq("the listing", found, set(names("k", 30)))
}

fn list(prefix: &str, cursor: Option<&str>, limit: u32) -> Listing {
    Listing { prefix: prefix.into(), cursor: cursor.map(Into::into), limit }
}

/// A listing that would never end is refused, in an empty bucket too.
async fn limit_of_zero_is_invalid(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    refused(&bucket, |slot| Op::ListKeys((slot, list("", None, 0))), Kind::Invalid).await?;
    fill_ext(&bucket, &["a"]).await?;
    refused(&bucket, |slot| Op::ListKeys((slot, list("", None, 0))), Kind::Invalid).await?;
    refused(&bucket, |slot| Op::ListKeys((slot, list("a", None, 0))), Kind::Invalid).await
}

/// A limit above the host's maximum is lowered, not refused.
async fn huge_limit_is_taken(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    fill_ext(&bucket, &names("k", 20)).await?;
    for limit in [1000, 1001, 1 << 31, u32::MAX] {
        expect_eq("the listing", listed(&bucket, "", limit).await?, set(names("k", 20)))?;
    }
    Ok(())
}

/// However many pages it takes and whatever else is there, every key with the prefix is listed, and no other.
async fn many_keys_are_all_listed(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    fill_ext(&bucket, &names("k", MANY)).await?;
    fill_ext(&bucket, &names("l", 50)).await?;
    expect_eq("k", listed(&bucket, "k-", 100).await?, set(names("k", MANY)))?;
    expect_eq("l", listed(&bucket, "l-", 7).await?, set(names("l", 50)))?;
    expect_eq("k-05", listed(&bucket, "k-05", 1000).await?.len(), 100)
}

/// Also more keys than a backend answers at once, and those with a prefix that the first thousands have not.
async fn thousands_of_keys_are_all_listed(bench: &mut Bench) -> Outcome {
    let (bucket, plain) = (bench.ext_bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    let keys = names("k", THOUSANDS);
    fill_by_parts(&plain, &keys).await?;
    expect_eq("k", listed(&bucket, "k-", 1000).await?, set(&keys))?;
    expect_eq("k-1", listed(&bucket, "k-1", 1000).await?, set(&keys[1000..2000]))?;
    expect_eq("k-20", listed(&bucket, "k-20", 7).await?, set(&keys[2000..]))
}

/// A cursor has room for the longest key, and tells those apart that differ in their end.
async fn longest_keys_are_listed_one_by_one(bench: &mut Bench) -> Outcome {
    let stem = "k".repeat(bench.most("max-key-size")? - 1);
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let keys = ["", "a", "b", "c"].map(|end| format!("{stem}{end}"));
    fill_ext(&bucket, &keys).await?;
    expect_eq("the listing", listed(&bucket, "", 1).await?, set(&keys))?;
    expect_eq("the listing of the stem", listed(&bucket, &stem, 1).await?, set(&keys))
}

/// While nobody writes, each key is listed once.
async fn no_key_comes_twice(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    fill_ext(&bucket, &names("k", 100)).await?;
    for limit in [1, 9, 100] {
        let keys: Vec<_> = bucket.pages("", limit).await?.into_iter().flat_map(|page| page.keys).collect();
        expect_eq("the number of keys", keys.len(), 100)?;
        expect_eq("the listing", set(keys), set(names("k", 100)))?;
    }
    Ok(())
}

/// A cursor that the host never gave out is `invalid`.
async fn invented_cursor_is_invalid(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    fill_ext(&bucket, &names("k", 10)).await?;
    for cursor in ["", "garbage", "k-0001", "-1", "../b", "\0", "%", "{}", "\u{1f680}", "no.cursor", "0.no cursor"] {
        refused(&bucket, |slot| Op::ListKeys((slot, list("", Some(cursor), 5))), Kind::Invalid).await?;
    }
    expect_eq("the listing", listed(&bucket, "", 5).await?, set(names("k", 10)))
}

/// Writes keys before, among and behind the others and deletes some of those that were listed: these.
async fn disturb(bucket: &ExtBucket, round: usize, listed: &[String]) -> Outcome<Vec<String>> {
    fill_ext(bucket, &[format!("a{round}"), format!("k-0000-{round}"), format!("z{round}")]).await?;
    let last: Vec<_> = listed.iter().rev().take(3).cloned().collect();
    for key in &last {
        bucket.delete(key, Condition::Always).await?;
    }
    Ok(last)
}

/// Whatever is written and deleted meanwhile, what nobody touches is listed.
async fn untouched_keys_survive_a_listing_during_changes(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    fill_ext(&bucket, &names("k", 100)).await?;
    let (mut page, mut found, mut deleted) = (bucket.page("k", None, 10).await?, set::<&str>([]), set::<&str>([]));
    for round in 0..PAGES {
        deleted.extend(disturb(&bucket, round, &page.keys).await?);
        found.extend(page.keys);
        let Some(cursor) = page.cursor else { break };
        page = bucket.page("k", Some(&cursor), 10).await?;
    }
    expect_eq("untouched and not listed", &(&set(names("k", 100)) - &deleted) - &found, [].into())
}

/// A listing can go on in another guest of the same component.
async fn cursor_works_in_another_guest(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.ext_bucket(DEFAULT).await?, bench.ext_bucket(DEFAULT).await?);
    fill_ext(&one, &names("k", 30)).await?;
    let (mut cursor, mut found) = (None, set::<&str>([]));
    for handle in [&one, &two].into_iter().cycle().take(PAGES) {
        let page = handle.page("k", cursor.as_deref(), 4).await?;
        found.extend(page.keys);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    expect_eq("the listing", found, set(names("k", 30)))
}

/// Each bucket lists its own keys.
async fn listing_stays_in_its_bucket(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue_ext().await?;
    let (one, two) = (guest.open(DEFAULT).await?, guest.open(OTHER).await?);
    fill_ext(&one, &["both", "one"]).await?;
    fill_ext(&two, &["both", "two"]).await?;
    expect_eq("one", listed(&one, "", 1).await?, set(["both", "one"]))?;
    expect_eq("the other", listed(&two, "", 1).await?, set(["both", "two"]))
}
