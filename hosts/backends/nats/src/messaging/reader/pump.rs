//! What asks the server for as many messages as there is room for, and holds what comes until somebody takes it.

use super::{
    super::receipt::{Keeper, Receipt},
    consumer::Topic,
    pace::Pace,
    room::Room,
};
use crate::{connection::Server, error::Why, messaging::envelope};
use async_nats::{
    HeaderMap, StatusCode, Subject, Subscriber,
    jetstream::{AckKind, Message},
};
use futures::StreamExt;
use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender},
    time::{Instant, interval, sleep},
};
use wasi_cloud_core::{Error, Result, messaging::Delivery};

/// How long it waits for more room before it asks for little: a question costs the server as much as a message.
const LINGER: Duration = Duration::from_millis(1);
/// How often it looks whether questions were lost.
const LOOK: Duration = Duration::from_millis(250);
/// With [`StatusCode::TIMEOUT`]: how many of the messages that were asked for did not come.
const NOT_SENT: &str = "Nats-Pending-Messages";

/// What the reader is told.
pub(super) enum Come {
    Message(Box<Delivery>),
    /// A failure, and the room that is asked for no more.
    Failed(Error, usize),
}

impl Come {
    /// The room that is not waiting any more.
    pub(super) fn room(&self) -> usize {
        match self {
            Self::Message(_) => 1,
            Self::Failed(_, room) => *room,
        }
    }
}

impl From<Come> for Result<Delivery> {
    fn from(come: Come) -> Self {
        match come {
            Come::Message(delivery) => Ok(*delivery),
            Come::Failed(error, _) => Err(error),
        }
    }
}

pub(super) struct Pump {
    server: Arc<Server>,
    max_deliveries: u32,
    topics: Vec<Topic>,
    /// Places in `topics`, by what their messages are published on.
    places: HashMap<String, usize>,
    /// Where answers come. What the server says of a question comes to the place of the topic below this.
    inbox: String,
    answers: Subscriber,
    more: UnboundedReceiver<usize>,
    come: UnboundedSender<Come>,
    room: Room,
    pace: Pace,
    keeper: Arc<Keeper>,
    /// When it asks for what it did not ask for yet, however little that is.
    due: Option<Instant>,
    /// How often the connection was made when questions were last known to be with the server.
    connects: u64,
}

impl Pump {
    pub(super) async fn new(
        server: Arc<Server>,
        topics: Vec<Topic>,
        max_deliveries: u32,
        more: UnboundedReceiver<usize>,
        come: UnboundedSender<Come>,
    ) -> Result<Self> {
        let inbox = server.client.new_inbox();
        let answers = server.client.subscribe(format!("{inbox}.*")).await;
        let answers = answers.map_err(|_| Why::Lost.read(&server.url))?;
        let places = topics.iter().enumerate().map(|(place, topic)| (topic.subject().to_owned(), place)).collect();
        let (connects, pace) = (connects(&server), Pace::default());
        let keeper = Keeper::new(server.clone());
        Ok(Self {
            server,
            max_deliveries,
            topics,
            places,
            inbox,
            answers,
            more,
            come,
            room: Room::default(),
            pace,
            keeper,
            due: None,
            connects,
        })
    }

    /// Until there is no more to come after the reader was closed. Being dropped ends it at once.
    pub(super) async fn run(mut self) {
        let mut looks = interval(LOOK);
        // Set once for all that waits by then, since setting it may wake a thread.
        let (mut bell, mut is_set) = (pin!(sleep(LINGER)), false);
        let mut is_closed = false;
        loop {
            if is_closed && !self.topics.iter().any(Topic::is_asked) {
                return;
            }
            if !is_closed {
                self.ask_if_due().await;
            }
            if let (Some(due), false) = (self.due, is_set) {
                bell.as_mut().reset(due);
                is_set = true;
            }
            tokio::select! {
                biased;
                _ = looks.tick() => self.look(),
                () = &mut bell, if is_set => is_set = false,
                more = self.more.recv(), if !is_closed => match more {
                    Some(more) => self.make_room(more),
                    None => {
                        is_closed = true;
                        self.due = None;
                    }
                },
                message = self.answers.next() => match message {
                    Some(message) => self.take(message).await,
                    // The client was closed.
                    None => return,
                },
            }
        }
    }

    fn make_room(&mut self, mut more: usize) {
        while let Ok(again) = self.more.try_recv() {
            more += again;
        }
        self.room.more(more);
        self.pace.made_room(more);
    }

    /// For how many messages of each topic the server is to be asked: its share of the room, and at least one.
    fn goal(&self) -> usize {
        let room = self.room.with(self.pace.ahead());
        if room == 0 { 0 } else { (room / self.topics.len()).max(1) }
    }

    /// Asks at once for half of what there is room for at most, and otherwise a little later.
    async fn ask_if_due(&mut self) {
        let goal = self.goal();
        let lacking: usize = self.topics.iter().map(|topic| topic.lacks(goal)).sum();
        if lacking == 0 {
            self.due = None;
            return;
        }
        let now = Instant::now();
        if lacking * 2 >= self.pace.most() || *self.due.get_or_insert(now + LINGER) <= now {
            self.due = None;
            self.ask(goal).await;
        }
    }

    async fn ask(&mut self, goal: usize) {
        for place in 0..self.topics.len() {
            let to = Subject::from(format!("{}.{place}", self.inbox));
            if let Err(error) = self.topics[place].ask(&self.server, goal, to).await {
                return self.failed(place, error);
            }
        }
    }

    /// It is asked again once the reader was told, and asks for more.
    fn failed(&mut self, place: usize, error: Error) {
        self.topics[place].failed();
        if let Some(room) = self.room.failed() {
            // If the reader is gone, so is this.
            let _ = self.come.send(Come::Failed(error, room));
        }
    }

    async fn take(&mut self, message: async_nats::Message) {
        let status = message.status.unwrap_or(StatusCode::OK);
        if status == StatusCode::OK {
            let Some(&place) = self.places.get(message.subject.as_str()) else { return };
            self.topics[place].answered(1);
            return self.deliver(place, message).await;
        }
        let place = message.subject.rsplit('.').next().and_then(|place| place.parse::<usize>().ok());
        let Some(place) = place.filter(|place| *place < self.topics.len()) else { return };
        match status {
            StatusCode::IDLE_HEARTBEAT => {}
            StatusCode::TIMEOUT | StatusCode::NOT_FOUND => {
                self.topics[place].answered(not_sent(message.headers.as_ref()))
            }
            // Among them, that there is no such consumer.
            _ => self.failed(place, Why::Lost.read(&self.server.url)),
        }
    }

    /// Holds a message from now on, unless it was delivered often enough.
    async fn deliver(&mut self, place: usize, message: async_nats::Message) {
        let topic = &self.topics[place].name;
        let message = Message { message, context: self.server.context().clone() };
        let attempt = message.info().map_or(1, |info| u32::try_from(info.delivered).unwrap_or(u32::MAX));
        let Message { message, .. } = message;
        // What a consumer hands out has one.
        let Some(settling) = message.reply else { return };
        if attempt > self.max_deliveries {
            tracing::warn!(topic, "a message was never handled; dropped");
            return self.keeper.tell(settling, AckKind::Term).await;
        }
        let (payload, reply_to) = envelope::payload(message.payload.into(), message.headers.as_ref());
        let settle = Box::new(Receipt::new(&self.keeper, settling, attempt < self.max_deliveries));
        let delivery = Delivery { topic: topic.clone(), payload, reply_to, attempt, settle };
        self.room.taken();
        // If the reader is gone, it is given back.
        let _ = self.come.send(Come::Message(Box::new(delivery)));
    }

    fn look(&mut self) {
        self.pace.look();
        let connects = connects(&self.server);
        let is_new = std::mem::replace(&mut self.connects, connects) != connects;
        for topic in &mut self.topics {
            if is_new || topic.is_overdue(&self.server) {
                topic.forget();
            }
        }
    }
}

fn connects(server: &Server) -> u64 {
    server.client.statistics().connects.load(Ordering::Relaxed)
}

/// A server that does not say how many means all of them.
fn not_sent(headers: Option<&HeaderMap>) -> usize {
    let count = headers.and_then(|headers| headers.get(NOT_SENT));
    count.and_then(|count| count.as_str().parse().ok()).unwrap_or(usize::MAX)
}
