//! What the lock of a broker guards: groups, and the messages that wait for them. Nothing here waits.

use super::BACKLOG;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use tokio::sync::Notify;
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Payload, stands_for},
};

/// Who reads: several inboxes under one name, or a single one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Member {
    Named(String),
    Own(u64),
}

/// One group, by its scope and member.
pub(super) type GroupId = (String, Member);

/// One message for one group.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// Its place in the order of publication.
    pub(super) place: u64,
    pub(super) topic: Arc<str>,
    pub(super) payload: Arc<Payload>,
    pub(super) reply_to: Option<String>,
    /// How often it has been delivered, this time included.
    pub(super) attempt: u32,
}

/// Messages of one topic for one group.
#[derive(Default)]
struct Queue {
    /// By place, so that a message that comes back keeps its turn.
    waiting: BTreeMap<u64, Item>,
    /// How many live inboxes read this topic.
    readers: usize,
}

#[derive(Default)]
struct Group {
    queues: BTreeMap<String, Queue>,
    arrived: Arc<Notify>,
}

impl Group {
    /// Where messages of this topic wait: in the queue of its name, else in that of the first pattern that stands for it.
    fn queue(&mut self, topic: &str) -> Option<&mut Queue> {
        if self.queues.contains_key(topic) {
            return self.queues.get_mut(topic);
        }
        let found = |pattern: &str| pattern.contains(['+', '#']) && stands_for(pattern, topic);
        self.queues.iter_mut().find(|(pattern, _)| found(pattern)).map(|(_, queue)| queue)
    }
}

/// All groups of a broker.
#[derive(Default)]
pub(super) struct Queues {
    groups: BTreeMap<GroupId, Group>,
    published: u64,
    subscribed: u64,
}

impl Queues {
    /// Adds a reader of these topics; says its group and what to wait on for messages.
    pub(super) fn join(
        &mut self,
        scope: &str,
        name: Option<&str>,
        topics: &BTreeSet<String>,
    ) -> (GroupId, Arc<Notify>) {
        self.subscribed += 1;
        let member = name.map_or(Member::Own(self.subscribed), |name| Member::Named(name.to_owned()));
        let id = (scope.to_owned(), member);
        let group = self.groups.entry(id.clone()).or_default();
        for topic in topics {
            group.queues.entry(topic.clone()).or_default().readers += 1;
        }
        (id, group.arrived.clone())
    }

    /// Removes a reader. A named group stays, with all that waits for it.
    pub(super) fn leave(&mut self, id: &GroupId, topics: &BTreeSet<String>) {
        if let (_, Member::Own(_)) = id {
            self.groups.remove(id);
        } else if let Some(group) = self.groups.get_mut(id) {
            for topic in topics {
                if let Some(queue) = group.queues.get_mut(topic) {
                    queue.readers = queue.readers.saturating_sub(1);
                }
            }
        }
    }

    /// The queues that a message to this topic goes to, with their groups' bells.
    fn of(&mut self, scope: &str, topic: &str) -> impl Iterator<Item = (&mut Queue, Arc<Notify>)> {
        self.groups.iter_mut().filter(move |((of, _), _)| of == scope).filter_map(move |(_, group)| {
            let arrived = group.arrived.clone();
            Some((group.queue(topic)?, arrived))
        })
    }

    /// Whether a live inbox reads this topic.
    pub(super) fn is_read(&mut self, scope: &str, topic: &str) -> bool {
        self.of(scope, topic).any(|(queue, _)| queue.readers > 0)
    }

    /// Queues the message for every group of the topic, or, if one of them is full, for none (`quota`).
    pub(super) fn publish(
        &mut self,
        scope: &str,
        topic: &str,
        payload: &Payload,
        reply_to: Option<&str>,
    ) -> Result<()> {
        if self.of(scope, topic).any(|(queue, _)| queue.waiting.len() >= BACKLOG) {
            let why = format!("a group of this topic has {BACKLOG} messages waiting; it must read some first");
            return Err(Error::new(Kind::Quota, why));
        }
        self.published += 1;
        let item = Item {
            place: self.published,
            topic: topic.into(),
            payload: Arc::new(payload.clone()),
            reply_to: reply_to.map(str::to_owned),
            attempt: 0,
        };
        for (queue, arrived) in self.of(scope, topic) {
            queue.waiting.insert(item.place, item.clone());
            arrived.notify_waiters();
        }
        Ok(())
    }

    /// Takes the oldest message of these topics out of the queue, to be delivered.
    pub(super) fn take(&mut self, id: &GroupId, topics: &BTreeSet<String>) -> Option<Item> {
        let queues = &mut self.groups.get_mut(id)?.queues;
        let oldest = |topic: &&String| queues.get(*topic)?.waiting.first_key_value().map(|(place, _)| *place);
        let (_, topic) = topics.iter().filter_map(|topic| Some((oldest(&topic)?, topic))).min()?;
        let (_, mut item) = queues.get_mut(topic)?.waiting.pop_first()?;
        item.attempt = item.attempt.saturating_add(1);
        Some(item)
    }

    /// Puts a message back to be delivered again; to a group that is gone, nothing is delivered.
    pub(super) fn put_back(&mut self, id: &GroupId, item: Item) {
        let Some(group) = self.groups.get_mut(id) else { return };
        if let Some(queue) = group.queue(&item.topic) {
            queue.waiting.insert(item.place, item);
            group.arrived.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn topics_are_read_in_the_order_of_publication_by_those_that_asked_for_them() {
        let mut queues = Queues::default();
        let (both, only_b) = (topics(&["a", "b"]), topics(&["b"]));
        let (id, _) = queues.join("s", Some("g"), &both);
        let (same, _) = queues.join("s", Some("g"), &only_b);
        assert_eq!(id, same);
        for topic in ["b", "a", "b", "a"] {
            queues.publish("s", topic, &Payload::default(), None).expect("accepted");
        }
        let mut take = |topics| queues.take(&id, topics).map(|item| item.topic.to_string());
        assert_eq!(take(&both).as_deref(), Some("b"));
        assert_eq!(take(&only_b).as_deref(), Some("b"));
        assert_eq!(take(&only_b), None);
        assert_eq!([take(&both), take(&both)], [Some("a".to_owned()), Some("a".to_owned())]);
        assert_eq!(take(&both), None);
    }

    #[test]
    fn what_came_by_a_pattern_comes_again_by_it() {
        let mut queues = Queues::default();
        let patterns = topics(&["a/+"]);
        let (id, _) = queues.join("s", Some("g"), &patterns);
        assert!(queues.is_read("s", "a/b") && !queues.is_read("s", "a"));
        queues.publish("s", "a/b", &Payload::default(), None).expect("accepted");
        let taken = queues.take(&id, &patterns).expect("a message");
        assert_eq!((&*taken.topic, taken.attempt), ("a/b", 1));
        queues.put_back(&id, taken);
        assert_eq!(queues.take(&id, &patterns).map(|item| item.attempt), Some(2));
    }

    #[test]
    fn a_broadcast_leaves_nothing_behind() {
        let mut queues = Queues::default();
        let topics = topics(&["a"]);
        let (id, _) = queues.join("s", None, &topics);
        queues.publish("s", "a", &Payload::default(), None).expect("accepted");
        let taken = queues.take(&id, &topics).expect("a message");
        assert!(queues.is_read("s", "a") && !queues.is_read("elsewhere", "a"));
        queues.leave(&id, &topics);
        queues.put_back(&id, taken);
        assert!(queues.groups.is_empty());
    }
}
