//! A way to a server that a test can block, cut and bar.

#![allow(clippy::expect_used, reason = "a test")]

use std::{net::SocketAddr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What becomes of what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It arrives.
    Open,
    /// Requests that were picked wait; all else arrives.
    Held,
    /// Requests arrive, answers do not.
    Deaf,
    /// All connections are closed, new ones at once.
    Shut,
}

/// A way to a server.
pub struct Proxy {
    pub port: u16,
    mode: Arc<watch::Sender<Mode>>,
    /// How many requests were made to wait.
    waited: Arc<watch::Sender<usize>>,
}

impl Proxy {
    /// `picked` are the requests, as they are sent, that wait where they are `Held`.
    pub async fn to(server: SocketAddr, picked: fn(&[u8]) -> bool) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let (mode, waited) = (Arc::new(watch::Sender::new(Mode::Open)), Arc::new(watch::Sender::new(0)));
        let proxy = Self { port, mode: mode.clone(), waited: waited.clone() };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (mode, waited) = (mode.clone(), waited.clone());
                tokio::spawn(async move {
                    let mut shut = mode.subscribe();
                    tokio::select! {
                        _ = shut.wait_for(|mode| *mode == Mode::Shut) => {}
                        () = pass(client, server, picked, &mode, &waited) => {}
                    }
                });
            }
        });
        Ok(proxy)
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Once so many requests were made to wait.
    pub async fn waited(&self, count: usize) {
        self.waited.subscribe().wait_for(|waited| *waited >= count).await.expect("the proxy is here");
    }
}

async fn pass(
    client: TcpStream,
    server: SocketAddr,
    picked: fn(&[u8]) -> bool,
    mode: &watch::Sender<Mode>,
    waited: &watch::Sender<usize>,
) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((mut asks, mut hears), (mut answers, mut takes)) = (client.into_split(), server.into_split());
    let requests = async {
        let (mut buffer, mut open) = (vec![0; 1 << 16], mode.subscribe());
        while let Ok(length @ 1..) = asks.read(&mut buffer).await {
            if picked(&buffer[..length]) && *mode.borrow() == Mode::Held {
                waited.send_modify(|waited| *waited += 1);
                let _ = open.wait_for(|mode| *mode != Mode::Held).await;
            }
            if takes.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    let replies = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = answers.read(&mut buffer).await {
            let is_deaf = *mode.borrow() == Mode::Deaf;
            if !is_deaf && hears.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = requests => {}
        () = replies => {}
    }
}
