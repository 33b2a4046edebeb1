//! Servers for the tests, and another program that takes part.

use rumqttc::v5::{
    AsyncClient, Event, MqttOptions,
    mqttbytes::{
        QoS,
        v5::{Packet, Publish, PublishProperties},
    },
};
use std::{
    fs::{self, File},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{sync::mpsc, task::AbortHandle, time::timeout};
use url::Url;
use wasi_cloud_core::{
    Provider, Result,
    messaging::{Delivery, Inbox, Messaging, Payload, Subscription},
    provider::{EnvSecrets, Timing},
};
use wasi_cloud_mqtt::Mqtt;

/// How long anything may take before a test says that it hangs.
pub const LONG: Duration = Duration::from_secs(20);
/// A server for everybody.
pub const OPEN: &str = "allow_anonymous true";
/// One that keeps sessions when it is restarted.
pub const LASTING: &str = "allow_anonymous true\npersistence true\nlog_type all";

/// A `mosquitto` of our own. Dropping it ends it.
pub struct Server {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Server {
    fn program() -> Option<PathBuf> {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        // Debian keeps it off the PATH of most.
        let folders = std::env::split_paths(&paths).chain(["/usr/sbin".into()]);
        folders.map(|folder| folder.join("mosquitto")).find(|program| program.is_file())
    }

    pub fn is_here() -> bool {
        Self::program().is_some()
    }

    /// Whether it is a failure that no test can run.
    pub fn is_required() -> bool {
        let words = std::env::var("CLOUD_CONFORMANCE_REQUIRE").unwrap_or_default();
        words.split(',').any(|word| word.trim() == "mosquitto")
    }

    pub fn start(settings: &str) -> Self {
        // Another program may take the port in between; then the server says so and ends, and the next one is tried.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
            let folder = TempDir::new().expect("a folder");
            let place = folder.path().display();
            let config = format!("listener {port} 127.0.0.1\nuser root\npersistence_location {place}/\n{settings}\n");
            fs::write(folder.path().join("mosquitto.conf"), config).expect("written");
            let mut server = Self { child: launch(&folder), port, folder };
            if server.is_ready() {
                return server;
            }
        }
        panic!("mosquitto does not start");
    }

    fn is_ready(&mut self) -> bool {
        let deadline = Instant::now() + LONG;
        while Instant::now() < deadline && self.child.try_wait().expect("a status").is_none() {
            let said = fs::read_to_string(self.folder.path().join("log")).expect("its log");
            if said.lines().any(|line| line.ends_with(" running")) {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }

    /// Asks it to end, so that it writes down what it keeps.
    pub fn stop(&mut self) {
        // The shell's own: not every machine has the program.
        let kill = ["-c", "kill $0", &self.child.id().to_string()];
        assert!(Command::new("sh").args(kill).status().expect("sh runs").success());
        self.child.wait().expect("its end");
    }

    /// On the same port.
    pub fn go_on(&mut self) {
        self.child = launch(&self.folder);
        assert!(self.is_ready(), "mosquitto does not start again");
    }

    /// Waits until it has said that so often since it was started.
    pub async fn says(&self, what: &str, count: usize) {
        let saying = async {
            let said = || fs::read_to_string(self.folder.path().join("log")).expect("its log");
            while said().matches(what).count() < count {
                tokio::task::yield_now().await;
            }
        };
        timeout(LONG, saying).await.expect(what);
    }

    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// A host.
    pub async fn host(&self) -> Arc<dyn Messaging> {
        open(&self.url()).await.expect("a host")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn launch(folder: &TempDir) -> Child {
    let log = File::create(folder.path().join("log")).expect("a log");
    let mut command = Command::new(Server::program().expect("mosquitto"));
    command.arg("-c").arg(folder.path().join("mosquitto.conf"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("mosquitto")
}

pub async fn open(url: &str) -> Result<Arc<dyn Messaging>> {
    let timing = Timing { connect: Duration::from_secs(5), ..Timing::default() };
    let services = Mqtt::with_timing(timing).open(&Url::parse(url).expect("a URL"), &EnvSecrets).await?;
    Ok(services.messaging.expect("messaging"))
}

pub fn text(data: &str) -> Payload {
    Payload { data: data.as_bytes().to_vec(), ..Payload::default() }
}

pub async fn send(host: &Arc<dyn Messaging>, topic: &str, data: &str) {
    host.publish("s", topic, &text(data)).await.expect(data);
}

pub async fn subscribed(host: &Arc<dyn Messaging>, topic: &str, group: Option<&str>) -> Box<dyn Inbox> {
    let group = group.map(str::to_owned);
    let subscription = Subscription { topics: vec![topic.to_owned()], group, max_deliveries: 3, dead_letter: None };
    host.subscribe("s", &subscription).await.expect("subscribed")
}

/// The next message, which must be this one.
pub async fn next(inbox: &mut dyn Inbox, data: &str) -> Delivery {
    let delivery = timeout(LONG, inbox.next()).await.expect(data).expect(data);
    assert_eq!(String::from_utf8_lossy(&delivery.payload.data), data);
    delivery
}

/// Another program.
pub struct Device {
    client: AsyncClient,
    heard: mpsc::UnboundedReceiver<Packet>,
    polling: AbortHandle,
}

impl Device {
    pub async fn connect(server: &Server, filters: &[&str]) -> Self {
        let mut options = MqttOptions::new("device", "127.0.0.1", server.port);
        options.set_max_packet_size(Some(1 << 20));
        let (client, mut events) = AsyncClient::new(options, 10);
        let (sender, heard) = mpsc::unbounded_channel();
        let polling = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                if let Event::Incoming(packet) = event {
                    let _ = sender.send(packet);
                }
            }
        });
        let mut this = Self { client, heard, polling: polling.abort_handle() };
        for filter in filters {
            this.client.subscribe(*filter, QoS::AtLeastOnce).await.expect("subscribed");
            this.until(|packet| matches!(packet, Packet::SubAck(_)).then_some(())).await;
        }
        this
    }

    /// What it hears first of that kind.
    pub async fn until<T>(&mut self, wanted: impl Fn(Packet) -> Option<T>) -> T {
        let hearing = async {
            loop {
                if let Some(found) = wanted(self.heard.recv().await.expect("a connection")) {
                    return found;
                }
            }
        };
        timeout(LONG, hearing).await.expect("a packet")
    }

    pub async fn hears(&mut self) -> Publish {
        self.until(|packet| if let Packet::Publish(publish) = packet { Some(publish) } else { None }).await
    }

    pub async fn says(&self, topic: &str, qos: QoS, retain: bool, data: &str, properties: PublishProperties) {
        let said = self.client.publish_with_properties(topic, qos, retain, data.to_owned(), properties).await;
        said.expect("said");
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.polling.abort();
    }
}
