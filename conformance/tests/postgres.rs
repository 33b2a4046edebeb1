//! PostgreSQL on a real server of its own: memory's transcripts, and what no case can do to a database.

mod compare;
mod support;
mod transcripts;

use cloud_conformance::service::{Postgres, Server, Service};
use compare::as_memory;
use futures::FutureExt;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::{
    process::ExitCode,
    time::{Duration, Instant},
};
use support::{required, workers};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_postgres::{Client, NoTls};
use wasi_cloud_core::{
    Applied, Clock, Error, Kind, Services,
    keyvalue::{Condition, PutOptions},
    messaging::{Disposition, Inbox, Payload, Subscription},
};

fn main() -> ExitCode {
    let trial = |name, test: fn() -> Result<(), Failed>| {
        Trial::ignorable_test(name, move || {
            if required("postgres") || Postgres.is_here() {
                return test().map(|()| Completion::Completed);
            }
            Ok(Completion::ignored_with(Postgres.install()))
        })
    };
    let trials = vec![
        trial("transcripts_are_equal", || as_memory("postgres")),
        trial("hosts_that_start_at_once_make_the_tables_once", || on_a_server(at_once)),
        trial("rows_that_have_expired_are_removed", || on_a_server(swept)),
        trial("a_write_that_loses_its_connection_may_have_happened", || on_a_server(lost)),
        trial("a_write_that_the_server_gives_up_has_not_happened", || on_a_server(given_up)),
        trial("a_lease_that_is_over_goes_to_another", || on_a_server(lease_over)),
        trial("what_was_taken_and_not_asked_for_is_given_back_uncounted", || on_a_server(given_back)),
        trial("subscribers_come_back_after_a_lost_connection", || on_a_server(come_back)),
        trial("what_another_program_sends_is_delivered_and_the_oldest_are_removed", || on_a_server(trimmed)),
        trial("tables_of_another_build_are_left_alone", || on_a_server(another_build)),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Longest wait for what has to come.
const LONG: Duration = Duration::from_secs(30);

type Tested = Result<(), Failed>;

fn on_a_server(test: impl AsyncFnOnce(&str) -> Tested) -> Tested {
    workers().block_on(async {
        let service = Service::start(&Postgres).await?;
        let tested = test(service.url()).await;
        service.stop().await;
        tested
    })
}

/// A host of its own.
async fn host(url: &str) -> Result<Services, Error> {
    wasi_cloud::registry(&Clock::default())?.services(url).await
}

/// Another program.
async fn client(url: &str) -> Result<Client, Failed> {
    let bare = url.split('?').next().unwrap_or(url);
    let (client, connection) = tokio_postgres::connect(bare, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Asks until the answer is that number.
async fn becomes(client: &Client, sql: &str, wanted: i64) -> Tested {
    let began = Instant::now();
    loop {
        let seen: i64 = client.query_one(sql, &[]).await?.get(0);
        if seen == wanted {
            return Ok(());
        }
        if began.elapsed() > LONG {
            return Err(format!("{sql}: {seen} and not {wanted}").into());
        }
        sleep(Duration::from_millis(10)).await;
    }
}

async fn at_once(url: &str) -> Tested {
    let mut hosts = JoinSet::new();
    for _ in 0..8 {
        let url = format!("{url}?schema=fresh&connections=1");
        hosts.spawn(async move {
            let keyvalue = host(&url).await?.keyvalue.ok_or_else(|| Error::new(Kind::Other, "no key-value"))?;
            keyvalue.increment("b", "hosts", 1).await
        });
    }
    while let Some(counted) = hosts.join_next().await {
        counted??;
    }
    let client = client(url).await?;
    let hosts = client.query_one("select value from fresh.keyvalue where bucket = 'b' and key = 'hosts'", &[]).await?;
    if hosts.get::<_, &[u8]>(0) == b"8" { Ok(()) } else { Err("a host has tables of its own".into()) }
}

async fn swept(url: &str) -> Tested {
    let keyvalue = host(url).await?.keyvalue.ok_or("no key-value")?;
    let short = PutOptions { ttl: Some(Duration::from_millis(1)), ..PutOptions::default() };
    for key in ["a", "b"] {
        keyvalue.put("b", key, b"v", &short).await?;
    }
    keyvalue.put("b", "stays", b"v", &PutOptions { ttl: Some(Duration::from_secs(3600)), ..short }).await?;
    let client = client(url).await?;
    becomes(&client, "select count(*) from wasi_cloud.keyvalue where expires_at > clock_timestamp()", 1).await?;
    let _another = host(url).await?;
    becomes(&client, "select count(*) from wasi_cloud.keyvalue", 1).await
}

/// Runs a write that another program's lock holds up, does something meanwhile, and says how it ended.
async fn held_up(url: &str, meanwhile: impl AsyncFnOnce(&Client) -> Tested) -> Result<Error, Failed> {
    let keyvalue = host(url).await?.keyvalue.ok_or("no key-value")?;
    keyvalue.put("b", "k", b"old", &PutOptions::default()).await?;
    let (holder, other) = (client(url).await?, client(url).await?);
    holder.batch_execute("begin; select from wasi_cloud.keyvalue where key = 'k' for update").await?;
    let writer = keyvalue.clone();
    let write = tokio::spawn(async move { writer.put("b", "k", b"new", &PutOptions::default()).await });
    becomes(&other, "select count(*) from pg_stat_activity where wait_event_type = 'Lock'", 1).await?;
    meanwhile(&other).await?;
    let ended = write.await?.err().ok_or("the write went past the lock")?;
    holder.batch_execute("rollback").await?;
    // The next call does as if nothing had been.
    let entry = keyvalue.entry("b", "k").await?.ok_or("the key is gone")?;
    let again = PutOptions { condition: Condition::Version(entry.version), ttl: None };
    keyvalue.put("b", "k", b"again", &again).await?;
    if entry.value == b"old" { Ok(ended) } else { Err("the write has happened all the same".into()) }
}

async fn lost(url: &str) -> Tested {
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'";
    let ended = held_up(url, async |other| Ok(other.query(cut, &[]).await.map(drop)?)).await?;
    is(&ended, Kind::Unavailable, Applied::Maybe)
}

async fn given_up(url: &str) -> Tested {
    let ended = held_up(url, async |_| Ok(())).await?;
    is(&ended, Kind::Timeout, Applied::No)
}

/// A subscriber on a host of its own.
async fn subscriber(url: &str, group: Option<&str>) -> Result<Box<dyn Inbox>, Failed> {
    let messaging = host(url).await?.messaging.ok_or("no messaging")?;
    let group = group.map(str::to_owned);
    Ok(messaging
        .subscribe("s", &Subscription { topics: vec!["t".into()], group, max_deliveries: 5, dead_letter: None })
        .await?)
}

async fn member(url: &str) -> Result<Box<dyn Inbox>, Failed> {
    subscriber(url, Some("g")).await
}

const SEND: &str = "insert into wasi_cloud.message (scope, topic, data) values ('s', 't', 'hello')";

async fn lease_over(url: &str) -> Tested {
    let (mut first, mut second, client) = (member(url).await?, member(url).await?, client(url).await?);
    client.execute(SEND, &[]).await?;
    let held = timeout(LONG, first.next()).await??;
    // As if its host had been silent for too long.
    client.batch_execute("update wasi_cloud.message_delivery set leased_until = '-infinity'").await?;
    let again = timeout(LONG, second.next()).await??;
    if (held.attempt, again.attempt) != (1, 2) {
        return Err(format!("{held:?} {again:?}").into());
    }
    let queued = "select count(*) from wasi_cloud.message_delivery";
    // Who lost it cannot settle it any more.
    held.settle.settle(Disposition::Ack).await?;
    becomes(&client, queued, 1).await?;
    again.settle.settle(Disposition::Ack).await?;
    becomes(&client, queued, 0).await
}

async fn given_back(url: &str) -> Tested {
    let (mut first, mut second, client) = (member(url).await?, member(url).await?, client(url).await?);
    client.execute(SEND, &[]).await?;
    // Nobody asks any more when the answer of the server comes.
    if first.next().now_or_never().is_some() {
        return Err("it has answered at once".into());
    }
    becomes(&client, "select count(*) from wasi_cloud.message_delivery where attempts = 1", 1).await?;
    first.close().await;
    let again = timeout(LONG, second.next()).await??;
    if again.attempt != 1 || first.remaining().await.is_some() {
        return Err(format!("{again:?}").into());
    }
    Ok(again.settle.settle(Disposition::Ack).await?)
}

async fn come_back(url: &str) -> Tested {
    let (mut member, mut listener) = (member(url).await?, subscriber(url, None).await?);
    let sender = client(url).await?;
    let client = client(url).await?;
    let cut = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'wasi-cloud'";
    client.query(cut, &[]).await?;
    // What is sent while a listener is away is not for it, so it is sent again and again.
    let sending = tokio::spawn(async move {
        while sender.execute(SEND, &[]).await.is_ok() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    let came = timeout(LONG, async {
        for inbox in [&mut member, &mut listener] {
            let mut failures = 0;
            while let Err(error) = inbox.next().await {
                is(&error, Kind::Unavailable, Applied::No)?;
                failures += 1;
                if failures > 100 {
                    return Err(format!("it does not come back: {error}").into());
                }
            }
        }
        Ok(())
    });
    let came = came.await;
    sending.abort();
    came?
}

async fn trimmed(url: &str) -> Tested {
    let url = &format!("{url}?maxlen=3");
    let (mut member, client) = (member(url).await?, client(url).await?);
    client.execute(SEND, &[]).await?;
    let told = timeout(LONG, member.next()).await??;
    let is_told = told.topic == "t" && told.payload == Payload { data: b"hello".to_vec(), ..Payload::default() };
    if !is_told || told.reply_to.is_some() {
        return Err(format!("{told:?} {:?}", told.payload).into());
    }
    told.settle.settle(Disposition::Ack).await?;
    client.execute(&format!("{SEND}, ('s', 't', '2'), ('s', 't', '3'), ('s', 't', '4'), ('s', 'u', '5')"), &[]).await?;
    // A host that starts looks first of all.
    let _another = host(url).await?;
    becomes(&client, "select count(*) from wasi_cloud.message where topic = 't'", 3).await?;
    becomes(&client, "select count(*) from wasi_cloud.message_delivery", 3).await?;
    becomes(&client, "select count(*) from wasi_cloud.message", 4).await
}

async fn another_build(url: &str) -> Tested {
    let _first = host(url).await?;
    client(url).await?.batch_execute("update wasi_cloud.versions set version = 99").await?;
    let refused = host(url).await.err().ok_or("tables of version 99 are used")?;
    is(&refused, Kind::Unsupported, Applied::No)?;
    if refused.message.contains("99") { Ok(()) } else { Err(refused.to_string().into()) }
}

fn is(error: &Error, kind: Kind, applied: Applied) -> Tested {
    if (error.kind, error.applied) == (kind, applied) { Ok(()) } else { Err(format!("{error:?}").into()) }
}
