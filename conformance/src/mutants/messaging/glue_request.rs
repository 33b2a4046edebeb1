//! Hosts that link one defective function of requests and replies.

use super::glue::{tidy, told};
use crate::{
    host::embedded::Linker,
    mutants::{
        Row,
        glue::{Cut, Entry, shadow},
    },
};
use std::{sync::Arc, time::Duration};
use wasi_cloud_core::{
    Error, Kind,
    messaging::{Client, Message, RequestOptions},
};
use wasi_cloud_wasmtime::{
    CloudView, HostError,
    bindings::wasi::messaging::{request_reply, types::HostClient},
};
use wasmtime::{Result, component::Resource};

pub(in crate::mutants) fn rows() -> Vec<Row> {
    let row = |(name, bug, clauses, link): &Entry| Row { name, bug, clauses, tamper: Arc::new(Cut(*link)) };
    ROWS.iter().map(row).collect()
}

const ROWS: &[Entry] = &[
    ("glue-request-takes-message", "A request uses up its message.", &["MSG-RR-10"], takes_message),
    ("glue-reply-takes-question", "A reply uses up what it answers.", &["MSG-RR-10"], reply_takes_question),
    ("glue-request-does-not-wait", "A request returns once it is sent.", &["MSG-RR-01", "MSG-RR-03"], does_not_wait),
    ("glue-reply-is-the-question", "A reply is the message that asked.", &["MSG-RR-01"], reply_is_the_question),
    ("glue-no-responders-is-empty", "That nobody can answer is no replies.", &["MSG-M04"], nobody_is_empty),
    ("glue-late-is-empty", "That no reply came in time is no replies.", &["MSG-RR-02", "MSG-M02"], late_is_empty),
    ("glue-ignores-timeout", "A request waits as long as a call may last.", &["MSG-RR-04"], ignores_timeout),
    ("glue-waits-out-timeout", "A timeout is waited out.", &["MSG-RR-03", "MSG-RR-05"], waits_out),
    (
        "glue-expects-one-more",
        "One reply more than expected is waited for.",
        &["MSG-RR-01", "MSG-RR-06", "MSG-M01"],
        expects_one_more,
    ),
    ("glue-timeout-is-fixed", "A timeout lasts two seconds, whatever was set.", &["MSG-RR-02"], timeout_is_fixed),
    ("glue-several-wait-less", "Who expects several replies waits half the time.", &["MSG-RR-05"], several_wait_less),
    ("glue-no-time-is-any-time", "A timeout of 0 is none.", &["MSG-M03"], no_time_is_any),
    ("glue-asked-topics-are-tidied", "What a topic cannot hold is taken out of it.", &["MSG-M07"], topics_are_tidied),
    ("glue-request-connects-anew", "A request has a connection of its own.", &["MSG-M14"], connects_anew),
    ("glue-none-expected-is-one", "Who expects no reply waits for one.", &["MSG-M03"], none_is_one),
];

const REQUESTS: &str = "wasi:messaging/request-reply@0.2.0-draft";

/// A client, a topic, a message and options.
type Asked = (Resource<Client>, String, Resource<Message>, Option<Resource<RequestOptions>>);
type Replies = std::result::Result<Vec<Resource<Message>>, HostError>;

async fn ask(host: &mut CloudView<'_>, (client, topic, message, options): Asked) -> Replies {
    request_reply::Host::request(host, client, topic, message, options).await
}

/// Asks with other options than the guest's.
async fn ask_with(host: &mut CloudView<'_>, asked: Asked, change: fn(&mut RequestOptions)) -> Replies {
    let (client, topic, message, options) = asked;
    let mut changed = match options {
        Some(options) => host.table.delete(options)?,
        None => RequestOptions::default(),
    };
    change(&mut changed);
    let options = host.table.push(changed)?;
    ask(host, (client, topic, message, Some(options))).await
}

/// Defines `request` anew; `$body` is what becomes of the question `$asked`.
macro_rules! request {
    ($linker:ident, $host:ident, $asked:pat => $body:expr) => {
        $linker.instance(REQUESTS)?.func_wrap_async("request", |mut cx, $asked: Asked| {
            Box::new(async move {
                let mut $host = cx.data_mut().cloud();
                let replies: Replies = $body;
                told(&mut $host, replies)
            })
        })
    };
}

fn takes_message(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => {
        let message = Resource::<Message>::new_own(asked.2.rep());
        let replies = ask(&mut host, asked).await;
        host.table.delete(message)?;
        replies
    })
}

fn reply_takes_question(linker: &mut Linker) -> Result<()> {
    shadow!(linker, REQUESTS, "reply", host, (to: Resource<Message>, message: Resource<Message>) => {
        let question = Resource::<Message>::new_own(to.rep());
        let replied = request_reply::Host::reply(&mut host, to, message).await;
        host.table.delete(question)?;
        told::<()>(&mut host, replied)
    })
}

fn does_not_wait(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => ask_with(&mut host, asked, |options| options.expected_replies = Some(0)).await)
}

fn reply_is_the_question(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => {
        let question = host.table.get(&asked.2)?.clone();
        let replies = ask(&mut host, asked).await;
        for reply in replies.iter().flatten() {
            *host.table.get_mut(reply)? = question.clone();
        }
        replies
    })
}

/// No replies in the place of a failure of this kind.
fn empty_if(replies: Replies, kind: Kind) -> Replies {
    match replies {
        Err(HostError::Cloud(Error { kind: failed, .. })) if failed == kind => Ok(Vec::new()),
        replies => replies,
    }
}

fn nobody_is_empty(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => empty_if(ask(&mut host, asked).await, Kind::Unavailable))
}

fn late_is_empty(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => empty_if(ask(&mut host, asked).await, Kind::Timeout))
}

fn ignores_timeout(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => ask_with(&mut host, asked, |options| options.timeout = None).await)
}

fn waits_out(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => ask_with(&mut host, asked, |options| {
        if options.timeout.is_some_and(|timeout| timeout > Duration::ZERO) {
            options.expected_replies = Some(u32::MAX);
        }
    }).await)
}

fn timeout_is_fixed(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => ask_with(&mut host, asked, |options| {
        options.timeout = options.timeout.map(|_| Duration::from_secs(2));
    }).await)
}

fn several_wait_less(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => ask_with(&mut host, asked, |options| {
        if options.expected_replies > Some(1) {
            options.timeout = options.timeout.map(|timeout| timeout / 2);
        }
    }).await)
}

fn no_time_is_any(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => ask_with(&mut host, asked, |options| {
        options.timeout = options.timeout.filter(|timeout| *timeout > Duration::ZERO);
    }).await)
}

fn topics_are_tidied(linker: &mut Linker) -> Result<()> {
    request!(linker, host, (client, topic, message, options) => {
        ask(&mut host, (client, tidy(&topic), message, options)).await
    })
}

fn connects_anew(linker: &mut Linker) -> Result<()> {
    request!(linker, host, (_, topic, message, options) => {
        match HostClient::connect(&mut host, "default".into()).await {
            Ok(client) => ask(&mut host, (client, topic, message, options)).await,
            Err(error) => Err(error),
        }
    })
}

fn expects_one_more(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => ask_with(&mut host, asked, |options| {
        options.expected_replies = Some(options.expected_replies.unwrap_or(1).saturating_add(1));
    }).await)
}

fn none_is_one(linker: &mut Linker) -> Result<()> {
    request!(linker, host, asked => ask_with(&mut host, asked, |options| {
        options.expected_replies = options.expected_replies.filter(|count| *count > 0);
    }).await)
}
