//! What a member of a group holds of its partitions: one message of each is being handled at a time, in their order.
//!
//! Nothing here waits or talks to a broker.

use krafka::{
    ConsumerRecord,
    consumer::{OffsetAndMetadata, TopicPartition},
};
use std::collections::{HashMap, VecDeque};
use wasi_cloud_core::messaging::Disposition;

/// Bytes of a partition that are held before no more are fetched.
const FULL: usize = 1 << 20;
/// What a record takes besides its bytes, about.
const OVERHEAD: usize = 256;

/// All partitions that the group gave to this member.
#[derive(Default)]
pub(super) struct Lanes {
    lanes: HashMap<TopicPartition, Lane>,
    /// Where the next message can be handed out, longest first. What it names may have gone meanwhile.
    ready: VecDeque<TopicPartition>,
    /// Tells a partition that came back from what it was before.
    terms: u64,
    closed: bool,
}

#[derive(Default)]
struct Lane {
    term: u64,
    waiting: VecDeque<ConsumerRecord>,
    /// Bytes that wait.
    size: usize,
    /// How often the first of those that wait was handed out.
    deliveries: u32,
    /// Whether it is being handled.
    busy: bool,
    /// To another member: nothing more is handed out.
    leaving: bool,
    paused: bool,
    /// Where the group goes on, once the broker is told.
    done: Option<OffsetAndMetadata>,
}

/// One that is handed out.
pub(super) struct Handed {
    pub(super) record: ConsumerRecord,
    pub(super) attempt: u32,
    pub(super) ticket: Ticket,
}

/// What it takes to settle it.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    place: TopicPartition,
    term: u64,
}

/// What became of one that was settled.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Settled {
    /// It is over; `dropped` if it never was handled.
    Over { dropped: bool },
    /// It is handed out again.
    Again,
    /// Its partition went to another member, which handles it again.
    Moved,
}

fn size(record: &ConsumerRecord) -> usize {
    record.value.as_ref().map_or(0, |value| value.len()) + OVERHEAD
}

impl Lanes {
    /// A partition is this member's from now on.
    pub(super) fn assign(&mut self, place: &TopicPartition) {
        self.terms += 1;
        self.lanes.insert(place.clone(), Lane { term: self.terms, ..Lane::default() });
    }

    /// A partition is no longer this member's.
    pub(super) fn remove(&mut self, place: &TopicPartition) {
        self.lanes.remove(place);
    }

    /// Hands out nothing more of a partition.
    pub(super) fn leave(&mut self, place: &TopicPartition) {
        if let Some(lane) = self.lanes.get_mut(place) {
            lane.leaving = true;
        }
    }

    /// Hands out nothing more at all.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether any of these is being handled.
    pub(super) fn is_busy(&self, places: &[TopicPartition]) -> bool {
        places.iter().any(|place| self.lanes.get(place).is_some_and(|lane| lane.busy))
    }

    /// Whether anything is being handled.
    pub(super) fn is_any_busy(&self) -> bool {
        self.lanes.values().any(|lane| lane.busy)
    }

    /// Takes what was fetched. That of partitions that are not here any more is fetched by whoever has them.
    pub(super) fn push(&mut self, record: ConsumerRecord) {
        let place = TopicPartition::new(&*record.topic, record.partition);
        let Some(lane) = self.lanes.get_mut(&place) else { return };
        lane.size += size(&record);
        lane.waiting.push_back(record);
        if lane.waiting.len() == 1 && !lane.busy {
            self.ready.push_back(place);
        }
    }

    /// Hands out a message, if there is one.
    pub(super) fn next(&mut self) -> Option<Handed> {
        while let Some(place) = self.ready.pop_front().filter(|_| !self.closed) {
            let Some(lane) = self.lanes.get_mut(&place).filter(|lane| !lane.busy && !lane.leaving) else { continue };
            let Some(record) = lane.waiting.front().cloned() else { continue };
            lane.busy = true;
            lane.deliveries += 1;
            return Some(Handed { record, attempt: lane.deliveries, ticket: Ticket { place, term: lane.term } });
        }
        None
    }

    /// Settles one: at the latest the delivery number `most` is its last.
    pub(super) fn settle(&mut self, ticket: &Ticket, disposition: Disposition, most: u32) -> Settled {
        let Ticket { place, term } = ticket;
        let Some(lane) = self.lanes.get_mut(place).filter(|lane| lane.term == *term && lane.busy) else {
            return Settled::Moved;
        };
        lane.busy = false;
        let dropped = disposition == Disposition::Nack;
        let over = !dropped || lane.deliveries >= most;
        if over && let Some(record) = lane.waiting.pop_front() {
            lane.size -= size(&record);
            lane.deliveries = 0;
            let mut next = OffsetAndMetadata::new(record.offset + 1);
            next.leader_epoch = record.leader_epoch;
            lane.done = Some(next);
        }
        if !lane.waiting.is_empty() {
            self.ready.push_back(place.clone());
        }
        if over { Settled::Over { dropped } } else { Settled::Again }
    }

    /// What the broker has not been told of.
    pub(super) fn untold(&self) -> Vec<(TopicPartition, OffsetAndMetadata)> {
        self.lanes.iter().filter_map(|(place, lane)| Some((place.clone(), lane.done.clone()?))).collect()
    }

    /// The broker was told that.
    pub(super) fn told(&mut self, offsets: &[(TopicPartition, OffsetAndMetadata)]) {
        for (place, offset) in offsets {
            if let Some(lane) = self.lanes.get_mut(place)
                && lane.done.as_ref().is_some_and(|done| done.offset == offset.offset)
            {
                lane.done = None;
            }
        }
    }

    /// Partitions that hold enough, which are to be paused: each is told once.
    pub(super) fn full(&mut self) -> Vec<TopicPartition> {
        self.turn(true, |lane| !lane.paused && lane.size >= FULL)
    }

    /// Partitions that were paused and have room: each is told once.
    pub(super) fn with_room(&mut self) -> Vec<TopicPartition> {
        self.turn(false, |lane| lane.paused && lane.size < FULL / 2)
    }

    /// Whether [`with_room`](Self::with_room) has something to tell of.
    pub(super) fn has_room(&self, ticket: &Ticket) -> bool {
        self.lanes.get(&ticket.place).is_some_and(|lane| lane.paused && lane.size < FULL / 2)
    }

    fn turn(&mut self, paused: bool, which: impl Fn(&Lane) -> bool) -> Vec<TopicPartition> {
        let turned = self.lanes.iter_mut().filter(|(_, lane)| which(lane));
        turned
            .map(|(place, lane)| {
                lane.paused = paused;
                place.clone()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(partition: i32) -> TopicPartition {
        TopicPartition::new("t", partition)
    }

    fn lanes(partitions: i32, records: i64) -> Lanes {
        let mut lanes = Lanes::default();
        for partition in 0..partitions {
            lanes.assign(&place(partition));
            for offset in 0..records {
                lanes.push(ConsumerRecord::new("t", partition, offset, None, None));
            }
        }
        lanes
    }

    fn take(lanes: &mut Lanes) -> (i32, i64, u32, Ticket) {
        let handed = lanes.next().expect("one is ready");
        (handed.record.partition, handed.record.offset, handed.attempt, handed.ticket)
    }

    fn untold(lanes: &Lanes) -> Vec<(i32, i64)> {
        let mut untold: Vec<_> = lanes.untold().iter().map(|(place, at)| (place.partition, at.offset)).collect();
        untold.sort_unstable();
        untold
    }

    #[test]
    fn a_partition_goes_on_when_its_message_is_settled_and_others_do_not_wait_for_it() {
        let mut lanes = lanes(2, 2);
        let (first, offset, attempt, zero) = take(&mut lanes);
        assert_eq!((first, offset, attempt), (0, 0, 1));
        let (second, _, _, one) = take(&mut lanes);
        assert_eq!(second, 1);
        assert!(lanes.next().is_none(), "both are being handled");
        assert_eq!(lanes.settle(&one, Disposition::Ack, 3), Settled::Over { dropped: false });
        assert_eq!(untold(&lanes), [(1, 1)]);
        assert_eq!(take(&mut lanes).1, 1);
        assert!(lanes.next().is_none() && lanes.is_busy(&[place(0)]));
        assert_eq!(lanes.settle(&zero, Disposition::Ack, 3), Settled::Over { dropped: false });
        lanes.told(&lanes.untold());
        assert_eq!(untold(&lanes), []);
    }

    #[test]
    fn what_failed_comes_again_before_the_next_one_and_not_for_ever() {
        let mut lanes = lanes(1, 2);
        for number in 1..=3 {
            let (_, offset, attempt, ticket) = take(&mut lanes);
            assert_eq!((offset, attempt), (0, number));
            let settled = lanes.settle(&ticket, Disposition::Nack, 3);
            assert_eq!(settled, if number < 3 { Settled::Again } else { Settled::Over { dropped: true } });
            assert_eq!(lanes.settle(&ticket, Disposition::Ack, 3), Settled::Moved, "it is settled once");
        }
        assert_eq!(untold(&lanes), [(0, 1)]);
        let (_, offset, attempt, _) = take(&mut lanes);
        assert_eq!((offset, attempt), (1, 1));
    }

    #[test]
    fn what_moved_is_not_told_and_comes_back_as_new() {
        let mut lanes = lanes(1, 3);
        let (.., before) = take(&mut lanes);
        lanes.leave(&place(0));
        assert!(lanes.is_any_busy());
        assert_eq!(lanes.settle(&before, Disposition::Ack, 3), Settled::Over { dropped: false });
        assert!(lanes.next().is_none(), "it is leaving");
        assert_eq!(untold(&lanes), [(0, 1)]);
        lanes.remove(&place(0));
        lanes.push(ConsumerRecord::new("t", 0, 1, None, None));
        assert!(lanes.next().is_none() && untold(&lanes).is_empty());
        lanes.assign(&place(0));
        lanes.push(ConsumerRecord::new("t", 0, 1, None, None));
        let (_, offset, _, _) = take(&mut lanes);
        assert_eq!(offset, 1);
        assert_eq!(lanes.settle(&before, Disposition::Ack, 3), Settled::Moved);
        lanes.close();
        assert!(lanes.next().is_none() && lanes.is_closed());
    }

    #[test]
    fn a_partition_that_holds_enough_is_paused_until_half_of_it_is_gone() {
        let mut lanes = lanes(1, 0);
        let large = Some(vec![0; FULL / 4].into());
        for offset in 0..4 {
            lanes.push(ConsumerRecord::new("t", 0, offset, None, large.clone()));
        }
        assert_eq!((lanes.full(), lanes.full()), (vec![place(0)], vec![]));
        for left in [3, 2, 1] {
            let (.., ticket) = take(&mut lanes);
            lanes.settle(&ticket, Disposition::Ack, 1);
            assert_eq!(lanes.has_room(&ticket), left < 2, "{left}");
        }
        assert_eq!((lanes.with_room(), lanes.with_room()), (vec![place(0)], vec![]));
    }
}
