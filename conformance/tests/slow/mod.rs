//! A way to a server on which every answer is late.

use anyhow::Context;
use std::{net::Ipv4Addr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// Answers at another URL for the server, `late` after it did. The proxy ends with the runtime.
pub async fn proxy(server: &str, late: Duration) -> anyhow::Result<String> {
    let (scheme, address) = server.split_once("://").context("a URL")?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("{scheme}://{}", listener.local_addr()?);
    let address = address.to_owned();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(server) = TcpStream::connect(&address).await else { continue };
            let (mut asked, answer) = client.into_split();
            let (answered, mut ask) = server.into_split();
            // Where one side closes, the other is told.
            tokio::spawn(async move {
                let _ = copy(&mut asked, &mut ask).await;
            });
            tokio::spawn(delay(answered, answer, late));
        }
    });
    Ok(url)
}

/// Latency, not bandwidth: what comes together goes on together.
async fn delay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, late: Duration) {
    let (sender, mut queue) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((due, bytes)) = queue.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let late = (Instant::now() + late, buffer.get(..count).unwrap_or_default().to_vec());
        if sender.send(late).is_err() {
            return;
        }
    }
}
