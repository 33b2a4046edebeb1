//! What a face function does when the table is full, or a handle is none of ours.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod guests;

use std::sync::Arc;
use wasi_cloud_core::{
    Grants, Kind, Links,
    messaging::{Payload, Subscription},
};
use wasi_cloud_wasmtime::{
    CloudCtx, CloudView, HostError,
    bindings::wasi::{
        keyvalue::{
            atomics::{self, CasError, HostCas},
            store::{Error, Host, HostBucket},
        },
        messaging::{
            request_reply::{Host as _, HostRequestOptions},
            types::{HostClient, HostMessage},
        },
    },
};
use wasmtime::component::{Resource, ResourceTable};

fn context(grants: &[&str]) -> CloudCtx {
    let links = Links::default();
    links.keyvalue.set("default", guests::memory(), "default", Arc::from([]));
    CloudCtx::new(links, Grants::parse(grants).expect("grants").shared())
}

#[tokio::test]
async fn a_full_table_is_an_error_and_not_a_trap() {
    let (mut ctx, mut table) = (context(&["keyvalue:*"]), ResourceTable::new());
    table.set_max_capacity(1);
    let mut view = CloudView { ctx: &mut ctx, table: &mut table };
    let bucket = view.open("default".into()).await.expect("the first handle");
    let full = view.open("default".into()).await.expect_err("the second handle");
    assert!(matches!(&full, HostError::Cloud(e) if e.kind == Kind::Quota));
    assert!(matches!(Host::convert_error(&mut view, full), Ok(Error::Other(_))));
    HostBucket::drop(&mut view, bucket).await.expect("dropped");
    view.open("default".into()).await.expect("there is room again");
}

#[tokio::test]
async fn a_handle_that_is_not_there_is_a_trap() {
    let (mut ctx, mut table) = (context(&["keyvalue:*"]), ResourceTable::new());
    let mut view = CloudView { ctx: &mut ctx, table: &mut table };
    let error = HostBucket::get(&mut view, Resource::new_borrow(77), "k".into()).await.expect_err("no such handle");
    assert!(Host::convert_error(&mut view, error).is_err());
    let error = atomics::Host::swap(&mut view, Resource::new_own(77), Vec::new()).await.expect_err("no such handle");
    assert!(atomics::Host::convert_cas_error(&mut view, error).is_err());
    assert!(HostBucket::drop(&mut view, Resource::new_own(77)).await.is_err());
}

#[tokio::test]
async fn a_lost_swap_hands_out_the_fresh_snapshot() {
    let (mut ctx, mut table) = (context(&["keyvalue:*"]), ResourceTable::new());
    let mut view = CloudView { ctx: &mut ctx, table: &mut table };
    let bucket = view.open("default".into()).await.expect("a bucket");
    let borrow = || Resource::new_borrow(bucket.rep());
    let cas = HostCas::new(&mut view, borrow(), "k".into()).await.expect("a snapshot");
    view.set(borrow(), "k".into(), b"theirs".to_vec()).await.expect("another writer");
    let lost = atomics::Host::swap(&mut view, cas, b"ours".to_vec()).await.expect_err("lost");
    let Ok(CasError::CasFailed(fresh)) = atomics::Host::convert_cas_error(&mut view, lost) else {
        panic!("cas-failed expected");
    };
    let current = HostCas::current(&mut view, Resource::new_borrow(fresh.rep())).await.expect("current");
    assert_eq!(current.as_deref(), Some(&b"theirs"[..]));
    atomics::Host::swap(&mut view, fresh, b"ours".to_vec()).await.expect("won");
    let now = HostBucket::get(&mut view, borrow(), "k".into()).await.expect("get");
    assert_eq!(now.as_deref(), Some(&b"ours"[..]));
}

#[tokio::test]
async fn without_a_grant_nothing_opens() {
    let (mut ctx, mut table) = (context(&[]), ResourceTable::new());
    let mut view = CloudView { ctx: &mut ctx, table: &mut table };
    for label in ["default", "not-linked"] {
        let denied = view.open(label.into()).await.expect_err("denied");
        assert!(matches!(Host::convert_error(&mut view, denied), Ok(Error::AccessDenied)));
    }
}

/// One table entry is free, and two replies come.
#[tokio::test]
async fn replies_that_do_not_all_fit_leave_nothing_behind() {
    let broker = wasi_cloud_memory::Memory::new().services().messaging.expect("messaging");
    let asked = Subscription { topics: vec!["q".into()], group: None, max_deliveries: 1, dead_letter: None };
    let mut inbox = broker.subscribe("", &asked).await.expect("subscribed");
    let links = Links::default();
    links.messaging.set("default", broker.clone(), "", Arc::from([]));
    let grants = Grants::parse(["messaging:*"]).expect("grants").shared();
    let (mut ctx, mut table) = (CloudCtx::new(links, grants), ResourceTable::new());
    table.set_max_capacity(3);
    let mut view = CloudView { ctx: &mut ctx, table: &mut table };
    let client = view.connect("default".into()).await.expect("connected");
    let message = HostMessage::new(&mut view, Vec::new()).await.expect("a message");
    let options = HostRequestOptions::new(&mut view).await.expect("options");
    view.set_expected_replies(Resource::new_borrow(options.rep()), 2).await.expect("set");
    let answer = async {
        let request = inbox.next().await.expect("a request");
        let to = request.reply_to.expect("an address");
        for _ in 0..2 {
            broker.reply("", &to, &Payload::default()).await.expect("sent");
        }
    };
    let (replies, ()) = tokio::join!(view.request(client, "q".into(), message, Some(options)), answer);
    assert!(matches!(replies.expect_err("too many"), HostError::Cloud(e) if e.kind == Kind::Quota));
    HostMessage::new(&mut view, Vec::new()).await.expect("there is room again");
}
