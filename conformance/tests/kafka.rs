//! Kafka on a real server of its own: what memory shows, and what no case can see of a group.

mod compare;
mod support;
mod transcripts;

use cloud_conformance::{
    host::Altitude,
    service::{Kafka, Server, Service},
};
use compare::{alike, equal_where_both_ran, passed};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use support::{required, workers};
use tokio::time::{Instant, sleep, timeout};
use wasi_cloud_core::{
    Clock, Error, Kind,
    messaging::{Delivery, Disposition, Inbox, Messaging, Payload, Subscription},
};

/// They end alike and say other things on the way: a broker takes 1 MiB with headers, so a payload may be less large.
const OTHERWISE: [&str; 2] = ["messaging/producer/send-too-much", "messaging/producer/too-much-is-not-sent"];

fn main() -> ExitCode {
    let trial = |name, test: fn() -> Result<(), Failed>| {
        Trial::ignorable_test(name, move || {
            if required("kafka") || Kafka.is_here() {
                return test().map(|()| Completion::Completed);
            }
            Ok(Completion::ignored_with(Kafka.install()))
        })
    };
    let trials = vec![
        trial("transcripts_are_equal", as_memory),
        trial("messages_of_a_key_stay_in_order_when_one_fails", || on_a_server(in_order)),
        trial("a_group_begins_with_its_first_subscriber_and_goes_on_where_it_was", || on_a_server(begins)),
        trial("members_that_come_and_go_lose_nothing", || on_a_server(come_and_go)),
        trial("subscribers_come_back_after_a_restart_of_the_broker", restarted),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Longest wait for what has to come. A group may need seconds to learn of a member.
const LONG: Duration = Duration::from_secs(60);

type Tested = Result<(), Failed>;

fn as_memory() -> Tested {
    let kafka = alike("kafka")?;
    let mut memory = passed("memory", Altitude::Direct, &[])?;
    memory.retain(|id, _| !OTHERWISE.contains(&&**id));
    let mut direct = kafka.iter().filter(|(altitude, _)| *altitude == Altitude::Direct);
    direct.try_for_each(|(_, transcripts)| equal_where_both_ran("memory and kafka", &memory, transcripts))
}

/// Topics have partitions to share.
fn shared(service: &Service) -> String {
    service.url().replace("partitions=1", "partitions=4")
}

fn on_a_server(test: impl AsyncFnOnce(&str) -> Tested) -> Tested {
    workers().block_on(async {
        let service = Service::start(&Kafka).await?;
        let tested = test(&shared(&service)).await;
        service.stop().await;
        tested
    })
}

/// A host of its own.
async fn host(url: &str) -> Result<Arc<dyn Messaging>, Failed> {
    let services = wasi_cloud::registry(&Clock::default())?.services(url).await?;
    Ok(services.messaging.ok_or("no messaging")?)
}

/// A subscriber on a host of its own.
async fn member(url: &str) -> Result<Box<dyn Inbox>, Failed> {
    let (topics, group) = (vec!["t".into()], Some("g".into()));
    let subscription = Subscription { topics, group, max_deliveries: 3, dead_letter: None };
    Ok(host(url).await?.subscribe("s", &subscription).await?)
}

async fn send(host: &dyn Messaging, key: &str, data: impl ToString) -> Result<(), Error> {
    let metadata = vec![("partition-key".to_owned(), key.to_owned())];
    host.publish("s", "t", &Payload { data: data.to_string().into_bytes(), metadata, ..Payload::default() }).await
}

async fn next(inbox: &mut dyn Inbox) -> Result<Delivery, Failed> {
    Ok(timeout(LONG, inbox.next()).await.map_err(|_| "no message came")??)
}

fn data(delivery: &Delivery) -> String {
    String::from_utf8_lossy(&delivery.payload.data).into_owned()
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, seen: T, expected: T) -> Tested {
    if seen == expected { Ok(()) } else { Err(format!("{what}: {seen:?} and not {expected:?}").into()) }
}

/// Of each key one message fails, and comes again before the next one of that key.
async fn in_order(url: &str) -> Tested {
    let (host, mut inbox) = (host(url).await?, member(url).await?);
    let keys = ["a", "b", "c", "d"];
    for number in 0..5 {
        for key in keys {
            send(&*host, key, format!("{key}{number}")).await?;
        }
    }
    let mut seen = BTreeMap::<_, Vec<_>>::new();
    for _ in 0..keys.len() * 6 {
        let delivery = next(&mut *inbox).await?;
        let data = data(&delivery);
        let failed = data.ends_with('2') && delivery.attempt == 1;
        seen.entry(data[..1].to_owned()).or_default().push(format!("{}.{}", &data[1..], delivery.attempt));
        delivery.settle.settle(if failed { Disposition::Nack } else { Disposition::Ack }).await?;
    }
    let of_each = ["0.1", "1.1", "2.1", "2.2", "3.1", "4.1"].map(str::to_owned).to_vec();
    same("deliveries", seen, keys.map(|key| (key.to_owned(), of_each.clone())).into())
}

async fn begins(url: &str) -> Tested {
    let host = host(url).await?;
    send(&*host, "k", "before").await?;
    let mut first = member(url).await?;
    send(&*host, "k", "one").await?;
    send(&*host, "k", "two").await?;
    let one = next(&mut *first).await?;
    same("the first", data(&one), "one".to_owned())?;
    one.settle.settle(Disposition::Ack).await?;
    let two = next(&mut *first).await?;
    same("the second", data(&two), "two".to_owned())?;
    // What was handed over can still be settled, and this one is not.
    first.close().await;
    drop((first, two));
    send(&*host, "k", "three").await?;
    let mut second = member(url).await?;
    for (expected, number) in [("two", 1), ("three", 1)] {
        let delivery = next(&mut *second).await?;
        same("after a restart", (data(&delivery), delivery.attempt), (expected.to_owned(), number))?;
        delivery.settle.settle(Disposition::Ack).await?;
    }
    Ok(())
}

/// What one member settled comes to none again, and nothing is left out, while partitions move from one to the other.
async fn come_and_go(url: &str) -> Tested {
    const COUNT: usize = 300;
    let sender = host(url).await?;
    let mut inboxes = vec![member(url).await?];
    let sending = tokio::spawn(async move {
        for number in 0..COUNT {
            send(&*sender, &number.to_string(), number).await?;
            sleep(Duration::from_millis(10)).await;
        }
        Ok::<_, Error>(())
    });
    let (mut settled, mut by_others) = (BTreeSet::new(), 0);
    let began = Instant::now();
    while settled.len() < COUNT {
        // A third of the way a second one comes, and at two thirds the first one goes.
        if inboxes.len() == 1 && by_others == 0 && settled.len() > COUNT / 3 {
            inboxes.push(member(url).await?);
        }
        if inboxes.len() == 2 && by_others > 0 && settled.len() > 2 * COUNT / 3 {
            inboxes.remove(0).close().await;
        }
        let both = inboxes.len() == 2;
        for (at, inbox) in inboxes.iter_mut().enumerate() {
            let Ok(delivery) = timeout(Duration::from_millis(20), inbox.next()).await else { continue };
            let delivery = delivery?;
            let data = data(&delivery);
            if settled.contains(&data) {
                return Err(format!("{data} was settled, and comes again").into());
            }
            by_others += usize::from(both && at == 1);
            if delivery.settle.settle(Disposition::Ack).await.is_ok() {
                settled.insert(data);
            }
        }
        if began.elapsed() > 2 * LONG {
            return Err(format!("{} of {COUNT} came, {by_others} of them to the second", settled.len()).into());
        }
    }
    sending.await??;
    if by_others > 0 { Ok(()) } else { Err("the second member got nothing".into()) }
}

/// A broker that was killed and comes back: what it accepted is delivered, to a group and to who is in none.
fn restarted() -> Tested {
    workers().block_on(async {
        let mut service = Service::start(&Kafka).await?;
        let url = &shared(&service);
        let sender = host(url).await?;
        let alone = Subscription { topics: vec!["t".into()], group: None, max_deliveries: 1, dead_letter: None };
        let mut inboxes = [member(url).await?, host(url).await?.subscribe("s", &alone).await?];
        send(&*sender, "k", "before").await?;
        for inbox in &mut inboxes {
            next(&mut **inbox).await?.settle.settle(Disposition::Ack).await?;
        }
        service.restart().await?;
        let began = Instant::now();
        while let Err(error) = send(&*sender, "k", "after").await {
            if !matches!(error.kind, Kind::Unavailable | Kind::Timeout) || began.elapsed() > LONG {
                return Err(format!("it does not come back: {error:?}").into());
            }
        }
        for inbox in &mut inboxes {
            let came = timeout(LONG, async {
                loop {
                    match inbox.next().await {
                        Ok(delivery) => return Ok(delivery),
                        Err(error) if matches!(error.kind, Kind::Unavailable | Kind::Timeout) => {}
                        Err(error) => return Err(error),
                    }
                }
            });
            let delivery = came.await.map_err(|_| "no message came after the restart")??;
            same("after the restart", data(&delivery), "after".to_owned())?;
            delivery.settle.settle(Disposition::Ack).await?;
        }
        service.stop().await;
        Ok(())
    })
}
