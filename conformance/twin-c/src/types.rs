//! The line protocol's types as they lie in C, for JSON: those of `conformance/wit`, in the same order.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{ffi::c_void, ptr, slice};

unsafe extern "C" {
    fn malloc(size: usize) -> *mut c_void;
}

/// A list in memory that C frees.
#[repr(C)]
pub(crate) struct List<T> {
    ptr: *mut T,
    len: usize,
}

impl<T> List<T> {
    fn of(items: Vec<T>) -> Self {
        let len = items.len();
        if len == 0 {
            // As a host has it: no memory, and not NULL.
            return Self { ptr: ptr::dangling_mut(), len };
        }
        // SAFETY: no condition.
        let ptr: *mut T = unsafe { malloc(size_of::<T>() * len) }.cast();
        assert!(!ptr.is_null(), "no memory is left");
        for (i, item) in items.into_iter().enumerate() {
            // SAFETY: the allocation is for `len` of them.
            unsafe { ptr.add(i).write(item) };
        }
        Self { ptr, len }
    }

    fn items(&self) -> &[T] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: what is not empty has so many items, from here or from C.
        unsafe { slice::from_raw_parts(self.ptr, self.len) }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from).map(Self::of)
    }
}

impl<T: Serialize> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.items().serialize(to)
    }
}

type Bytes = List<u8>;

#[repr(transparent)]
pub(crate) struct Text(Bytes);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(List::of(text.into_bytes())))
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        str::from_utf8(self.0.items()).map_err(serde::ser::Error::custom)?.serialize(to)
    }
}

#[repr(C, u8)]
pub(crate) enum Maybe<T> {
    None,
    Some(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(|value| value.map_or(Self::None, Self::Some))
    }
}

impl<T: Serialize> Serialize for Maybe<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => to.serialize_none(),
            Self::Some(value) => to.serialize_some(value),
        }
    }
}

#[repr(C)]
#[derive(Deserialize, Serialize)]
pub(crate) struct Two<A, B>(A, B);

#[repr(C)]
#[derive(Deserialize)]
pub(crate) struct Three<A, B, C>(A, B, C);

#[repr(u8)]
#[derive(Serialize)]
#[allow(dead_code, reason = "C makes them")]
pub(crate) enum Kind {
    NotFound,
    AccessDenied,
    Invalid,
    Conflict,
    Unsupported,
    Quota,
    Timeout,
    Unavailable,
    Other,
}

#[repr(u8)]
#[derive(Serialize)]
#[allow(dead_code, reason = "C makes them")]
pub(crate) enum Applied {
    No,
    Maybe,
}

#[repr(C)]
#[derive(Serialize)]
pub(crate) struct Failure {
    kind: Kind,
    applied: Applied,
    message: Text,
}

#[repr(C)]
#[derive(Serialize)]
pub(crate) struct Page {
    keys: List<Text>,
    cursor: Maybe<Text>,
}

pub(crate) mod keyvalue {
    use super::{Bytes, Deserialize, Failure, List, Maybe, Page, Serialize, Text, Three, Two};

    #[repr(C, u8)]
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "C reads them")]
    pub(crate) enum Op {
        Open(Two<u32, Text>),
        Close(u32),
        Get(Two<u32, Text>),
        Set(Three<u32, Text, Bytes>),
        Delete(Two<u32, Text>),
        Exists(Two<u32, Text>),
        ListKeys(Two<u32, Maybe<Text>>),
        Increment(Three<u32, Text, i64>),
        CasNew(Three<u32, u32, Text>),
        CasCurrent(u32),
        CasSwap(Two<u32, Bytes>),
        CasDrop(u32),
        GetMany(Two<u32, List<Text>>),
        SetMany(Two<u32, List<Two<Text, Bytes>>>),
        DeleteMany(Two<u32, List<Text>>),
        AllKeys(u32),
        Append(Three<u32, Text, Bytes>),
    }

    #[repr(C, u8)]
    #[derive(Serialize)]
    #[allow(dead_code, reason = "C makes them")]
    pub(crate) enum Seen {
        Done,
        Value(Maybe<Bytes>),
        Flag(bool),
        Page(Page),
        Number(i64),
        Values(List<Maybe<Two<Text, Bytes>>>),
        Keys(List<Text>),
        Lost,
        Failed(Failure),
        Misused(Text),
    }
}

pub(crate) mod keyvalue_ext {
    use super::{Bytes, Deserialize, Failure, Maybe, Page, Serialize, Text, Three, Two};

    #[repr(C)]
    #[derive(Serialize)]
    pub(crate) struct Entry {
        value: Bytes,
        version: Text,
    }

    #[repr(C, u8)]
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "C reads them")]
    pub(crate) enum Condition {
        Always,
        Absent,
        Version(Text),
    }

    #[repr(C)]
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "C reads them")]
    pub(crate) struct Put {
        key: Text,
        value: Bytes,
        condition: Condition,
        ttl_ms: Maybe<u64>,
    }

    #[repr(C)]
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "C reads them")]
    pub(crate) struct Listing {
        prefix: Text,
        cursor: Maybe<Text>,
        limit: u32,
    }

    #[repr(C, u8)]
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "C reads them")]
    pub(crate) enum Op {
        Open(Two<u32, Text>),
        Close(u32),
        Get(Two<u32, Text>),
        Put(Two<u32, Put>),
        Delete(Three<u32, Text, Condition>),
        ListKeys(Two<u32, Listing>),
        PlainGet(Two<u32, Text>),
        PlainSet(Three<u32, Text, Bytes>),
        PlainDelete(Two<u32, Text>),
        PlainExists(Two<u32, Text>),
        PlainIncrement(Three<u32, Text, i64>),
    }

    #[repr(C, u8)]
    #[derive(Serialize)]
    #[allow(dead_code, reason = "C makes them")]
    pub(crate) enum Seen {
        Done,
        Entry(Maybe<Entry>),
        Version(Text),
        Flag(bool),
        Page(Page),
        Value(Maybe<Bytes>),
        Number(i64),
        Failed(Failure),
        Misused(Text),
    }
}

pub(crate) mod messaging {
    use super::{Bytes, Deserialize, Failure, List, Maybe, Serialize, Text, Three, Two};

    #[repr(C)]
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "C reads them")]
    pub(crate) struct Request {
        client: u32,
        topic: Text,
        message: u32,
        timeout_ms: Maybe<u32>,
        expected_replies: Maybe<u32>,
        replies: u32,
    }

    #[repr(C, u8)]
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "C reads them")]
    pub(crate) enum Op {
        Connect(Two<u32, Text>),
        Disconnect(u32),
        Close(u32),
        Message(Two<u32, Bytes>),
        Topic(u32),
        ContentType(u32),
        SetContentType(Two<u32, Text>),
        Data(u32),
        SetData(Two<u32, Bytes>),
        Metadata(u32),
        AddMetadata(Three<u32, Text, Text>),
        SetMetadata(Two<u32, List<Two<Text, Text>>>),
        RemoveMetadata(Two<u32, Text>),
        Drop(u32),
        Send(Three<u32, Text, u32>),
        Request(Request),
        Reply(Two<u32, u32>),
    }

    #[repr(C, u8)]
    #[derive(Serialize)]
    #[allow(dead_code, reason = "C makes them")]
    pub(crate) enum Seen {
        Done,
        Text(Maybe<Text>),
        Bytes(Bytes),
        Pairs(Maybe<List<Two<Text, Text>>>),
        Replies(u32),
        Failed(Failure),
        Misused(Text),
    }
}

pub(crate) mod config {
    use super::{Deserialize, Failure, List, Maybe, Serialize, Text, Two};

    #[repr(C, u8)]
    #[derive(Deserialize)]
    #[allow(dead_code, reason = "C reads them")]
    pub(crate) enum Op {
        Get(Text),
        GetAll,
    }

    #[repr(C, u8)]
    #[derive(Serialize)]
    #[allow(dead_code, reason = "C makes them")]
    pub(crate) enum Seen {
        Value(Maybe<Text>),
        Pairs(List<Two<Text, Text>>),
        Failed(Failure),
    }
}
