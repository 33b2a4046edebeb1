//! Streams of `wasi:io` as Go's: those of WASI itself, and some that break.

use std::pin::Pin;

use bytes::Bytes;
use wasmtime::StoreContextMut;
use wasmtime::component::{Component, Linker, Resource, Val};
use wasmtime_wasi::p2::pipe::{MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, InputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::{WasiCtx, WasiView};

use crate::guest::{Module, Running, State, wit};

/// How much the stream takes that is closed in the middle of a write.
const ROOM: usize = 10_000;

/// A stream that fails.
struct Broken;

impl Pollable for Broken {
    fn ready<'a, 'b>(&'a mut self) -> Pin<Box<dyn Future<Output = ()> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(std::future::ready(()))
    }
}

impl InputStream for Broken {
    fn read(&mut self, _: usize) -> StreamResult<Bytes> {
        Err(StreamError::LastOperationFailed(wasmtime::format_err!("the cable is cut")))
    }
}

fn link(linker: &mut Linker<State>, _: &Component) {
    let mut at = linker.instance("test:streams/broken").expect("an instance");
    at.func_wrap("input", |mut store: StoreContextMut<'_, State>, (): ()| -> wasmtime::Result<(Resource<_>,)> {
        Ok((store.data_mut().ctx().table.push(Box::new(Broken) as DynInputStream)?,))
    })
    .expect("a function");
    at.func_wrap("output", |mut store: StoreContextMut<'_, State>, (): ()| -> wasmtime::Result<(Resource<_>,)> {
        let stream: DynOutputStream = Box::new(MemoryOutputPipe::new(ROOM));
        Ok((store.data_mut().ctx().table.push(stream)?,))
    })
    .expect("a function");
}

pub fn both_ways() -> wasmtime::Result<()> {
    let module = Module::new("streams");
    module.write("main.go", include_str!("guests/streams.go"));
    let component = module.component(&[wit("streams")]);
    let data: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
    let out = MemoryOutputPipe::new(2 * data.len());
    let mut wasi = WasiCtx::builder();
    wasi.stdin(MemoryInputPipe::new(data.clone())).stdout(out.clone()).inherit_stderr();
    let mut running = Running::with(&component, &mut wasi, link);
    assert_eq!(running.call("wasi:cli/run@0.2.12", "run", &[])?, Val::Result(Ok(None)));
    assert!(out.contents() == data, "what was read is what was written");
    Ok(())
}
