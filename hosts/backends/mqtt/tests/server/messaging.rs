//! What no case of the suite can see: other programs, who gets what is given back, and what outlives a host.

use crate::{
    support::{Device, OPEN, Server, next, open, send, subscribed},
    tests,
};
use rumqttc::v5::mqttbytes::{
    QoS,
    v5::{Packet, PublishProperties},
};
use wasi_cloud_core::messaging::{Disposition, Payload};

tests![
    a_device_is_heard_and_answered,
    a_device_hears_what_is_sent,
    what_fails_comes_to_its_group_alone,
    what_was_not_handed_out_goes_to_the_others,
    a_named_host_finds_what_it_left,
];

async fn a_device_is_heard_and_answered() {
    let server = Server::start(OPEN);
    let host = server.host().await;
    let mut device = Device::connect(&server, &["devices/#"]).await;
    device.says("s/rooms/1", QoS::AtLeastOnce, true, "retained", PublishProperties::default()).await;
    device.until(|packet| matches!(packet, Packet::PubAck(_)).then_some(())).await;

    let mut inbox = subscribed(&host, "rooms/+", None).await;
    let asked = PublishProperties {
        content_type: Some("text/plain".to_owned()),
        user_properties: [("k", "1"), ("k", "100%")].map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec(),
        response_topic: Some("devices/7".to_owned()),
        correlation_data: Some("\0c".into()),
        ..PublishProperties::default()
    };
    // Names that nobody here would write are passed over.
    for (topic, qos) in [("s/rooms/%41", QoS::AtLeastOnce), ("s/rooms/1", QoS::AtMostOnce)] {
        device.says(topic, qos, false, "how warm?", asked.clone()).await;
    }
    let delivery = next(&mut *inbox, "how warm?").await;
    assert_eq!(delivery.topic, "rooms/1");
    assert_eq!(delivery.payload.content_type.as_deref(), Some("text/plain"));
    assert_eq!(delivery.payload.metadata, [("k".to_owned(), "100%".to_owned())]);
    let address = delivery.reply_to.expect("an address");
    host.reply("s", &address, &Payload { data: b"20".to_vec(), ..Payload::default() }).await.expect("replied");
    let reply = device.hears().await;
    assert_eq!((&*reply.topic, &*reply.payload), (&b"devices/7"[..], &b"20"[..]));
    assert_eq!(reply.properties.and_then(|p| p.correlation_data).as_deref(), Some(&b"\0c"[..]));
}

async fn a_device_hears_what_is_sent() {
    let server = Server::start(OPEN);
    let host = server.host().await;
    let mut device = Device::connect(&server, &["s/#"]).await;
    let message = Payload {
        data: b"on".to_vec(),
        content_type: Some("text/plain".to_owned()),
        metadata: vec![("unit".to_owned(), "\u{b0}C".to_owned())],
    };
    host.publish("s", "rooms/1/light", &message).await.expect("sent");
    let heard = device.hears().await;
    assert_eq!((&*heard.topic, &*heard.payload, heard.retain), (&b"s/rooms/1/light"[..], &b"on"[..], false));
    let properties = heard.properties.expect("properties");
    assert_eq!(properties.content_type, message.content_type);
    assert_eq!(properties.user_properties, message.metadata);
    // Somebody heard it; on another topic there is nobody.
    assert!(host.request("s", "rooms", &message).await.is_ok());
    assert!(host.request("t", "rooms", &message).await.is_err());
}

async fn what_fails_comes_to_its_group_alone() {
    let server = Server::start(OPEN);
    let host = server.host().await;
    let mut members = [subscribed(&host, "a/+", Some("g")).await, subscribed(&host, "a/#", Some("h")).await];
    send(&host, "a/1", "poison").await;
    next(&mut *members[1], "poison").await.settle.settle(Disposition::Ack).await.expect("settled");
    for attempt in 1..=3 {
        let delivery = next(&mut *members[0], "poison").await;
        assert_eq!((&*delivery.topic, delivery.attempt), ("a/1", attempt));
        // As a handler that traps, once.
        if attempt != 2 {
            delivery.settle.settle(Disposition::Nack).await.expect("settled");
        }
    }
    send(&host, "a/2", "fine").await;
    for member in &mut members {
        assert_eq!(next(&mut **member, "fine").await.attempt, 1);
    }
}

async fn what_was_not_handed_out_goes_to_the_others() {
    let server = Server::start(OPEN);
    let host = server.host().await;
    let mut first = subscribed(&host, "t", Some("g")).await;
    for data in ["1", "2", "3"] {
        send(&host, "t", data).await;
    }
    let held = next(&mut *first, "1").await;
    let mut second = subscribed(&host, "t", Some("g")).await;
    first.close().await;
    for data in ["2", "3"] {
        let delivery = next(&mut *second, data).await;
        assert_eq!(delivery.attempt, 1);
        delivery.settle.settle(Disposition::Ack).await.expect("settled");
    }
    held.settle.settle(Disposition::Ack).await.expect("settled");
    drop(first);
    for data in ["4", "5"] {
        send(&host, "t", data).await;
        next(&mut *second, data).await.settle.settle(Disposition::Ack).await.expect("settled");
    }
}

async fn a_named_host_finds_what_it_left() {
    let server = Server::start(OPEN);
    let url = format!("{}?client-id=host-1", server.url());
    let other = server.host().await;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let of_host = url.clone();
    let dying = runtime.spawn(async move {
        let host = open(&of_host).await.expect("a host");
        let mut inbox = subscribed(&host, "t", Some("g")).await;
        send(&host, "t", "1").await;
        send(&host, "t", "2").await;
        next(&mut *inbox, "1").await.settle.settle(Disposition::Ack).await.expect("settled");
        // What is acknowledged later is acknowledged after that.
        let held = next(&mut *inbox, "2").await;
        send(&host, "t", "3").await;
        let third = next(&mut *inbox, "3").await;
        (host, inbox, held, third)
    });
    let all = dying.await.expect("no panic");
    // Its process is gone: nothing of it runs any more, and its connections are closed.
    runtime.shutdown_background();
    send(&other, "t", "4").await;
    let host = open(&url).await.expect("a host");
    let mut inbox = subscribed(&host, "t", Some("g")).await;
    for data in ["2", "3", "4"] {
        next(&mut *inbox, data).await.settle.settle(Disposition::Ack).await.expect("settled");
    }
    drop(all);
}
