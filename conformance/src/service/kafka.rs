//! Kafka: one node, which is its own controller, with a folder that is formatted for it.

use super::{Place, Server, free_port};
use anyhow::{Context, bail};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    time::timeout,
};

/// Starts a node, and makes a folder ready for one. `$KAFKA_HOME/bin` has them, or the PATH.
const SERVER: &str = "kafka-server-start.sh";
const STORAGE: &str = "kafka-storage.sh";
/// How long the folder may take. Java starts in seconds, and slower on a busy machine.
const FORMAT: Duration = Duration::from_secs(60);
/// No answer to what is asked here is longer.
const ANSWER: u64 = 1 << 20;

/// `kafka-server-start.sh`.
#[derive(Debug)]
pub struct Kafka;

#[async_trait]
impl Server for Kafka {
    fn host(&self) -> &'static str {
        "kafka"
    }

    fn name(&self) -> &'static str {
        SERVER
    }

    fn install(&self) -> &'static str {
        "`kafka-server-start.sh` and `kafka-storage.sh` are neither on the PATH nor in `$KAFKA_HOME/bin`. Install Kafka, 4.0 or \
         later, and Java 17 (https://kafka.apache.org/downloads; Debian, as root: `bash .ci/servers kafka`), or name a broker \
         that runs: `--url kafka://127.0.0.1:9092`"
    }

    fn is_here(&self) -> bool {
        [SERVER, STORAGE].iter().all(|name| program(name).is_some())
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(90)
    }

    async fn command(&self, place: &Place) -> anyhow::Result<Command> {
        let settings = place.dir().join("server.properties");
        fs::write(&settings, properties(place, free_port().await?))?;
        fs::write(logging(place), log4j(&place.log()))?;
        let mut format = java(STORAGE, place);
        // After a restart it is ready, and stays as it is.
        format
            .args(["format", "--ignore-formatted", "--cluster-id", &cluster(place), "--config"])
            .arg(&settings)
            .kill_on_drop(true);
        let ended = timeout(FORMAT, format.output()).await;
        let ended = ended.with_context(|| format!("`{STORAGE}` did not end within {FORMAT:?}"))?;
        let ended = ended.with_context(|| format!("`{STORAGE}` cannot be started"))?;
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            bail!("`{STORAGE}` ended with {}: {}", ended.status, said.trim());
        }
        let mut command = java(SERVER, place);
        command.arg(settings).stderr(Stdio::null());
        Ok(command)
    }

    /// Of hundreds of topics each has one partition, for which it has a folder.
    fn url(&self, place: &Place) -> io::Result<String> {
        Ok(format!("kafka://127.0.0.1:{}?partitions=1", place.port))
    }

    /// What a broker tells of its cluster holds the name that we gave it; its log says which version it is. It is ready
    /// when groups have a coordinator, whose topic is made when the first one is looked for.
    async fn hello(&self, place: &Place, _pid: Option<u32>) -> io::Result<Option<String>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, place.port)).await?;
        let (metadata, cluster) = (ask(&mut stream, &METADATA).await?, cluster(place));
        let is_ours = metadata.windows(cluster.len()).any(|part| part == cluster.as_bytes());
        let is_ready = is_ours && ask(&mut stream, &COORDINATOR).await?.get(8..10) == Some(&[0, 0]);
        let said = fs::read_to_string(place.log()).unwrap_or_default();
        let version = said.lines().find_map(|line| line.split_once("Kafka version: "));
        let version = version.map_or("of an unknown version", |(_, version)| version.trim());
        Ok(is_ready.then(|| version.to_owned()))
    }
}

/// A question for metadata of no topic: version 2 of what has the number 3, without a client's name.
const METADATA: [u8; 14] = [0, 3, 0, 2, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0];
/// A question for the coordinator of the group `g`: version 2 of what has the number 10. Of the answer, the bytes 8 and 9
/// are the error.
const COORDINATOR: [u8; 14] = [0, 10, 0, 2, 0, 0, 0, 2, 0xff, 0xff, 0, 1, b'g', 0];

/// A question and its answer, each behind its length.
async fn ask(stream: &mut TcpStream, question: &[u8; 14]) -> io::Result<Vec<u8>> {
    stream.write_u32(14).await?;
    stream.write_all(question).await?;
    let length = stream.read_u32().await?.into();
    let mut answer = Vec::new();
    stream.take(ANSWER.min(length)).read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Where a program is: in a release of Kafka, or on the PATH.
fn program(name: &str) -> Option<PathBuf> {
    let release = std::env::var_os("KAFKA_HOME").map(|home| Path::new(&home).join("bin"));
    let paths = std::env::var_os("PATH").unwrap_or_default();
    release.into_iter().chain(std::env::split_paths(&paths)).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// A program in Java, which is to start soon and to take little.
fn java(name: &str, place: &Place) -> Command {
    let mut command = Command::new(program(name).unwrap_or_else(|| name.into()));
    command.env("KAFKA_HEAP_OPTS", "-Xms64m -Xmx512m");
    command.env("KAFKA_JVM_PERFORMANCE_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1");
    command.env("KAFKA_LOG4J_OPTS", format!("-Dlog4j2.configurationFile={}", logging(place).display()));
    command.env("LOG_DIR", place.dir().join("logs")).stdin(Stdio::null());
    command
}

/// The cluster's name: 16 bytes that nobody else has. It must not look like an option.
fn cluster(place: &Place) -> String {
    let mut id = [0; 16];
    for (byte, of_name) in id.iter_mut().zip(Sha256::digest(place.unique())) {
        *byte = of_name;
    }
    id[0] &= 0x7f;
    URL_SAFE_NO_PAD.encode(id)
}

fn properties(place: &Place, controller: u16) -> String {
    let (port, logs) = (place.port, place.dir().join("data"));
    let node = [
        "process.roles=broker,controller".to_owned(),
        "node.id=1".to_owned(),
        format!("controller.quorum.voters=1@127.0.0.1:{controller}"),
        "controller.listener.names=CONTROLLER".to_owned(),
        format!("listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}"),
        format!("advertised.listeners=PLAINTEXT://127.0.0.1:{port}"),
        "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT".to_owned(),
        format!("log.dirs={}", logs.display()),
    ];
    let small = [
        "offsets.topic.num.partitions=1",
        "offsets.topic.replication.factor=1",
        "log.cleaner.enable=false",
        "num.network.threads=2",
        "num.io.threads=4",
        // A group learns of a member that came within a second, and of one that died within six.
        "group.consumer.min.heartbeat.interval.ms=500",
        "group.consumer.heartbeat.interval.ms=1000",
        "group.consumer.min.session.timeout.ms=6000",
        "group.consumer.session.timeout.ms=6000",
    ];
    node.iter().map(String::as_str).chain(small).map(|line| format!("{line}\n")).collect()
}

fn logging(place: &Place) -> PathBuf {
    place.dir().join("log4j2.properties")
}

/// Everything into one file.
fn log4j(log: &Path) -> String {
    let lines = [
        "status=error".to_owned(),
        "appender.file.type=File".to_owned(),
        "appender.file.name=File".to_owned(),
        format!("appender.file.fileName={}", log.display()),
        "appender.file.layout.type=PatternLayout".to_owned(),
        "appender.file.layout.pattern=%d %p %m%n%throwable".to_owned(),
        "rootLogger.level=INFO".to_owned(),
        "rootLogger.appenderRef.file.ref=File".to_owned(),
    ];
    lines.iter().map(|line| format!("{line}\n")).collect()
}
