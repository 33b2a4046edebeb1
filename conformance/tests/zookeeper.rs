//! ZooKeeper on a real server of its own: memory's transcripts where both ran, and what no case can do to a connection.

mod compare;
mod proxy;
mod support;
mod transcripts;

use cloud_conformance::{
    host::Altitude,
    service::{Server, Service, ZooKeeper},
};
use compare::{alike, equal_where_both_ran, passed};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use proxy::{Mode, Proxy};
use std::{
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};
use support::{required, workers};
use tokio::time::sleep;
use url::Url;
use wasi_cloud_core::{
    Applied, Clock, Error, Kind,
    keyvalue::{Condition, KeyValue, PutOptions, Version},
};

/// Cases that end alike and say other things on the way: a value may be less large, for a server takes 1 MiB with names.
const OTHERWISE: [&str; 5] = [
    "keyvalue/atomics/swap-of-a-larger-value-is-refused",
    "keyvalue/extension/larger-value-is-quota",
    "keyvalue/store/larger-value-fails-a-batch",
    "keyvalue/store/larger-value-is-refused-and-the-old-one-stays",
    "keyvalue/store/largest-value-under-longest-key-is-kept",
];

fn main() -> ExitCode {
    let trial = |name, test: fn() -> Tested| {
        Trial::ignorable_test(name, move || {
            if required("zookeeper") || ZooKeeper.is_here() {
                return test().map(|()| Completion::Completed);
            }
            Ok(Completion::ignored_with(ZooKeeper.install()))
        })
    };
    let trials = vec![
        trial("transcripts_are_equal", as_memory),
        trial("a_bucket_that_is_larger_than_a_packet_is_listed", || on_a_server(large)),
        trial("a_key_that_was_made_anew_meanwhile_is_another", || on_a_server(made_anew)),
        trial("a_key_that_was_removed_meanwhile_disturbs_no_other", || on_a_server(undisturbed)),
        trial("a_write_that_loses_its_connection_may_have_happened", || on_a_server(lost)),
        trial("a_server_that_is_silent_or_away_ends_no_host", || on_a_server(away)),
        trial("what_a_user_made_is_for_that_user", || on_a_server(users)),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Longest wait for what has to come.
const LONG: Duration = Duration::from_secs(30);
const KEYS: usize = 2_500;

type Tested = Result<(), Failed>;
type Store = Arc<dyn KeyValue>;

fn as_memory() -> Tested {
    let zookeeper = alike("zookeeper")?;
    let mut memory = passed("memory", Altitude::Direct, &[])?;
    memory.retain(|id, _| !OTHERWISE.contains(&&**id));
    let mut direct = zookeeper.iter().filter(|(altitude, _)| *altitude == Altitude::Direct);
    direct.try_for_each(|(_, transcripts)| equal_where_both_ran("memory and zookeeper", &memory, transcripts))
}

fn on_a_server(test: impl AsyncFnOnce(&str) -> Tested) -> Tested {
    workers().block_on(async {
        let service = Service::start(&ZooKeeper).await?;
        let tested = test(service.url()).await;
        service.stop().await;
        tested
    })
}

/// A host of its own.
async fn host(url: &str) -> Result<Store, Failed> {
    let services = wasi_cloud::registry(&Clock::default())?.services(url).await?;
    Ok(services.keyvalue.ok_or("no key-value")?)
}

/// A host whose way to the server can be barred. Writes on condition can be made to wait.
async fn host_behind(url: &str) -> Result<(Store, Proxy), Failed> {
    // Length and number of the request, then what is asked for: 14 are several requests as one.
    let is_multi = |request: &[u8]| request.get(8..12) == Some(&[0, 0, 0, 14]);
    let port = Url::parse(url)?.port().ok_or("no port")?;
    let proxy = Proxy::to(([127, 0, 0, 1], port).into(), is_multi).await?;
    Ok((host(&format!("zookeeper://127.0.0.1:{}", proxy.port)).await?, proxy))
}

fn always() -> PutOptions {
    PutOptions::default()
}

fn only_at(version: Version) -> PutOptions {
    PutOptions { condition: Condition::Version(version), ttl: None }
}

fn is(error: &Error, kind: Kind, applied: Applied) -> Tested {
    if (error.kind, error.applied) == (kind, applied) { Ok(()) } else { Err(format!("{error:?}").into()) }
}

async fn large(url: &str) -> Tested {
    let store = host(url).await?;
    // Names of 1.25 MB, more than a server as it comes takes in one packet.
    let pairs: Vec<_> = (0..KEYS).map(|i| (format!("{i:0500}"), b"v".to_vec())).collect();
    store.set_many("b", &pairs).await?;
    let (mut keys, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list("b", "", cursor.as_deref(), Some(1000)).await?;
        keys.extend(page.keys);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    let expected: Vec<_> = pairs.into_iter().map(|(key, _)| key).collect();
    if keys == expected { Ok(()) } else { Err(format!("{} keys of {KEYS}", keys.len()).into()) }
}

/// A write on condition that another host is faster than, after the look and before the write.
async fn overtaken(url: &str, meanwhile: impl AsyncFnOnce(&Store) -> Tested) -> Result<Result<Version, Error>, Failed> {
    let (store, proxy) = host_behind(url).await?;
    let other = host(url).await?;
    let seen = store.put("b", "k", b"old", &always()).await?;
    proxy.set(Mode::Held);
    let writer = store.clone();
    let write = tokio::spawn(async move { writer.put("b", "k", b"new", &only_at(seen)).await });
    proxy.waited(1).await;
    meanwhile(&other).await?;
    proxy.set(Mode::Open);
    Ok(write.await?)
}

async fn made_anew(url: &str) -> Tested {
    let written = overtaken(url, async |other| {
        other.delete("b", "k", &Condition::Always).await?;
        // As often written as before: ZooKeeper's own number is the same.
        other.put("b", "k", b"other", &always()).await?;
        Ok(())
    });
    is(&written.await?.err().ok_or("it went over another's value")?, Kind::Conflict, Applied::No)
}

async fn undisturbed(url: &str) -> Tested {
    let written = overtaken(url, async |other| {
        other.put("b", "other", b"v", &always()).await?;
        other.delete("b", "other", &Condition::Always).await?;
        Ok(())
    });
    written.await??;
    Ok(())
}

async fn lost(url: &str) -> Tested {
    let ((store, proxy), other) = (host_behind(url).await?, host(url).await?);
    store.put("b", "k", b"old", &always()).await?;
    proxy.set(Mode::Deaf);
    let writer = store.clone();
    let write = tokio::spawn(async move { writer.put("b", "k", b"new", &always()).await });
    let began = Instant::now();
    while other.get("b", "k").await?.as_deref() != Some(b"new") {
        if began.elapsed() > LONG {
            return Err("the write did not arrive".into());
        }
        sleep(Duration::from_millis(10)).await;
    }
    proxy.set(Mode::Shut);
    is(&write.await?.err().ok_or("nobody answered")?, Kind::Unavailable, Applied::Maybe)?;
    proxy.set(Mode::Open);
    // The next call does as if nothing had been.
    if store.get("b", "k").await?.as_deref() == Some(b"new") { Ok(()) } else { Err("the write is gone".into()) }
}

async fn away(url: &str) -> Tested {
    let (store, proxy) = host_behind(url).await?;
    proxy.set(Mode::Deaf);
    let late = store.put("b", "k", b"v", &always()).await;
    is(&late.err().ok_or("nobody answered")?, Kind::Timeout, Applied::Maybe)?;
    proxy.set(Mode::Shut);
    let began = Instant::now();
    loop {
        let error = store.put("b", "k", b"v", &always()).await.err().ok_or("nobody is there")?;
        // The first may still have been sent.
        if error.applied == Applied::No {
            is(&error, Kind::Unavailable, Applied::No)?;
            break;
        }
        if began.elapsed() > LONG {
            return Err(format!("{error:?}").into());
        }
    }
    proxy.set(Mode::Open);
    store.put("b", "k", b"v", &always()).await?;
    Ok(())
}

async fn users(url: &str) -> Tested {
    let of = |user: &str| url.replace("zookeeper://", &format!("zookeeper://{user}@")) + "/apps/one";
    let (mine, other) = (host(&of("me:hunter2")).await?, host(&of("you:hunter2")).await?);
    mine.put("b", "k", b"v", &always()).await?;
    let again = host(&of("me:hunter2")).await?.get("b", "k").await?;
    if again.as_deref() != Some(b"v") {
        return Err(format!("{again:?}").into());
    }
    let refused = other.get("b", "k").await.err().ok_or("another's value was read")?;
    is(&refused, Kind::Unavailable, Applied::No)?;
    let refused = other.put("b", "k", b"w", &always()).await.err().ok_or("another's value was written")?;
    is(&refused, Kind::Unavailable, Applied::No)?;
    if refused.message.contains("hunter2") { Err(refused.message.into()) } else { Ok(()) }
}
