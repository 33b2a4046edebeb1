//! Subscribers with a group.

use super::{
    envelope,
    member::{Changes, Member, Receipt},
};
use crate::{
    cluster::{Cluster, SOON},
    error::{read, write},
};
use async_trait::async_trait;
use krafka::{
    KrafkaError,
    admin::ListConsumerGroupOffsetsOptions,
    consumer::{AutoOffsetReset, GroupProtocol, OffsetAndMetadata, TopicPartition},
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::oneshot,
    time::{Instant, sleep},
};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Inbox},
};

/// Hands out what a member of the group holds.
pub(super) struct Reader {
    member: Arc<Member>,
    /// What guests call the topics.
    topics: HashMap<String, String>,
}

impl Reader {
    /// Begins now: what is published after this returned is seen by the group.
    ///
    /// Ends are listed before commits are read. So where there is no commit, nobody's subscription had begun when the ends
    /// were listed, and to begin at them leaves nothing out that anybody may rely on.
    pub(super) async fn new(
        cluster: Arc<Cluster>,
        topics: HashMap<String, String>,
        group: &str,
        max_deliveries: u32,
    ) -> Result<Self> {
        let names: Vec<String> = topics.keys().cloned().collect();
        let ends = cluster.ends(&names).await?;
        let member = Arc::new(Member::new(cluster.clone(), max_deliveries));
        // Partitions that are added later are read from their beginning.
        let consumer = cluster.connect_again().await?.consumer(group).initial_offsets(&ends);
        let consumer = consumer.auto_offset_reset(AutoOffsetReset::Earliest).enable_auto_commit(false);
        let consumer = consumer.group_protocol(GroupProtocol::Consumer).metrics_push(false);
        let consumer = consumer.rebalance_listener(Changes(Arc::downgrade(&member))).build().await;
        member.set(consumer.map_err(|why| read(&why, cluster.url()))?);
        let reader = Self { member: member.clone(), topics };
        let (tell, told) = oneshot::channel();
        let group = group.to_owned();
        // In a task: who joined has to leave, also where nobody waits any more.
        tokio::spawn(async move {
            let began = begin(&cluster, &member, &names, &group, &ends).await;
            // Who does not wait has dropped the reader, and so closed the member.
            let _ = tell.send(began);
            member.run().await;
        });
        told.await.map_err(|_| Error::new(Kind::Unavailable, "the subscription ended at once; subscribe again"))??;
        Ok(reader)
    }
}

/// Joins the group, and commits the ends of partitions of which there is no commit.
async fn begin(
    cluster: &Cluster,
    member: &Member,
    topics: &[String],
    group: &str,
    ends: &HashMap<TopicPartition, i64>,
) -> Result<()> {
    let deadline = Instant::now() + cluster.timing().response;
    let again = |why: &KrafkaError| why.is_retriable() && Instant::now() < deadline;
    let Some(consumer) = member.consumer() else { return Ok(()) };
    loop {
        let polled = match consumer.subscribe(topics).await {
            Ok(()) => consumer.poll(Duration::ZERO).await,
            Err(why) => Err(why),
        };
        match polled {
            Ok(records) => member.take(consumer, records).await,
            Err(why) if again(&why) => {
                sleep(SOON).await;
                continue;
            }
            Err(why) => return Err(read(&why, cluster.url())),
        }
        let options = ListConsumerGroupOffsetsOptions::default().partitions(ends.keys().cloned().collect());
        let committed = cluster.admin().list_consumer_group_offsets(group, options).await;
        let committed = committed.map_err(|why| read(&why, cluster.url()))?;
        let mut missing = HashMap::new();
        for (place, end) in ends {
            match committed.get(place) {
                Some(Ok(committed)) if committed.offset.is_some() => {}
                Some(Err(why)) => return Err(read(why, cluster.url())),
                _ => {
                    missing.insert(place, OffsetAndMetadata::new(*end));
                }
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        match consumer.commit_offsets(missing.iter().map(|(place, end)| (*place, end))).await {
            Ok(()) => return Ok(()),
            Err(why) if again(&why) => sleep(SOON).await,
            Err(why) => return Err(write(&why, cluster.url())),
        }
    }
}

#[async_trait]
impl Inbox for Reader {
    async fn next(&mut self) -> Result<Delivery> {
        let handed = self.member.until(|member| {
            // What is here is handed out before a failure is told of.
            member.lanes().next().map(Ok).or_else(|| member.take_failure().map(Err))
        });
        let handed = handed.await?;
        let settle = Box::new(Receipt::new(self.member.clone(), handed.ticket));
        // A group is asked for topics of these names alone.
        let topic = self.topics.get(&*handed.record.topic).cloned().unwrap_or_default();
        let payload = envelope::payload(&handed.record);
        Ok(Delivery { topic, payload, reply_to: None, attempt: handed.attempt, settle })
    }

    async fn close(&mut self) {
        self.member.close();
        self.member.until_left().await;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.member.close();
    }
}
