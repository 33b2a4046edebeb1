//! RabbitMQ, and the `epmd` by which programs of Erlang find each other.

use super::{Place, Server, free_port, on_the_path, wait};
use async_trait::async_trait;
use std::{fs::File, io, net::Ipv4Addr, path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};

/// The program itself, where packages have it. What is called so on the PATH is a wrapper, which may change user and folders.
const PROGRAMS: [&str; 3] = [
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/usr/local/sbin/rabbitmq-server",
    "/opt/homebrew/opt/rabbitmq/sbin/rabbitmq-server",
];

/// Starts `epmd` where none answers, for then the server would start one that outlives it, and becomes the server.
const START: &str = r#"
epmd -port "$ERL_EPMD_PORT" &
until epmd -port "$ERL_EPMD_PORT" -names; do
    kill -0 $! || { echo 'epmd: address already in use'; exit 1; }
    sleep 0.1
done
exec "$1"
"#;

/// The protocol that a client wants: AMQP 0-9-1.
const HEADER: &[u8] = b"AMQP\0\0\x09\x01";

/// What the first frame of a server does not exceed, in bytes.
const FRAME: u64 = 64 << 10;

/// `rabbitmq-server`.
#[derive(Debug)]
pub struct Rabbitmq;

#[async_trait]
impl Server for Rabbitmq {
    fn host(&self) -> &'static str {
        "rabbitmq"
    }

    fn name(&self) -> &'static str {
        "rabbitmq-server"
    }

    fn install(&self) -> &'static str {
        "`rabbitmq-server` and `epmd` are not here. Install them, 3.10 or later (Debian, Ubuntu: `apt install \
         rabbitmq-server`; macOS: `brew install rabbitmq`) or name a server that runs: `--url amqp://127.0.0.1:5672`"
    }

    fn is_here(&self) -> bool {
        program().is_some() && on_the_path("epmd")
    }

    /// It starts a runtime and makes a database: 2 s where nothing else runs, and 50 s were seen on a busy machine.
    fn patience(&self) -> Duration {
        Duration::from_secs(180)
    }

    async fn command(&self, place: &Place) -> anyhow::Result<Command> {
        let dir = place.dir();
        let file = |name: &str| dir.join(name);
        let settings = [
            format!("listeners.tcp.1 = 127.0.0.1:{}", place.port),
            "log.console = true".to_owned(),
            "log.file = false".to_owned(),
            "disk_free_limit.absolute = 50MB".to_owned(),
        ];
        std::fs::write(file("rabbitmq.conf"), settings.join("\n"))?;
        std::fs::write(file("plugins"), "[].")?;
        let mut command = Command::new("sh");
        command.args(["-c", START, "sh", program().unwrap_or(self.name())]);
        // Its cookie is in its home.
        command
            .env("HOME", dir)
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("ERL_EPMD_PORT", free_port().await?.to_string());
        command
            .env("RABBITMQ_NODENAME", format!("{}@localhost", place.unique()))
            .env("RABBITMQ_DIST_PORT", free_port().await?.to_string());
        command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
        command.env("RABBITMQ_CONFIG_FILE", file("rabbitmq.conf")).env("RABBITMQ_CONF_ENV_FILE", "/dev/null");
        command.env("RABBITMQ_ENABLED_PLUGINS_FILE", file("plugins")).env("RABBITMQ_LOG_BASE", file("log"));
        command.env("RABBITMQ_MNESIA_BASE", file("mnesia"));
        // So that the script becomes the server, and nobody waits to be told of its start.
        command.env("RUNNING_UNDER_SYSTEMD", "true").env("NOTIFY_SOCKET", "");
        #[cfg(unix)]
        command.process_group(0);
        let log = File::create(place.log())?;
        command.stdout(log.try_clone()?).stderr(log);
        Ok(command)
    }

    fn url(&self, place: &Place) -> io::Result<String> {
        Ok(format!("amqp://127.0.0.1:{}", place.port))
    }

    /// The first frame of a server has its properties. A cluster of one is called as its node is, but for the machine.
    async fn hello(&self, place: &Place, _pid: Option<u32>) -> io::Result<Option<String>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, place.port)).await?;
        stream.write_all(HEADER).await?;
        // Type, channel and size.
        let mut head = [0; 7];
        stream.read_exact(&mut head).await?;
        let [_, _, _, size @ ..] = head;
        let mut frame = Vec::new();
        stream.take(u64::from(u32::from_be_bytes(size)).min(FRAME)).read_to_end(&mut frame).await?;
        let name = text(&frame, "cluster_name").unwrap_or_default();
        let is_ours = name.split('@').next() == Some(&*place.unique());
        Ok(text(&frame, "version").filter(|_| is_ours))
    }

    /// With its `epmd`: both are one group.
    fn ask_to_end(&self, _place: &Place, child: &mut Child) {
        let Some(pid) = child.id() else { return };
        let _ = std::process::Command::new("kill").args(["-KILL", "--", &format!("-{pid}")]).status();
        wait(child);
    }
}

fn program() -> Option<&'static str> {
    PROGRAMS.into_iter().find(|program| Path::new(program).is_file())
}

/// A text in a table of AMQP: its name, `S`, its length in four bytes, and itself.
fn text(table: &[u8], name: &str) -> Option<String> {
    let mut wanted = vec![u8::try_from(name.len()).ok()?];
    wanted.extend(name.bytes().chain([b'S']));
    let at = table.windows(wanted.len()).position(|window| window == wanted)? + wanted.len();
    let (length, rest) = table.get(at..)?.split_first_chunk()?;
    let text = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_a_table_and_no_length_is_trusted() {
        let table = b"\0\0\x07versionS\0\0\0\x063.10.8\x04nextS\0\0\0\xffx";
        assert_eq!(text(table, "version").as_deref(), Some("3.10.8"));
        assert_eq!((text(table, "next"), text(table, "cluster_name")), (None, None));
    }
}
