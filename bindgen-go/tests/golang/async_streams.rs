//! Streams and futures, both ways, and ends that are dropped early.

use wasmtime::component::{FutureReader, StreamReader};

use crate::async_calls::component;
use crate::async_flows::{bytes, collect, produce, receive};
use crate::async_host::{Error, GUEST, Point, Running, block_on, link};

async fn running() -> wasmtime::Result<Running> {
    Running::new(component(), link).await
}

/// What the component does with streams and futures of the host.
pub fn imports() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        for n in [0, 1, 1000, 65_537] {
            r.scenario("streams", n).await?;
        }
        r.scenario("futures", 7).await?;
        for (_, result) in r.scenarios(&[("streams", 300); 5]).await? {
            result.expect("five at once");
        }
        Ok(())
    })
}

/// Ends that are dropped early, on each side.
pub fn drops() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        for n in [0, 10, 1500] {
            r.scenario("drops", n).await?;
        }
        Ok(())
    })
}

/// 1 MiB goes from the host through the component and back.
pub fn echo() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        let func = r.func(Some(GUEST), "echo").typed::<(StreamReader<u8>,), (StreamReader<u8>,)>(&r.store)?;
        for (n, at_once) in [(0, 1), (1, 1), (1 << 20, 100_000), (1 << 20, 1 << 20)] {
            let stream = produce(&mut r.store, bytes(n), at_once)?;
            let all = r
                .store
                .run_concurrent(async |accessor| {
                    let (back,) = func.call_concurrent(accessor, (stream,)).await?;
                    let all = accessor.with(|access| collect(access, back, usize::MAX))?;
                    wasmtime::error::Ok(all.await?)
                })
                .await??;
            assert!(all == bytes(n), "{n} bytes come back as they were, and not {}", all.len());
        }
        Ok(())
    })
}

/// Streams of strings and of records.
pub fn elements() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        let upper = r.func(Some(GUEST), "upper").typed::<(StreamReader<String>,), (StreamReader<String>,)>(&r.store)?;
        let shift = r.func(Some(GUEST), "shift").typed::<(StreamReader<Point>,), (StreamReader<Point>,)>(&r.store)?;
        let words: Vec<_> = (0..500).map(|i| format!("word {i} \u{e9}")).collect();
        let points: Vec<_> = (0..500).map(|x| Point { x, name: format!("p{x}") }).collect();
        let words_in = produce(&mut r.store, words.clone(), 7)?;
        let points_in = produce(&mut r.store, points.clone(), 100)?;
        let (got, moved) = r
            .store
            .run_concurrent(async |accessor| {
                let (back,) = upper.call_concurrent(accessor, (words_in,)).await?;
                let (moved,) = shift.call_concurrent(accessor, (points_in,)).await?;
                let got = accessor.with(|access| collect(access, back, usize::MAX))?;
                let moved = accessor.with(|access| collect(access, moved, usize::MAX))?;
                wasmtime::error::Ok((got.await?, moved.await?))
            })
            .await??;
        assert_eq!(got, words.iter().map(|word| word.to_uppercase()).collect::<Vec<_>>());
        assert!(moved.iter().zip(&points).all(|(a, b)| a.x == b.x + 1 && a.name == format!("{}'", b.name)));
        assert_eq!(moved.len(), points.len());
        Ok(())
    })
}

/// Futures, and the error of a stream.
pub fn futures() -> wasmtime::Result<()> {
    type Checked = ((StreamReader<u8>, FutureReader<Result<(), Error>>),);
    block_on(async {
        let r = &mut running().await?;
        let double = r.func(Some(GUEST), "double").typed::<(FutureReader<u32>,), (FutureReader<u32>,)>(&r.store)?;
        let outcome =
            r.func(Some(GUEST), "outcome").typed::<(bool,), (FutureReader<Result<String, Error>>,)>(&r.store)?;
        let checked = r.func(Some(GUEST), "checked").typed::<(StreamReader<u8>, bool), Checked>(&r.store)?;
        let value = FutureReader::new(&mut r.store, async {
            tokio::task::yield_now().await;
            wasmtime::error::Ok(21)
        })?;
        r.store
            .run_concurrent(async |accessor| {
                let (back,) = double.call_concurrent(accessor, (value,)).await?;
                assert_eq!(accessor.with(|access| receive(access, back))?.await?, 42);
                for (fails, want) in [(false, Ok("fine".to_owned())), (true, Err(Error::NotFound))] {
                    let (back,) = outcome.call_concurrent(accessor, (fails,)).await?;
                    assert_eq!(accessor.with(|access| receive(access, back))?.await?, want);
                }
                for (fails, want) in [(false, Ok(())), (true, Err(Error::Other("the end is bad".to_owned())))] {
                    let data = accessor.with(|access| produce(access, bytes(3000), 1000))?;
                    let ((stream, verdict),) = checked.call_concurrent(accessor, (data, fails)).await?;
                    let all = accessor.with(|access| collect(access, stream, usize::MAX))?;
                    let verdict = accessor.with(|access| receive(access, verdict))?;
                    assert!(all.await? == bytes(3000));
                    assert_eq!(verdict.await?, want);
                }
                wasmtime::error::Ok(())
            })
            .await?
    })
}

/// Hosts that take only a part of what the component returns, or nothing, many times: neither side keeps anything.
pub fn nothing_is_left() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        let echo = r.func(Some(GUEST), "echo").typed::<(StreamReader<u8>,), (StreamReader<u8>,)>(&r.store)?;
        let double = r.func(Some(GUEST), "double").typed::<(FutureReader<u32>,), (FutureReader<u32>,)>(&r.store)?;
        let mut table = 0;
        for i in 0..2_000u32 {
            let stream = produce(&mut r.store, bytes(10_000), 1000)?;
            let value = FutureReader::new(&mut r.store, async { wasmtime::error::Ok(1) })?;
            r.store
                .run_concurrent(async |accessor| {
                    let (mut back,) = echo.call_concurrent(accessor, (stream,)).await?;
                    match i % 2 {
                        0 => drop(accessor.with(|access| collect(access, back, i as usize))?.await?),
                        _ => accessor.with(|access| back.close(access))?,
                    }
                    let (mut back,) = double.call_concurrent(accessor, (value,)).await?;
                    accessor.with(|access| back.close(access))
                })
                .await??;
            if i == 200 {
                settle(r).await?;
                table = r.store.concurrent_state_table_size();
            }
        }
        settle(r).await?;
        let left = r.store.concurrent_state_table_size();
        assert!(left <= table + 10, "{table} things in the host after 200 calls, and {left} after 2,000");
        assert!(r.store.data().memory < 16 << 20, "{} bytes of memory", r.store.data().memory);
        Ok(())
    })
}

/// Lets the component end what it still does, and its collector run.
async fn settle(r: &mut Running) -> wasmtime::Result<()> {
    for _ in 0..50 {
        r.scenario("collect", 0).await?;
    }
    Ok(())
}
