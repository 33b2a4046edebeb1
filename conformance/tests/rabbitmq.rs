//! RabbitMQ on a real server of its own: memory's transcripts, and what no case can do to a server.

mod compare;
mod support;
mod transcripts;
mod way;

use cloud_conformance::service::{Rabbitmq, Server, Service};
use compare::as_memory;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicConsumeOptions, BasicPublishOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::{process::ExitCode, sync::Arc, time::Duration};
use support::{required, workers};
use tokio::time::{sleep, timeout};
use url::Url;
use wasi_cloud_core::{
    Clock, Error, Kind,
    messaging::{Delivery, Disposition, Inbox, Messaging, Payload, Subscription},
};
use way::Way;

fn main() -> ExitCode {
    let trial = |name, test: fn() -> Tested| {
        Trial::ignorable_test(name, move || {
            if required("rabbitmq") || Rabbitmq.is_here() {
                return test().map(|()| Completion::Completed);
            }
            Ok(Completion::ignored_with(Rabbitmq.install()))
        })
    };
    let trials = vec![
        trial("transcripts_are_equal", || as_memory("rabbitmq")),
        trial("what_no_case_can_do_to_a_server", on_a_server),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Longest wait for what has to come.
const LONG: Duration = Duration::from_secs(30);

type Tested = Result<(), Failed>;

/// One server for all: a start of it takes seconds.
fn on_a_server() -> Tested {
    workers().block_on(async {
        let service = Service::start(&Rabbitmq).await?;
        let url = service.url();
        let named = |name: &str, tested: Tested| tested.map_err(|why| Failed::from(format!("{name}: {why:?}")));
        let tested = async {
            named("come back", come_back(url).await)?;
            named("counted", counted(url).await)?;
            named("given back", given_back(url).await)?;
            named("handled at once", handled_at_once(url).await)?;
            named("again", again_without_a_group(url).await)?;
            named("foreign", foreign(url).await)?;
            named("removed", removed(url).await)?;
            named("refused", refused(url).await)
        };
        let tested = tested.await;
        service.stop().await;
        tested
    })
}

/// A host of its own.
async fn host(url: &str) -> Result<Arc<dyn Messaging>, Failed> {
    Ok(wasi_cloud::registry(&Clock::default())?.services(url).await?.messaging.ok_or("no messaging")?)
}

async fn subscriber(url: &str, scope: &str, group: Option<&str>) -> Result<Box<dyn Inbox>, Failed> {
    let (topics, group) = (vec!["t".into()], group.map(str::to_owned));
    Ok(host(url).await?.subscribe(scope, &Subscription { topics, group, max_deliveries: 3, dead_letter: None }).await?)
}

async fn send(host: &dyn Messaging, scope: &str, data: &str) -> Tested {
    Ok(host.publish(scope, "t", &Payload { data: data.into(), ..Payload::default() }).await?)
}

async fn next(inbox: &mut dyn Inbox) -> Result<Delivery, Failed> {
    Ok(timeout(LONG, inbox.next()).await??)
}

/// The next message, if it is this one on this attempt.
async fn is_next(inbox: &mut dyn Inbox, data: &str, attempt: u32) -> Result<Delivery, Failed> {
    let came = next(inbox).await?;
    if came.payload.data == data.as_bytes() && came.attempt == attempt {
        return Ok(came);
    }
    Err(format!("{came:?} with {:?} and not {data} on attempt {attempt}", came.payload.data).into())
}

fn is(error: &Error, kind: Kind) -> Tested {
    if error.kind == kind { Ok(()) } else { Err(format!("{error:?}").into()) }
}

/// Subscribers whose connection is lost fail once and come back, and a group has what was sent meanwhile.
async fn come_back(url: &str) -> Tested {
    let way = Way::new(url).await?;
    let mut member = subscriber(way.url(), "back", Some("g")).await?;
    let mut listener = subscriber(way.url(), "back", None).await?;
    way.cut();
    let sender = host(url).await?;
    send(&*sender, "back", "meanwhile").await?;
    // Cancelled by the server, or refused when it asks for more: whichever comes first.
    timeout(LONG, member.next()).await?.err().ok_or("nothing was lost")?;
    is_next(&mut *member, "meanwhile", 1).await?.settle.settle(Disposition::Ack).await?;
    is(&timeout(LONG, listener.next()).await?.err().ok_or("nothing was lost")?, Kind::Unavailable)?;
    // What is sent while a listener is away is not for it, so it is sent again and again.
    let heard = async {
        loop {
            send(&*sender, "back", "later").await?;
            if let Ok(came) = timeout(Duration::from_millis(50), listener.next()).await {
                return Tested::Ok(came?.settle.settle(Disposition::Ack).await?);
            }
        }
    };
    timeout(LONG, heard).await?
}

/// What a host that ended had not settled goes to another one, and counts; who held it harms nothing any more.
async fn counted(url: &str) -> Tested {
    let way = Way::new(url).await?;
    let mut first = subscriber(way.url(), "counted", Some("g")).await?;
    send(&*host(url).await?, "counted", "m").await?;
    let held = is_next(&mut *first, "m", 1).await?;
    way.cut();
    let mut second = subscriber(url, "counted", Some("g")).await?;
    let again = is_next(&mut *second, "m", 2).await?;
    is(&held.settle.settle(Disposition::Ack).await.err().ok_or("a lost delivery was settled")?, Kind::Unavailable)?;
    again.settle.settle(Disposition::Nack).await?;
    is_next(&mut *second, "m", 3).await?.settle.settle(Disposition::Nack).await?;
    send(&*host(url).await?, "counted", "marker").await?;
    is_next(&mut *second, "marker", 1).await?.settle.settle(Disposition::Ack).await.map_err(Into::into)
}

/// An inbox that is closed gives back what it did not hand over, and what it did can be settled.
async fn given_back(url: &str) -> Tested {
    let sender = host(url).await?;
    let mut first = subscriber(url, "given", Some("g")).await?;
    for data in ["1", "2", "3"] {
        send(&*sender, "given", data).await?;
    }
    let held = [is_next(&mut *first, "1", 1).await?, is_next(&mut *first, "2", 1).await?];
    first.close().await;
    let mut second = subscriber(url, "given", Some("g")).await?;
    let third = next(&mut *second).await?;
    if third.payload.data != b"3" {
        return Err(format!("{third:?}").into());
    }
    third.settle.settle(Disposition::Ack).await?;
    for delivery in held {
        delivery.settle.settle(Disposition::Ack).await?;
    }
    drop(first);
    send(&*sender, "given", "marker").await?;
    is_next(&mut *second, "marker", 1).await.map(drop)
}

/// However many are handled at once, another one comes.
async fn handled_at_once(url: &str) -> Tested {
    let sender = host(url).await?;
    let mut member = subscriber(url, "many", Some("g")).await?;
    let mut held = Vec::new();
    for number in 0..20 {
        send(&*sender, "many", &number.to_string()).await?;
        held.push(is_next(&mut *member, &number.to_string(), 1).await?);
    }
    // Dropped ones come again.
    drop(held);
    for _ in 0..20 {
        let came = next(&mut *member).await?;
        if came.attempt != 2 {
            return Err(format!("{came:?}").into());
        }
        came.settle.settle(Disposition::Ack).await?;
    }
    Ok(())
}

/// A subscriber without a group gets what it did not handle again, up to three times.
async fn again_without_a_group(url: &str) -> Tested {
    let sender = host(url).await?;
    let mut listener = subscriber(url, "again", None).await?;
    send(&*sender, "again", "m").await?;
    is_next(&mut *listener, "m", 1).await?.settle.settle(Disposition::Nack).await?;
    drop(is_next(&mut *listener, "m", 2).await?);
    is_next(&mut *listener, "m", 3).await?.settle.settle(Disposition::Nack).await?;
    send(&*sender, "again", "marker").await?;
    is_next(&mut *listener, "marker", 1).await.map(drop)
}

/// Another program.
async fn client(url: &str) -> Result<(Connection, Channel), Failed> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    Ok((connection, channel))
}

/// Another program sends and hears by the documented names, and asks and is answered.
async fn foreign(url: &str) -> Tested {
    let host = host(url).await?;
    let mut member = subscriber(url, "a/b", Some("g")).await?;
    let (_connection, channel) = client(url).await?;
    let (exchange, key) = (ShortString::from("wasi-cloud.a/b"), ShortString::from("t"));
    let own = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare("".into(), own, FieldTable::default()).await?.name().clone();
    let bind = QueueBindOptions::default();
    channel.queue_bind(queue.clone(), exchange.clone(), key.clone(), bind, FieldTable::default()).await?;

    let mut headers = FieldTable::default();
    headers.insert("trace".into(), AMQPValue::LongString("1".into()));
    headers.insert("x-theirs".into(), AMQPValue::LongString("2".into()));
    let asked = BasicProperties::default().with_headers(headers).with_content_type("text/plain".into());
    let asked = asked.with_reply_to(queue.clone()).with_correlation_id("7".into());
    channel.basic_publish(exchange, key, BasicPublishOptions::default(), b"hello", asked).await?;
    let came = next(&mut *member).await?;
    let expected = Payload {
        data: b"hello".to_vec(),
        content_type: Some("text/plain".into()),
        metadata: vec![("trace".into(), "1".into())],
    };
    let Some(reply_to) = came.reply_to.filter(|_| came.payload == expected) else {
        return Err(format!("{:?}", came.payload).into());
    };
    came.settle.settle(Disposition::Ack).await?;
    host.reply("a/b", &reply_to, &Payload { data: b"answer".to_vec(), ..Payload::default() }).await?;

    let no_ack = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    let mut heard = channel.basic_consume(queue, "".into(), no_ack, FieldTable::default()).await?;
    let mut next =
        async || timeout(LONG, futures::StreamExt::next(&mut heard)).await?.ok_or("the end")?.map_err(Failed::from);
    let (own, answer) = (next().await?, next().await?);
    let correlation = answer.properties.correlation_id().as_ref().map(ShortString::as_str);
    if (&*own.data, &*answer.data, correlation) == (b"hello", b"answer", Some("7")) {
        return Ok(());
    }
    Err(format!("{own:?} {answer:?}").into())
}

/// What an operator removed is made anew.
async fn removed(url: &str) -> Tested {
    let sender = host(url).await?;
    let mut member = subscriber(url, "removed", Some("g")).await?;
    let (_connection, channel) = client(url).await?;
    channel.queue_delete("wasi-cloud.removed/g/t".into(), Default::default()).await?;
    // Cancelled by the server, or refused when it asks for more: whichever comes first.
    timeout(LONG, member.next()).await?.err().ok_or("nothing was lost")?;
    // Until it is there again: the server says for a while that it has the old one.
    let sent = async {
        loop {
            send(&*sender, "removed", "m").await?;
            if let Ok(Ok(came)) = timeout(Duration::from_millis(50), member.next()).await {
                return Tested::Ok(came.settle.settle(Disposition::Ack).await?);
            }
        }
    };
    timeout(LONG, sent).await??;
    channel.exchange_delete("wasi-cloud.removed".into(), Default::default()).await?;
    let failed = send(&*sender, "removed", "m").await;
    if failed.is_ok() {
        return Err("an exchange that is not there has taken a message".into());
    }
    send(&*sender, "removed", "m").await
}

/// A server that is not there and a login that is wrong are both unavailable, and no error tells the password.
async fn refused(url: &str) -> Tested {
    let mut wrong = Url::parse(url)?;
    let _ = (wrong.set_username("guest"), wrong.set_password(Some("hunter2")));
    let nowhere = "amqp://guest:hunter2@127.0.0.1:1";
    for url in [wrong.as_str(), nowhere, &format!("{url}/no-vhost")] {
        let error = wasi_cloud::registry(&Clock::default())?.services(url).await.err().ok_or("it connected")?;
        is(&error, Kind::Unavailable)?;
        if error.message.contains("hunter2") {
            return Err(error.message.into());
        }
    }
    // A call while the server is away ends soon, and says that nothing was sent.
    let way = Way::new(url).await?;
    let sender = host(way.url()).await?;
    send(&*sender, "away", "m").await?;
    way.close();
    let gone = async {
        while send(&*sender, "away", "m").await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(LONG, gone).await?;
    let error = sender.publish("away", "t", &Payload::default()).await.err().ok_or("it was sent")?;
    is(&error, Kind::Unavailable)
}
