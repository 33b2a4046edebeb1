//! `wasi_cloud/testing.h`: the Rust SDK's `testing::Cloud` for C.

use crate::{
    abi::{In, List, Lower, NameList, Text, trap},
    handles::Handles,
    keyvalue::{BUCKETS, CAS},
    messaging::{self, CLIENTS, MESSAGES, OPTIONS},
    program,
};
use std::{mem, sync::Arc, time::Duration};
use wasi_cloud_sdk::{
    Error, Kind, Result,
    messaging::Message,
    testing::{Builder, Cloud, Fault},
};

static CLOUDS: Handles<Cloud> = Handles::new("cloud");

/// `wcl_cloud_options`.
#[repr(C)]
struct Options<'a> {
    grants: NameList<'a>,
    deny: NameList<'a>,
    links: NameList<'a>,
    unlink: NameList<'a>,
    config: In<'a, Value<'a>>,
    call_timeout_ms: u32,
}

/// `wcl_cloud_value`.
#[repr(C)]
struct Value<'a> {
    key: Text<'a>,
    value: Text<'a>,
}

/// `wcl_fault`.
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
struct Messages(Option<List<i32>>);
