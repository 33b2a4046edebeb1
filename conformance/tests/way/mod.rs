//! A way to a server that a test can cut: its connections end as if the network had lost them.

use libtest_mimic::Failed;
use std::net::Ipv4Addr;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::AbortHandle,
};
use url::Url;

/// Connections through here go to the server until they are cut.
pub struct Way {
    url: String,
    cut: watch::Sender<()>,
    listening: AbortHandle,
}

impl Way {
    /// To the server of that URL.
    pub async fn new(url: &str) -> Result<Self, Failed> {
        let mut url = Url::parse(url)?;
        let server = (Ipv4Addr::LOCALHOST, url.port().ok_or("a URL with a port")?);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        url.set_port(Some(listener.local_addr()?.port())).map_err(|()| "a URL with a host")?;
        let (cut, watched) = watch::channel(());
        let listening = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut watched = watched.clone();
                watched.mark_unchanged();
                tokio::spawn(async move {
                    let Ok(mut server) = TcpStream::connect(server).await else { return };
                    tokio::select! {
                        _ = copy_bidirectional(&mut client, &mut server) => {}
                        _ = watched.changed() => {}
                    }
                });
            }
        });
        Ok(Self { url: url.into(), cut, listening: listening.abort_handle() })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends all connections; new ones can be made.
    pub fn cut(&self) {
        self.cut.send_replace(());
    }

    /// Ends all connections for good.
    pub fn close(&self) {
        self.listening.abort();
        self.cut();
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.close();
    }
}
