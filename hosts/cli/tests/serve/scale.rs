//! Hosts that share the messages of a group, of which one is killed, or their broker is.

use crate::{
    nats::Nats,
    needs::required,
    redis::Redis,
    served::{PATIENCE, Served, Site},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, time::interval};
use wasi_cloud_core::{Clock, messaging::Payload};

/// How many messages a host handles at once.
const CONCURRENCY: usize = 8;

/// How many messages are sent.
fn load() -> usize {
    if required("soak") { 6_000 } else { 1_500 }
}

/// `recorder`, which prints each message when it begins to handle it and when it is done.
fn host(url: &str, max_deliveries: u32) -> (Site, Served) {
    let site = Site::new();
    site.guest("recorder");
    site.manifest(&format!(
        r#"
        [components.recorder]
        file = "recorder.wasm"
        links = ["messaging:default={url}"]
        grants = ["messaging:default:read"]
        subscriptions = [{{ topics = ["work"], group = "workers", max-deliveries = {max_deliveries} }}]
        limits = {{ concurrency = {CONCURRENCY} }}
        "#
    ));
    let served = site.served();
    (site, served)
}

/// Sends the numbers up to `count`, one each two milliseconds, and what failed again. Returns how often something failed.
fn send(url: &str, count: usize) -> usize {
    let sending = async {
        let registry = wasi_cloud::registry(&Clock::default()).expect("backends");
        let broker = registry.services(url).await.expect("it answers").messaging.expect("messaging");
        let mut pace = interval(Duration::from_millis(2));
        let mut failed = 0;
        let deadline = Instant::now() + PATIENCE * 3;
        for number in 0..count {
            let metadata = vec![("script".to_owned(), "wait:10".to_owned())];
            let message = Payload { data: number.to_string().into_bytes(), metadata, ..Payload::default() };
            loop {
                pace.tick().await;
                match broker.publish("default", "work", &message).await {
                    Ok(()) => break,
                    Err(why) => assert!(Instant::now() < deadline, "nothing is accepted: {why}"),
                }
                failed += 1;
            }
        }
        failed
    };
    Runtime::new().expect("a runtime").block_on(sending)
}

/// What hosts have printed.
#[derive(Default)]
struct Tally {
    begun: BTreeMap<String, usize>,
    done: BTreeSet<String>,
}

impl Tally {
    fn read(&mut self, lines: Vec<String>) {
        for line in lines {
            self.add(serde_json::from_str(&line).expect("a line of the recorder"));
        }
    }

    fn add(&mut self, line: serde_json::Value) {
        let data: Vec<u8> = serde_json::from_value(line["data"].clone()).expect("data");
        let number = String::from_utf8(data).expect("a number");
        if line["done"] == true {
            self.done.insert(number);
        } else {
            *self.begun.entry(number).or_default() += 1;
        }
    }

    /// Waits until so many messages are done.
    fn until(&mut self, hosts: &[(Site, Served)], count: usize) {
        // Longer than others wait before they take over.
        let deadline = Instant::now() + PATIENCE * 3;
        loop {
            hosts.iter().for_each(|(_, host)| self.read(host.printed()));
            if self.done.len() >= count {
                return;
            }
            assert!(Instant::now() < deadline, "{} of {count} messages are handled", self.done.len());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// What was begun more than once.
    fn again(&self) -> impl Iterator<Item = &String> {
        self.begun.iter().filter(|(_, times)| **times > 1).map(|(number, _)| number)
    }
}

fn stop(tally: &mut Tally, hosts: Vec<(Site, Served)>) {
    for (_site, host) in hosts {
        tally.read(host.finish());
    }
}

fn kill_a_host(name: &str, url: &str) {
    let (count, start) = (load(), Instant::now());
    let mut hosts: Vec<_> = (0..3).map(|_| host(url, 100)).collect();
    let (mut tally, to) = (Tally::default(), url.to_owned());
    let sending = thread::spawn(move || send(&to, count));
    tally.until(&hosts, count / 3);
    let (_site, victim) = hosts.remove(1);
    // Its last line may be half of one.
    victim.kill().iter().filter_map(|line| serde_json::from_str(line).ok()).for_each(|line| tally.add(line));
    tally.until(&hosts, count);
    let failed = sending.join().expect("sent");
    stop(&mut tally, hosts);
    let again: Vec<_> = tally.again().cloned().collect();
    let took = start.elapsed();
    println!(
        "{name}: {count} messages, three hosts, one killed: {} came twice, {failed} refused; {took:.1?}",
        again.len()
    );
    assert_eq!((tally.done.len(), failed), (count, 0));
    // What is acknowledged comes no more; what was not is what the one that was killed was handling.
    assert!(again.len() <= 2 * CONCURRENCY, "{again:?}");
    assert!(again.iter().all(|number| tally.begun[number] == 2), "{:?}", tally.begun);
}

fn restart_the_broker(name: &str, url: &str, restart: impl FnOnce()) {
    let (count, start) = (load(), Instant::now());
    let hosts: Vec<_> = (0..2).map(|_| host(url, 100)).collect();
    let (mut tally, to) = (Tally::default(), url.to_owned());
    let sending = thread::spawn(move || send(&to, count));
    tally.until(&hosts, count / 3);
    restart();
    tally.until(&hosts, count);
    let failed = sending.join().expect("sent");
    stop(&mut tally, hosts);
    let (again, took) = (tally.again().count(), start.elapsed());
    println!(
        "{name}: {count} messages, broker killed: {again} came twice, {failed} refused and sent again; {took:.1?}"
    );
    assert_eq!(tally.done.len(), count);
}

/// Each message may be delivered once: what a host that stops had taken and gave up would be lost.
fn stop_again_and_again(url: &str) {
    let count = load() / 3;
    let mut hosts = vec![host(url, 1)];
    let (mut tally, to) = (Tally::default(), url.to_owned());
    let sending = thread::spawn(move || send(&to, count));
    for part in 1..6 {
        tally.until(&hosts, count * part / 6);
        let (site, host) = hosts.remove(0);
        tally.read(host.finish());
        let again = site.served();
        hosts.push((site, again));
    }
    tally.until(&hosts, count);
    assert_eq!(sending.join().expect("sent"), 0);
    stop(&mut tally, hosts);
    assert_eq!((tally.begun.len(), tally.again().count()), (count, 0));
}

pub fn stops_on_nats() {
    let nats = Nats::start();
    stop_again_and_again(&nats.url());
}

pub fn stops_on_redis() {
    let redis = Redis::start();
    stop_again_and_again(&redis.url(0));
}

pub fn host_on_nats() {
    let nats = Nats::start();
    kill_a_host("nats", &nats.url());
}

pub fn host_on_redis() {
    let redis = Redis::start();
    kill_a_host("redis", &redis.url(0));
}

pub fn broker_nats() {
    let mut nats = Nats::start();
    restart_the_broker("nats", &nats.url(), || nats.restart());
}

pub fn broker_redis() {
    let mut redis = Redis::lasting();
    restart_the_broker("redis", &redis.url(0), || redis.restart());
}
