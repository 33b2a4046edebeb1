//! Config: `wasi:config`. The pairs are [`CONFIG`].

use super::{Case, Need, cases, deployment::CONFIG};
use crate::{
    bench::{Bench, Failure},
    outcome::{Outcome, expect, expect_eq, measured},
    wire::config::Op,
};
use std::collections::BTreeMap;
use wasi_cloud_core::{
    Kind,
    escape::hostile,
    layer::{FaultRule, Moment},
};

/// Every file of cases.
pub const CASES: &[&[Case]] = &[STORE];

const STORE: &[Case] = cases! { "config/store";
    get_configured_key ["CFG-STORE-01"] [];
    get_missing_key ["CFG-STORE-02"] [];
    empty_string_is_a_value ["CFG-STORE-06"] [Need::Feature("exact-config")];
    get_all_has_every_pair ["CFG-STORE-03"] [];
    large_value_arrives_whole ["CFG-STORE-S06", "CFG-STORE-01"] [];
    get_all_agrees_with_get ["CFG-STORE-04", "CFG-STORE-03"] [Need::Feature("exact-config")];
    no_key_comes_twice ["CFG-STORE-S03"] [];
    keys_are_not_folded ["CFG-STORE-S02"] [];
    strange_keys_are_missing_or_refused ["CFG-STORE-S01", "CFG-STORE-02", "CFG-STORE-05"] [];
    nothing_else_is_visible ["CFG-STORE-S05", "CFG-STORE-02"] [];
    values_stay_while_a_guest_lives ["CFG-STORE-S04"] [];
    every_guest_sees_the_same ["CFG-STORE-01", "CFG-STORE-03"] [];
    two_guests_read_at_once ["CFG-STORE-01", "CFG-STORE-03"] [];
    read_grant_is_enough_and_write_grant_is_not ["CFG-STORE-05", "CFG-STORE-01"] [Need::Grant];
    missing_grant_is_upstream ["CFG-STORE-05"] [Need::Grant];
    grant_of_another_capability_does_not_help ["CFG-STORE-05"] [Need::Grant];
    revoked_while_running ["CFG-STORE-05"] [Need::Grant];
    failed_source_is_an_error ["CFG-STORE-05"] [Need::Fault];
    restarted_host_has_the_same_config ["CFG-STORE-01", "CFG-STORE-03"] [Need::Restart];
};

fn pairs() -> BTreeMap<String, String> {
    CONFIG.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn failed(what: &str, failure: &Failure) -> Outcome {
    failure.is(what, &[Kind::Other, Kind::Unavailable])?;
    failure.is_definite(what)
}

/// A configured key reads exactly as it was configured.
async fn get_configured_key(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    for (key, value) in pairs().into_iter().filter(|(_, value)| !value.is_empty()) {
        expect_eq(&format!("get({key:?})"), config.get(&key).await?, Some(value))?;
    }
    Ok(())
}

/// A key that is not configured is `none`, not an error.
async fn get_missing_key(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    for key in ["absent", "greetin", "greeting_more", "hello"] {
        expect_eq(&format!("get({key:?})"), config.get(key).await?, None)?;
    }
    Ok(())
}

/// A key that is configured as nothing is configured.
async fn empty_string_is_a_value(bench: &mut Bench) -> Outcome {
    expect_eq("get", bench.config().await?.get("empty").await?, Some(String::new()))
}

/// `get-all` returns every pair that has a value.
async fn get_all_has_every_pair(bench: &mut Bench) -> Outcome {
    let all: BTreeMap<_, _> = bench.config().await?.get_all().await?.into_iter().collect();
    for (key, value) in pairs().into_iter().filter(|(_, value)| !value.is_empty()) {
        expect_eq(&format!("{key:?} of get-all"), all.get(&key), Some(&value))?;
    }
    Ok(())
}

/// A value of 4 KiB comes as it was configured, from both functions.
async fn large_value_arrives_whole(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    let large = pairs().remove("large");
    expect_eq("get", measured(config.get("large").await)?, large.clone())?;
    let all: BTreeMap<_, _> = measured(config.get_all().await)?.into_iter().collect();
    expect_eq("get-all", all.get("large").cloned(), large)
}

/// What `get-all` returns is what is configured, and `get` says the same of every key.
async fn get_all_agrees_with_get(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    let all: BTreeMap<_, _> = config.get_all().await?.into_iter().collect();
    expect_eq("get-all", &all, &pairs())?;
    for (key, value) in all {
        expect_eq(&format!("get({key:?})"), config.get(&key).await?, Some(value))?;
    }
    Ok(())
}

/// A key has one value.
async fn no_key_comes_twice(bench: &mut Bench) -> Outcome {
    let all = bench.config().await?.get_all().await?;
    let keys: BTreeMap<_, _> = all.iter().cloned().collect();
    expect(keys.len() == all.len(), "get-all", "no key twice", all)
}

/// A key in capitals is another key.
async fn keys_are_not_folded(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    for key in ["Greeting", "GREETING", "MULTI_LINE"] {
        expect_eq(&format!("get({key:?})"), config.get(key).await?, None)?;
    }
    Ok(())
}

/// Whatever a key looks like, it is not configured or it is refused; nothing traps.
async fn strange_keys_are_missing_or_refused(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    let strange = hostile().into_iter().map(|string| string.text);
    for key in strange.chain(["".into(), " greeting".into(), "greeting\0".into(), "k".repeat(10_000)]) {
        match config.attempt(Op::Get(key.clone())).await? {
            Ok(value) => expect_eq(&format!("get({key:?})"), value, crate::wire::config::Seen::Value(None))?,
            Err(failure) => failed(&format!("get({key:?})"), &failure)?,
        }
    }
    expect_eq("get", config.get("greeting").await?, Some("hello".into()))
}

/// A component sees its own configuration, not the environment of the host.
async fn nothing_else_is_visible(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    for key in ["PATH", "path", "HOME", "home", "USER", "PWD"] {
        expect_eq(&format!("get({key:?})"), config.get(key).await?, None)?;
    }
    let mine = pairs();
    for (key, _) in config.get_all().await? {
        measured(expect(mine.contains_key(&key), "get-all", "configured keys only", key))?;
    }
    Ok(())
}

/// While nobody changes it, configuration does not change.
async fn values_stay_while_a_guest_lives(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    let first: BTreeMap<_, _> = config.get_all().await?.into_iter().collect();
    for _ in 0..3 {
        expect_eq("get-all", config.get_all().await?.into_iter().collect(), first.clone())?;
        expect_eq("get", config.get("greeting").await?, Some("hello".into()))?;
    }
    Ok(())
}

/// Two instances of a component have the same configuration.
async fn every_guest_sees_the_same(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.config().await?, bench.config().await?);
    for (key, _) in pairs() {
        expect_eq(&format!("get({key:?})"), two.get(&key).await?, one.get(&key).await?)?;
    }
    let (mut first, mut second) = (one.get_all().await?, two.get_all().await?);
    first.sort();
    second.sort();
    expect_eq("get-all", second, first)
}

/// Guests that read at the same time all read the same.
async fn two_guests_read_at_once(bench: &mut Bench) -> Outcome {
    let guests = [bench.config().await?, bench.config().await?];
    let reads = guests.iter().cycle().take(8).map(|config| config.get("greeting"));
    for value in bench.concurrently(reads).await? {
        expect_eq("get", value, Some("hello".into()))?;
    }
    let lists = guests.iter().map(|config| config.get_all());
    for all in bench.concurrently(lists).await? {
        expect_eq("the greeting of get-all", all.contains(&("greeting".into(), "hello".into())), true)?;
    }
    Ok(())
}

/// Configuration is only read: that is what a grant must allow.
async fn read_grant_is_enough_and_write_grant_is_not(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    bench.grant(&["config:default:write"]).await?;
    config.fails(Op::Get("greeting".into())).await?.is("get", &[Kind::Other])?;
    config.fails(Op::GetAll).await?.is("get-all", &[Kind::Other])?;
    bench.grant(&["config:default:read"]).await?;
    expect_eq("get", config.get("greeting").await?, Some("hello".into()))
}

/// Without the grant both functions fail, for keys that are configured and for others.
async fn missing_grant_is_upstream(bench: &mut Bench) -> Outcome {
    bench.grant(&[]).await?;
    let config = bench.config().await?;
    for op in [Op::Get("greeting".into()), Op::Get("absent".into()), Op::GetAll] {
        let what = format!("{op:?}");
        let failure = config.fails(op).await?;
        failure.is(&what, &[Kind::Other])?;
        failure.is_definite(&what)?;
    }
    Ok(())
}

/// A grant belongs to one capability.
async fn grant_of_another_capability_does_not_help(bench: &mut Bench) -> Outcome {
    bench.grant(&["keyvalue:default", "messaging:default"]).await?;
    let failure = bench.config().await?.fails(Op::Get("greeting".into())).await?;
    failure.is("get", &[Kind::Other])
}

/// A guest that runs loses its configuration with the grant, and has it back with it.
async fn revoked_while_running(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    expect_eq("get", config.get("greeting").await?, Some("hello".into()))?;
    bench.grant(&["keyvalue:default"]).await?;
    config.fails(Op::Get("greeting".into())).await?.is("get", &[Kind::Other])?;
    config.fails(Op::GetAll).await?.is("get-all", &[Kind::Other])?;
    bench.grant(&["config:default"]).await?;
    expect_eq("get", config.get("greeting").await?, Some("hello".into()))
}

/// A source that is away is `upstream` or `io`, and the next read works.
async fn failed_source_is_an_error(bench: &mut Bench) -> Outcome {
    let config = bench.config().await?;
    for op in [Op::Get("greeting".into()), Op::GetAll] {
        let rule = FaultRule { capability: "config".into(), op: "*".into(), nth: 0, moment: Moment::Before };
        bench.fault(rule).await?;
        failed(&format!("{op:?}"), &config.fails(op).await?)?;
        expect_eq("get", config.get("greeting").await?, Some("hello".into()))?;
    }
    Ok(())
}

/// Configuration is there again when the host is.
async fn restarted_host_has_the_same_config(bench: &mut Bench) -> Outcome {
    let mut before = bench.config().await?.get_all().await?;
    bench.restart().await?;
    let mut after = bench.config().await?.get_all().await?;
    before.sort();
    after.sort();
    expect_eq("get-all", after, before)
}
