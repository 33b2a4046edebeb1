//! `wasi_cloud/testing.h`: the Rust SDK's `testing::Cloud` for C.

use crate::{
    abi::{Ended, In, List, Lower, Text, trap},
    handles::Handles,
    keyvalue::{BUCKETS, CAS},
    messaging::{self, CLIENTS, MESSAGES},
    program::{KINDS, Unhandled, handle, handled, status},
};
use std::{
    mem,
    ptr::{NonNull, null_mut},
    sync::Arc,
    time::Duration,
};
use wasi_cloud_sdk::{
    Error, Kind, Result,
    messaging::Message,
    testing::{Cloud, Fault, Published},
};

static CLOUDS: Handles<Cloud> = Handles::new("cloud");

/// `wcl_cloud` and `wcl_message`.
#[repr(C)]
struct Handle {
    handle: i32,
}

/// `wcl_cloud_options`.
#[repr(C)]
struct Options<'a> {
    grants: Ended<'a, Text<'a>>,
    deny: Ended<'a, Text<'a>>,
    links: Ended<'a, Text<'a>>,
    unlink: Ended<'a, Text<'a>>,
    config: Ended<'a, Value<'a>>,
    call_timeout_ms: u32,
}

/// `wcl_cloud_value`.
#[repr(C)]
struct Value<'a> {
    key: Text<'a>,
    value: Text<'a>,
}

/// `wcl_cloud_fault`.
#[repr(C)]
struct FaultToCome<'a> {
    name: Text<'a>,
    moment: u32,
    op: Text<'a>,
    skip: u32,
    kind: u32,
    delay_ms: u32,
}

/// `wcl_messages`.
#[repr(C)]
struct Messages {
    ptr: *mut i32,
    len: usize,
}

impl Messages {
    const NONE: Self = Self { ptr: null_mut(), len: 0 };

    /// Each becomes a handle of the program's.
    fn of(messages: Vec<Message>) -> Self {
        if messages.is_empty() {
            return Self::NONE;
        }
        let List { ptr, len } = messages.into_iter().map(messaging::put).collect::<Vec<_>>().lower();
        Self { ptr: NonNull::as_ptr(ptr), len }
    }
}

fn invalid(why: &str) -> Error {
    Error::new(Kind::Invalid, why)
}

fn open(cloud: Option<&Handle>) -> Result<Arc<Cloud>> {
    let open = cloud.filter(|cloud| cloud.handle != 0).ok_or_else(|| invalid("the cloud is closed"))?;
    Ok(CLOUDS.get(open.handle))
}

/// Takes the message out, which leaves the handle closed.
fn used_up(message: Option<&mut Handle>) -> Result<Message> {
    let handle = message.map_or(0, |message| mem::take(&mut message.handle));
    if handle == 0 { Err(invalid("the message is closed")) } else { Ok(messaging::take(handle)) }
}

fn texts<'a>(list: &[Text<'a>]) -> Result<Vec<&'a str>> {
    list.iter().map(|text| text.get()).collect()
}

fn start(options: &Options<'_>) -> Result<Cloud> {
    let mut cloud = Cloud::builder();
    if let Some(rules) = options.grants.list(Text::is_null) {
        cloud = cloud.grants(texts(rules)?);
    }
    for name in texts(options.deny.list(Text::is_null).unwrap_or_default())? {
        cloud = cloud.deny(name);
    }
    if let Some(names) = options.links.list(Text::is_null) {
        cloud = cloud.links(texts(names)?);
    }
    for name in texts(options.unlink.list(Text::is_null).unwrap_or_default())? {
        cloud = cloud.unlink(name);
    }
    for Value { key, value } in options.config.list(|value| value.key.is_null()).unwrap_or_default() {
        cloud = cloud.config(key.get()?, value.get()?);
    }
    if options.call_timeout_ms > 0 {
        cloud = cloud.call_timeout(Duration::from_millis(options.call_timeout_ms.into()));
    }
    cloud.start()
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_new(options: Option<&Options<'_>>, out: &mut Handle) -> u32 {
    out.handle = 0;
    let started = options.map_or_else(|| Ok(Cloud::new()), start);
    status(started.map(|cloud| out.handle = CLOUDS.put(cloud)))
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_close(cloud: Option<&mut Handle>) {
    if let Some(cloud) = cloud.filter(|cloud| cloud.handle != 0) {
        CLOUDS.close(mem::take(&mut cloud.handle));
    }
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_enter(cloud: Option<&Handle>) -> u32 {
    // The cloud stays entered until it is gone: C has no scope that would end it.
    status(open(cloud).map(|cloud| mem::forget(cloud.enter())))
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_grant(cloud: Option<&Handle>, rules: Ended<'_, Text<'_>>) -> u32 {
    let rules = rules.list(Text::is_null).ok_or_else(|| invalid("the list of rules is NULL"));
    status(open(cloud).and_then(|cloud| cloud.grant(texts(rules?)?)))
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_switch(cloud: Option<&Handle>, name: Text<'_>) -> u32 {
    status(open(cloud).and_then(|cloud| cloud.switch(name.get()?)))
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_advance(cloud: Option<&Handle>, ms: u64) -> u32 {
    status(open(cloud).map(|cloud| cloud.advance(Duration::from_millis(ms))))
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_deliver(cloud: Option<&Handle>, topic: Text<'_>, data: In<'_>, len: usize) -> u32 {
    let message = Message::new(data.list(len));
    handled((|| open(cloud)?.deliver_message(topic.get()?, handle, message))())
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_deliver_message(cloud: Option<&Handle>, topic: Text<'_>, message: Option<&mut Handle>) -> u32 {
    let message = used_up(message);
    handled((|| open(cloud)?.deliver_message(topic.get()?, handle, message?))())
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_ask(
    cloud: Option<&Handle>,
    topic: Text<'_>,
    question: Option<&mut Handle>,
    out: &mut Messages,
) -> u32 {
    *out = Messages::NONE;
    let question = used_up(question);
    let ask = || -> Result<_, Unhandled> { open(cloud)?.ask(topic.get()?, handle, question?) };
    handled(ask().map(|replies| *out = Messages::of(replies)))
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_published(cloud: Option<&Handle>, out: &mut Messages) -> u32 {
    *out = Messages::NONE;
    let sent = open(cloud).map(|cloud| cloud.published().iter().map(|sent| as_received(&cloud, sent)).collect());
    status(sent.map(|sent| *out = Messages::of(sent)))
}

/// What was sent, with its topic: only what is delivered has one.
fn as_received(cloud: &Cloud, sent: &Published) -> Message {
    let mut message = Message::new(&sent.data);
    if let Some(content_type) = &sent.content_type {
        message.set_content_type(content_type);
    }
    message.set_metadata(sent.metadata.clone());
    let mut received = None;
    let keep = |message| -> Result<()> {
        received = Some(message);
        Ok(())
    };
    let kept = cloud.deliver_message(&sent.topic, keep, message);
    kept.ok().and(received).unwrap_or_else(|| trap("what was sent is not there"))
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_reply_with(cloud: Option<&Handle>, topic: Text<'_>, data: In<'_>, len: usize) -> u32 {
    let answer = data.list(len).to_vec();
    status(open(cloud).and_then(|cloud| {
        cloud.reply_with(topic.get()?, move |_| Message::new(&answer));
        Ok(())
    }))
}

fn fault(fault: &FaultToCome<'_>) -> Result<Fault> {
    let name = fault.name.get()?;
    let mut made = match fault.moment {
        0 => Fault::before(name),
        1 => Fault::after(name),
        2 => Fault::delay(name, Duration::from_millis(fault.delay_ms.into())),
        3 => Fault::hang(name),
        _ => return Err(invalid("the moment of the fault is none of the four")),
    };
    if !fault.op.is_null() {
        made = made.op(fault.op.get()?);
    }
    if let Some(place) = fault.kind.checked_sub(1) {
        let kind = KINDS.get(place as usize).ok_or_else(|| invalid("the kind of the fault is none of the nine"))?;
        made = made.kind(*kind);
    }
    Ok(made.skip(fault.skip))
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_inject(cloud: Option<&Handle>, to_come: Option<&FaultToCome<'_>>) -> u32 {
    let to_come = to_come.ok_or_else(|| invalid("the fault is NULL")).and_then(fault);
    status(open(cloud).and_then(|cloud| cloud.inject(to_come?)))
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_heal(cloud: Option<&Handle>, left: Option<&mut usize>) -> u32 {
    status(open(cloud).map(|cloud| {
        let count = cloud.heal();
        if let Some(left) = left {
            *left = count;
        }
    }))
}

#[unsafe(no_mangle)]
extern "C" fn wcl_cloud_open_handles() -> usize {
    BUCKETS.count() + CAS.count() + CLIENTS.count() + MESSAGES.count()
}
