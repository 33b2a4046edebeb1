//! The ends of streams and futures that the host of the async tests has.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use wasmtime::component::{
    Destination, FutureConsumer, FutureReader, Lift, Lower, Source, StreamConsumer, StreamProducer, StreamReader,
    StreamResult, VecBuffer,
};
use wasmtime::{AsContextMut, StoreContextMut};

use crate::async_host::Host;

/// Takes all of a stream, or some of it.
struct Collect<T> {
    items: Vec<T>,
    limit: usize,
    done: Option<oneshot::Sender<Vec<T>>>,
}

impl<T> Drop for Collect<T> {
    fn drop(&mut self) {
        if let Some(done) = self.done.take() {
            let _ = done.send(std::mem::take(&mut self.items));
        }
    }
}

impl<T: Lift + Unpin + Send + 'static> StreamConsumer<Host> for Collect<T> {
    type Item = T;

    fn poll_consume(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<'_, Host>,
        mut source: Source<'_, T>,
        _: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let me = self.get_mut();
        let n = source.remaining(store.as_context_mut()).min(me.limit - me.items.len());
        let mut some = Vec::with_capacity(n);
        source.read(store.as_context_mut(), &mut some)?;
        me.items.append(&mut some);
        let full = me.items.len() >= me.limit;
        Poll::Ready(Ok(if full { StreamResult::Dropped } else { StreamResult::Completed }))
    }
}

/// Takes what a future has.
struct Receive<T>(Option<oneshot::Sender<T>>);

impl<T: Lift + Unpin + Send + 'static> FutureConsumer<Host> for Receive<T> {
    type Item = T;

    fn poll_consume(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut store: StoreContextMut<'_, Host>,
        mut source: Source<'_, T>,
        _: bool,
    ) -> Poll<wasmtime::Result<()>> {
        let mut value = None;
        source.read(store.as_context_mut(), &mut value)?;
        if let (Some(to), Some(value)) = (self.get_mut().0.take(), value) {
            let _ = to.send(value);
        }
        Poll::Ready(Ok(()))
    }
}

/// Has some elements at a time, and in between makes the reader wait.
struct Produce<T> {
    items: std::vec::IntoIter<T>,
    at_once: usize,
    late: bool,
}

impl<T: Lift + Lower + Unpin + Send + Sync + 'static> StreamProducer<Host> for Produce<T> {
    type Item = T;
    type Buffer = VecBuffer<T>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        _: StoreContextMut<'a, Host>,
        mut to: Destination<'a, T, VecBuffer<T>>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let me = self.get_mut();
        me.late = !me.late;
        if me.late {
            if finish {
                return Poll::Ready(Ok(StreamResult::Cancelled));
            }
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let some: Vec<T> = me.items.by_ref().take(me.at_once).collect();
        if some.is_empty() {
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        to.set_buffer(some.into());
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

pub fn produce<T: Lift + Lower + Unpin + Send + Sync + 'static>(
    store: impl AsContextMut<Data = Host>,
    items: Vec<T>,
    at_once: usize,
) -> wasmtime::Result<StreamReader<T>> {
    StreamReader::new(store, Produce { items: items.into_iter(), at_once, late: false })
}

pub fn collect<T: Lift + Unpin + Send + 'static>(
    store: impl AsContextMut<Data = Host>,
    stream: StreamReader<T>,
    limit: usize,
) -> wasmtime::Result<oneshot::Receiver<Vec<T>>> {
    let (done, receiver) = oneshot::channel();
    stream.pipe(store, Collect { items: Vec::new(), limit, done: Some(done) })?;
    Ok(receiver)
}

pub fn receive<T: Lift + Unpin + Send + 'static>(
    store: impl AsContextMut<Data = Host>,
    future: FutureReader<T>,
) -> wasmtime::Result<oneshot::Receiver<T>> {
    let (done, receiver) = oneshot::channel();
    future.pipe(store, Receive(Some(done)))?;
    Ok(receiver)
}

pub fn bytes(n: u32) -> Vec<u8> {
    (0..n).map(|i| (i % 251) as u8).collect()
}
