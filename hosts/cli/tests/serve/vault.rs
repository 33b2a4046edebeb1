//! Vault, as a backend that a link moves to and as a place of secrets. A server of the test's own, in memory.

use crate::{
    needs::required,
    pingpong,
    redis::{self, Player, Redis, counted},
    relink,
    served::{PATIENCE, Site},
};
use std::{
    collections::BTreeSet,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

pub fn missing() -> Option<String> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|folder| folder.join("vault").is_file());
    let why = (!found && !required("vault")).then(|| "`vault` is not on the PATH; see CONTRIBUTING.md".to_owned());
    why.or_else(redis::missing)
}

/// A server in development mode, with a KV engine of version 2 at `secret`.
pub struct Vault {
    child: Child,
    folder: TempDir,
    port: u16,
}

impl Vault {
    pub fn start() -> Self {
        // Somebody else may take the port before the server has it.
        (0..5).find_map(|_| Self::try_start()).expect("a port for vault")
    }

    fn try_start() -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let folder = TempDir::new().expect("a folder");
        let mut vault = Command::new("vault");
        vault.args(["server", "-dev", "-dev-no-store-token", "-dev-listen-address", &format!("127.0.0.1:{port}")]);
        vault.env("VAULT_DEV_ROOT_TOKEN_ID", token(&folder)).current_dir(folder.path());
        let child = vault.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("vault starts");
        let mut vault = Self { child, folder, port };
        let deadline = Instant::now() + PATIENCE;
        // Only ours takes the token.
        while !vault.puts("ready", "value=yes") {
            if vault.child.try_wait().expect("a state").is_some() {
                return None;
            }
            assert!(Instant::now() < deadline, "vault does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(vault)
    }

    /// `hunter2` is in every token, so that it is known where it must not be.
    pub fn token(&self) -> String {
        token(&self.folder)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The store, with its token.
    pub fn url(&self) -> String {
        format!("vault://:{}@127.0.0.1:{}/secret", self.token(), self.port)
    }

    /// Whether Vault's own command line could write a field.
    fn puts(&self, path: &str, field: &str) -> bool {
        let mut put = Command::new("vault");
        put.args(["kv", "put", "-mount=secret", path, field]);
        put.env("VAULT_ADDR", format!("http://127.0.0.1:{}", self.port)).env("VAULT_TOKEN", self.token());
        put.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("vault starts").success()
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn token(folder: &TempDir) -> String {
    // No dot: it would be part of a token's syntax.
    format!("hunter2{}", folder.path().file_name().expect("a name").to_string_lossy().replace('.', ""))
}

/// Pings so often and returns what was answered.
fn rally(player: &mut Player, pings: usize) -> BTreeSet<String> {
    player.ping(pings);
    (0..pings).map(|_| String::from_utf8(player.next()).expect("UTF-8")).collect()
}

fn pongs(numbers: std::ops::RangeInclusive<usize>) -> BTreeSet<String> {
    numbers.map(|n| format!("pong {n}")).collect()
}

fn set(site: &Site, url: &str) -> (Option<i32>, String) {
    let output = site.output(&["link", "set", "pingpong", &format!("keyvalue:default={url}")]);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

pub fn relinked() {
    let (redis, vault) = (Redis::start(), Vault::start());
    let site = pingpong::site(&redis.url(1), &redis.url(0));
    let served = site.served();
    let mut player = Player::at(&redis.url(0));
    assert_eq!(rally(&mut player, 10), pongs(1..=10));
    // Where nothing was counted yet, the answers go on from 1; back where it was, from there.
    for (url, first) in [(&vault.url(), 1), (&redis.url(1), 11), (&vault.url(), 11)] {
        assert_eq!(set(&site, url), (Some(0), String::new()));
        assert_eq!(rally(&mut player, 10), pongs(first..=first + 9));
    }
    assert_eq!((counted(&redis.url(1)), counted(&vault.url())), (20, 20));
    let log = served.stop();
    assert!(!log.contains("hunter2"), "{log}");
}

pub fn moved() {
    let vault = Vault::start();
    relink::there_and_back(|_| vault.url());
}

pub fn secrets() {
    let (redis, vault) = (Redis::start(), Vault::start());
    let site = Site::new();
    site.guest("pingpong");
    site.write("token", vault.token().as_bytes());
    let at = format!("vault://127.0.0.1:{}", vault.port);
    site.manifest(&format!(
        r#"
        [components.pingpong]
        file = "pingpong.wasm"
        links = ["keyvalue:default={at}/secret?secret=db", "messaging:default={}"]
        grants = ["keyvalue:default", "messaging:default"]
        subscriptions = [{{ topics = ["ping"], group = "players" }}]

        [vault]
        url = "{at}?secret=token"

        [secrets]
        token = {{ file = "token" }}
        db = {{ vault = "secret/app/db#password" }}
        gone = {{ vault = "secret/app/db#nothing" }}
        "#,
        redis.url(0)
    ));
    assert!(vault.puts("app/db", &format!("password={}", vault.token())));
    let mut served = site.serve_with(&[("RUST_LOG", "debug")]);
    served.logs("serving `wasi-cloud.toml`");
    let mut player = Player::at(&redis.url(0));
    assert_eq!(rally(&mut player, 5), pongs(1..=5));
    let (code, said) = set(&site, &format!("{at}/secret/new?secret=gone"));
    assert!(code == Some(125) && said.contains("no secret named `gone`"), "{said}");
    served.logs("the secret `gone`: not-found: Vault has no text in this field of `secret/app/db`");
    // Each link that connects has the secret as it is now.
    assert!(vault.puts("app/db", "password=hunter2-of-before"));
    let (code, said) = set(&site, &format!("{at}/secret/new?secret=db"));
    assert!(code == Some(125) && said.contains("Vault refuses the token") && !said.contains("hunter2"), "{said}");
    assert_eq!(rally(&mut player, 5), pongs(6..=10));
    let listed = site.output(&["link", "list"]);
    assert!(!String::from_utf8_lossy(&listed.stdout).contains("hunter2"));
    let log = served.stop();
    assert!(!log.contains("hunter2"), "{log}");
}
