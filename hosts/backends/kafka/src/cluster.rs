//! The way to a cluster: what everybody shares, and what each subscriber has to itself.

use crate::{
    error::{read, write},
    options::Options,
};
use krafka::{
    Kafka, KrafkaError, Record,
    admin::{
        AdminClient, CreateTopicsOptions, DescribeClusterOptions, DescribeTopicsOptions, ListOffsetsOptions, NewTopic,
        OffsetSpec,
    },
    consumer::TopicPartition,
    error::ErrorCode,
    producer::{Acks, Producer},
};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep},
};
use wasi_cloud_core::{Error, Kind, Result, provider::Timing};

/// How often to ask for what will be there in a moment.
pub(crate) const SOON: Duration = Duration::from_millis(20);

/// A cluster.
pub(crate) struct Cluster {
    options: Options,
    timing: Timing,
    kafka: Kafka,
    admin: AdminClient,
    /// `None` after one that could not go on.
    producer: tokio::sync::Mutex<Option<Arc<Producer>>>,
    /// Topics that were seen there.
    known: Mutex<HashSet<String>>,
    /// To close the producer from where there is no runtime.
    runtime: Handle,
}

impl Cluster {
    /// Connects.
    pub(crate) async fn connect(options: Options, timing: Timing) -> Result<Self> {
        let kafka = connect(&options, timing).await?;
        let admin = kafka.admin().default_api_timeout(timing.response);
        let (producer, known) = (tokio::sync::Mutex::default(), Mutex::default());
        Ok(Self { options, timing, kafka, admin, producer, known, runtime: Handle::current() })
    }

    /// Connections of one's own: a broker answers one question of a connection after the other, and a subscriber's take long.
    pub(crate) async fn connect_again(&self) -> Result<Kafka> {
        connect(&self.options, self.timing).await
    }

    pub(crate) const fn admin(&self) -> &AdminClient {
        &self.admin
    }

    pub(crate) const fn timing(&self) -> Timing {
        self.timing
    }

    /// The URL as it may be shown.
    pub(crate) fn url(&self) -> &str {
        &self.options.shown
    }

    /// Asks for a sign of life.
    pub(crate) async fn ping(&self) -> Result<()> {
        let asked = self.admin.describe_cluster(DescribeClusterOptions::default()).await;
        asked.map(drop).map_err(|why| read(&why, self.url()))
    }

    fn known(&self) -> MutexGuard<'_, HashSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Topics are to be looked for again.
    pub(crate) fn forget<'a>(&self, topics: impl IntoIterator<Item = &'a String>) {
        let mut known = self.known();
        for topic in topics {
            known.remove(topic);
        }
    }

    /// Makes topics that are not known to be there, and tells which were not.
    pub(crate) async fn make<'a>(&self, topics: impl IntoIterator<Item = &'a String>) -> Result<HashSet<String>> {
        let wanted: Vec<String> = {
            let known = self.known();
            topics.into_iter().filter(|topic| !known.contains(*topic)).cloned().collect()
        };
        if wanted.is_empty() {
            return Ok(HashSet::new());
        }
        let replicas = self.options.replicas.unwrap_or(-1);
        let new = wanted.iter().map(|name| NewTopic::new(name, self.options.partitions, replicas));
        let new: Vec<_> = new.collect::<krafka::Result<_>>().map_err(|why| read(&why, self.url()))?;
        let made = self.admin.create_topics(new, CreateTopicsOptions::default()).await;
        let mut fresh = HashSet::new();
        for (topic, made) in made.map_err(|why| read(&why, self.url()))? {
            match made {
                Ok(()) => {
                    fresh.insert(topic.clone());
                }
                // Who may not make topics may use those that are there. Of one that is not, its use will tell.
                Err(KrafkaError::Broker {
                    code:
                        ErrorCode::TopicAlreadyExists
                        | ErrorCode::TopicAuthorizationFailed
                        | ErrorCode::ClusterAuthorizationFailed,
                    ..
                }) => {}
                Err(why) => return Err(read(&why, self.url())),
            }
            self.known().insert(topic);
        }
        Ok(fresh)
    }

    /// The ends of all partitions of topics, which are made if they are not there.
    pub(crate) async fn ends(&self, topics: &[String]) -> Result<HashMap<TopicPartition, i64>> {
        // One that somebody removed has to be there.
        self.forget(topics);
        let fresh = self.make(topics).await?;
        let (fresh, old): (Vec<_>, Vec<_>) = topics.iter().cloned().partition(|topic| fresh.contains(topic));
        // What was not there a moment ago has no message before those that are to be seen.
        let partitions = |topic| (0..self.options.partitions).map(move |number| TopicPartition::new(topic, number));
        let mut ends: HashMap<_, _> = fresh.iter().flat_map(partitions).map(|place| (place, 0)).collect();
        if !old.is_empty() {
            let specs = self.partitions(&old).await?.into_iter().map(|place| (place, OffsetSpec::Latest));
            let listed = self.admin.list_offsets(specs, ListOffsetsOptions::default()).await;
            for (place, end) in listed.map_err(|why| read(&why, self.url()))? {
                ends.insert(place, end.map_err(|why| read(&why, self.url()))?.offset);
            }
        }
        Ok(ends)
    }

    /// All partitions of topics. One that was just made is not known to every broker at once.
    async fn partitions(&self, topics: &[String]) -> Result<Vec<TopicPartition>> {
        let deadline = Instant::now() + self.timing.response;
        loop {
            let described = self.admin.describe_topics(topics, DescribeTopicsOptions::default()).await;
            let described = described.map_err(|why| read(&why, self.url()))?;
            let all: krafka::Result<Vec<_>> = described.into_values().collect();
            match all {
                Ok(all) => {
                    let places = |topic: krafka::admin::TopicDescription| {
                        let name = topic.name;
                        topic.partitions.into_iter().map(move |part| TopicPartition::new(name.clone(), part.partition))
                    };
                    return Ok(all.into_iter().flat_map(places).collect());
                }
                Err(why) if !why.is_retriable() || Instant::now() >= deadline => return Err(read(&why, self.url())),
                Err(_) => sleep(SOON).await,
            }
        }
    }

    /// Returns once all replicas that are in sync have the record.
    pub(crate) async fn produce(&self, record: Record) -> Result<()> {
        let producer = self.producer().await?;
        // What is not queued was not sent.
        let queued = producer.enqueue(record).await.map_err(|why| (read(&why, self.url()), why));
        let sent = match queued {
            Ok(queued) => queued.await.map_err(|why| (write(&why, self.url()), why)),
            Err(failed) => Err(failed),
        };
        let Err((error, why)) = sent else { return Ok(()) };
        if why.is_fatal() {
            // Unless somebody was faster.
            let mut current = self.producer.lock().await;
            if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &producer)) {
                *current = None;
            }
        }
        Err(error)
    }

    async fn producer(&self) -> Result<Arc<Producer>> {
        let mut producer = self.producer.lock().await;
        if let Some(producer) = &*producer {
            return Ok(producer.clone());
        }
        // Idempotent, as by default: what is sent again is not there twice, and the order stays.
        let made = self.kafka.producer().acks(Acks::All).linger(Duration::ZERO).metrics_push(false);
        let made = made.delivery_timeout(self.timing.response).max_block(self.timing.response).build().await;
        let made = made.map_err(|why| Error::new(Kind::Unavailable, read(&why, self.url()).message))?;
        Ok(producer.insert(Arc::new(made)).clone())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(producer) = self.producer.get_mut().take() {
            // What it was given has been waited for, or given up.
            self.runtime.spawn(async move { producer.close().await });
        }
    }
}

async fn connect(options: &Options, timing: Timing) -> Result<Kafka> {
    let kafka = Kafka::builder(&options.address).client_id("wasi-cloud").request_timeout(timing.response);
    let connected = kafka.connect_timeout(timing.connect.min(timing.response)).connect().await;
    connected.map_err(|why| {
        let error = read(&why, &options.shown);
        Error::new(Kind::Unavailable, error.message)
    })
}
