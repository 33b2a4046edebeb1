//! Listings, a page at a time.

use super::support::{MANY, PAGES, PART, THOUSANDS, fill, fill_by_parts, names, set};
use crate::{
    bench::{Bench, Bucket},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
    wire::keyvalue::{Op, Page, Seen},
};
use std::collections::BTreeSet;
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/store";
    listing_is_offered ["KV-STORE-S18"] [Need::Feature("listing")];
    empty_bucket_lists_nothing ["KV-STORE-11"] [];
    one_key_is_listed ["KV-STORE-12"] [];
    many_keys_are_all_listed ["KV-STORE-12", "KV-STORE-13", "KV-STORE-15", "KV-STORE-S11"] [];
    thousands_of_keys_are_all_listed ["KV-STORE-12", "KV-STORE-13"] [Need::Interface("batch")];
    listing_is_whole_where_a_page_ends ["KV-STORE-12"] [Need::Interface("batch")];
    large_bucket_is_not_refused ["KV-STORE-14", "KV-STORE-12"] [Need::Feature("paging")];
    listing_follows_writes_and_deletes ["KV-STORE-12", "KV-STORE-08"] [];
    listing_stays_in_its_bucket ["KV-STORE-21", "KV-STORE-12"] [Need::Labels];
    cursor_is_accepted_again ["KV-STORE-13"] [];
    cursor_works_on_another_handle ["KV-STORE-S09", "KV-STORE-13"] [Need::Feature("cursor-lifetime"), Need::Guests];
    invented_cursor_is_harmless ["KV-STORE-S08", "KV-STORE-22"] [];
    untouched_keys_survive_a_listing_during_deletes ["KV-STORE-S10"] [Need::Feature("stable-scan")];
    untouched_keys_survive_a_listing_during_writes ["KV-STORE-S10", "KV-STORE-16"] [Need::Feature("stable-scan")];
    all_keys_of_the_sdk_follows_the_cursor ["KV-STORE-12", "KV-STORE-13"] [];
    all_keys_of_the_sdk_of_an_empty_bucket ["KV-STORE-11"] [];
};

/// A host that declares listing answers.
async fn listing_is_offered(bench: &mut Bench) -> Outcome {
    bench.bucket(DEFAULT).await?.page(None).await.map(drop)
}

/// In a bucket without keys no page holds one, and the listing ends.
async fn empty_bucket_lists_nothing(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    expect_eq("the listing", bucket.keys().await?, [].into())?;
    bucket.set("k", "v").await?;
    bucket.delete("k").await?;
    expect_eq("the listing after a delete", bucket.keys().await?, [].into())
}

/// A bucket with one key lists that key.
async fn one_key_is_listed(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "v").await?;
    expect_eq("the listing", bucket.keys().await?, ["k".to_owned()].into())
}

/// Follows the cursor of each page once more, to keys that are there.
async fn accepted_again(bucket: &Bucket, pages: Vec<Page>, all: &BTreeSet<String>) -> Outcome {
    for cursor in pages.into_iter().filter_map(|page| page.cursor) {
        let again = set(bucket.page(Some(&cursor)).await?.keys);
        expect(again.is_subset(all), "a page", "keys of the bucket", &again)?;
    }
    Ok(())
}

/// However many pages it takes, every key is listed and no other.
async fn many_keys_are_all_listed(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &names("k", MANY)).await?;
    expect_eq("the listing", bucket.keys().await?, set(names("k", MANY)))
}

/// Also more keys than a backend answers at once, which the host has to ask for the rest.
async fn thousands_of_keys_are_all_listed(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill_by_parts(&bucket, &names("k", THOUSANDS)).await?;
    let pages = bucket.pages().await?;
    expect_eq("the listing", set(pages.iter().flat_map(|page| &page.keys)), set(names("k", THOUSANDS)))?;
    accepted_again(&bucket, pages, &set(names("k", THOUSANDS))).await
}

/// With one key more than the first page holds, and with exactly as many.
async fn listing_is_whole_where_a_page_ends(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill_by_parts(&bucket, &names("k", THOUSANDS)).await?;
    let first = set(bucket.page(None).await?.keys);
    let others = &set(names("k", THOUSANDS)) - &first;
    let mut left: Vec<_> = first.iter().chain(&others).collect();
    for count in [first.len() + 1, first.len()] {
        for part in left.split_off(count.min(left.len())).chunks(PART) {
            bucket.delete_many(part).await?;
        }
        expect_eq(&format!("the listing of {count}"), bucket.keys().await?, set(&left))?;
    }
    Ok(())
}

/// A bucket of many long names is listed, if not on one page then on several.
async fn large_bucket_is_not_refused(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let keys = names(&"long".repeat(50), MANY);
    fill(&bucket, &keys).await?;
    let pages = bucket.pages().await?;
    expect_eq("the listing", set(pages.iter().flat_map(|page| &page.keys)), set(keys))
}

/// A listing shows what is there now.
async fn listing_follows_writes_and_deletes(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &["a", "b", "c"]).await?;
    bucket.delete("b").await?;
    expect_eq("after a delete", bucket.keys().await?, set(["a", "c"]))?;
    fill(&bucket, &["b", "a", "d"]).await?;
    expect_eq("after more writes", bucket.keys().await?, set(["a", "b", "c", "d"]))
}

/// Each bucket lists its own keys.
async fn listing_stays_in_its_bucket(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let (one, two) = (guest.open(DEFAULT).await?, guest.open(OTHER).await?);
    fill(&one, &["both", "one"]).await?;
    fill(&two, &["both", "two"]).await?;
    expect_eq("one", one.keys().await?, set(["both", "one"]))?;
    expect_eq("the other", two.keys().await?, set(["both", "two"]))
}

/// Every cursor on the way is accepted, also a second time, and leads to keys of the bucket.
async fn cursor_is_accepted_again(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &names("k", MANY)).await?;
    accepted_again(&bucket, bucket.pages().await?, &set(names("k", MANY))).await
}

/// A listing can go on with another handle of the same bucket, in another guest too.
async fn cursor_works_on_another_handle(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    fill(&one, &names("k", MANY)).await?;
    let (mut page, mut found) = (one.page(None).await?, set::<&str>([]));
    for handle in [&two, &one].into_iter().cycle().take(PAGES) {
        found.extend(page.keys);
        let Some(cursor) = page.cursor else { break };
        page = handle.page(Some(&cursor)).await?;
    }
    expect_eq("the listing", found, set(names("k", MANY)))
}

/// A cursor that the host never gave out is refused, or leads to a page of the bucket: no trap, no other keys.
async fn invented_cursor_is_harmless(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &["a", "b"]).await?;
    for cursor in ["", "0", "1", "-1", "0.0", "0.", ".", "99.x", "garbage", "a", "../b", "\0", "%", "{}", "\u{1f680}"] {
        match bucket.attempt(|slot| Op::ListKeys((slot, Some(cursor.into())))).await? {
            Err(failure) => failure.is(&format!("list-keys({cursor:?})"), &[Kind::Other])?,
            Ok(Seen::Page(page)) => {
                expect(set(&page.keys).is_subset(&set(["a", "b"])), cursor, "no page but of this bucket", &page.keys)?;
            }
            Ok(seen) => expect(false, cursor, "a page", &seen)?,
        }
    }
    expect_eq("the listing", bucket.keys().await?, set(["a", "b"]))
}

/// Keys that vanish between pages, those where the page ended included, do not take others with them.
async fn untouched_keys_survive_a_listing_during_deletes(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &names("k", MANY)).await?;
    let (mut page, mut found, mut deleted) = (bucket.page(None).await?, set::<&str>([]), set::<&str>([]));
    for _ in 0..PAGES {
        for key in page.keys.iter().rev().take(5) {
            bucket.delete(key).await?;
            deleted.insert(key.clone());
        }
        found.extend(page.keys);
        let Some(cursor) = page.cursor else { break };
        page = bucket.page(Some(&cursor)).await?;
    }
    expect_eq("untouched and not listed", &(&set(names("k", MANY)) - &deleted) - &found, [].into())
}

/// Keys that appear or change between pages do not hide others.
async fn untouched_keys_survive_a_listing_during_writes(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &names("k", MANY)).await?;
    let (mut page, mut found) = (bucket.page(None).await?, set::<&str>([]));
    for number in 0..PAGES {
        fill(&bucket, &[format!("a-{number}"), format!("k-0000-{number}"), format!("z-{number}")]).await?;
        found.extend(page.keys);
        let Some(cursor) = page.cursor else { break };
        page = bucket.page(Some(&cursor)).await?;
    }
    expect_eq("untouched and not listed", &set(names("k", MANY)) - &found, [].into())
}

/// The SDK's iterator yields every key.
async fn all_keys_of_the_sdk_follows_the_cursor(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &names("k", MANY)).await?;
    expect_eq("all keys", set(bucket.all_keys().await?), set(names("k", MANY)))
}

/// The SDK's iterator over nothing ends.
async fn all_keys_of_the_sdk_of_an_empty_bucket(bench: &mut Bench) -> Outcome {
    expect_eq("all keys", bench.bucket(DEFAULT).await?.all_keys().await?, vec![])
}
