//! The demo in the README, by its commands, on servers of the test's own.

use crate::{
    nats::{self, Nats},
    needs::required,
    redis::{self, Redis, counted},
    served::{PATIENCE, Site, program},
    vault::{self, Vault},
};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const README: &str = include_str!("../../../../README.md");
const MANIFEST: &str = include_str!("../../../../demo/wasi-cloud.toml");

pub fn missing() -> Option<String> {
    let lib = Command::new("rustc").args(["--print", "target-libdir", "--target", "wasm32-wasip2"]).output();
    let here = lib.is_ok_and(|lib| Path::new(String::from_utf8_lossy(&lib.stdout).trim()).is_dir());
    let why = "needs the target wasm32-wasip2: `rustup target add wasm32-wasip2`";
    let wasm = (!here && !required("wasm")).then(|| why.to_owned());
    wasm.or_else(redis::missing).or_else(nats::missing)
}

pub fn missing_vault() -> Option<String> {
    missing().or_else(vault::missing)
}

/// The commands of the demo, as the README has them.
fn commands() -> Vec<&'static str> {
    let section = README.split_once("## The demo").expect("a section").1;
    let block = section.split_once("```sh\n").and_then(|(_, rest)| rest.split_once("```")).expect("a block").0;
    let commands: Vec<_> = block.lines().collect();
    assert!(commands.len() <= 7, "{commands:#?}");
    commands
}

/// Something that runs beside the test, and ends with it.
struct Beside(Child);

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A place for the demo, in which the addresses of the README are those of the test's servers.
struct Stage {
    site: Site,
    redis: Redis,
    nats: Nats,
    /// What the README says, and what it is here.
    here: Vec<(&'static str, String)>,
}

impl Stage {
    fn new(vault: Option<&Vault>) -> Self {
        let (site, redis, nats) = (Site::new(), Redis::start(), Nats::start());
        let socket = redis.url(0).replace("redis+unix://", "").replace("?db=0", "");
        let mut here = vec![
            ("../target", env!("CARGO_TARGET_TMPDIR").to_owned() + "/demo"),
            ("redis://localhost", redis.url(0)),
            ("nats://localhost", nats.url()),
            ("redis-cli", format!("redis-cli -s {socket}")),
            ("sleep 1", "sleep 0.1".to_owned()),
        ];
        if let Some(vault) = vault {
            here.push(("vault://localhost", format!("vault://127.0.0.1:{}", vault.port())));
        }
        let stage = Self { site, redis, nats, here };
        // Its port may be taken here.
        let manifest = stage.read(MANIFEST).replace("127.0.0.1:9090", "127.0.0.1:0");
        stage.site.manifest(&manifest);
        stage
    }

    fn read(&self, text: &str) -> String {
        self.here.iter().fold(text.to_owned(), |text, (said, here)| text.replace(said, here))
    }

    /// A command of the README, in its folder.
    fn shell(&self, command: &str) -> Command {
        let program = Path::new(program().get_program()).parent().expect("a folder").to_owned();
        let paths = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::env::join_paths([program].into_iter().chain(std::env::split_paths(&paths)));
        let mut shell = Command::new("sh");
        // The shell becomes what it runs where it can, so that ending it ends that.
        shell.args(["-c", &self.read(command)]).env("PATH", paths.expect("paths")).current_dir(self.site.path());
        shell.env_remove("RUST_LOG").stdin(Stdio::null());
        shell
    }

    fn run(&self, command: &str) {
        let done = self.shell(command).output().expect("a shell");
        assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    }

    /// Waits until the guest has counted to three in so many stores, one after the other. All its answers are looked
    /// at: those that the loop of the README prints are only the newest ones when it looks.
    fn until_counted_in(&self, stores: u64) {
        let deadline = Instant::now() + PATIENCE;
        let counted = || ["pong 1", "pong 3"].map(|pong| self.redis.has_answered(pong));
        while counted() != [stores; 2] {
            assert!(Instant::now() < deadline, "not in {stores} stores, but {:?}", counted());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the loop has printed an answer.
    fn until_one_is_printed(&self) {
        let deadline = Instant::now() + PATIENCE;
        let printed = || fs::read_to_string(self.site.at("answers")).unwrap_or_default();
        while !printed().lines().any(|line| line.starts_with("pong ")) {
            assert!(Instant::now() < deadline, "no pong: {}", printed());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

pub fn runs() {
    demo(None);
}

pub fn runs_with_vault() {
    demo(Some(&Vault::start()));
}

fn demo(vault: Option<&Vault>) {
    let [build, compose, sign, serve, watch, nats, last] = commands()[..] else { panic!("{:#?}", commands()) };
    let stage = Stage::new(vault);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo");
    let mut cargo = stage.shell(build);
    cargo.current_dir(folder).env("CARGO_TARGET_DIR", stage.read("../target"));
    let built = cargo.output().expect("a shell");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    stage.run(compose);
    stage.run(sign);

    let token = vault.map_or_else(|| "demo".to_owned(), Vault::token);
    assert_eq!(serve, "VAULT_TOKEN=demo wasi-cloud serve &");
    let mut served = stage.site.serve_with(&[("VAULT_TOKEN", &token)]);
    served.logs("serving `wasi-cloud.toml`");

    let answers = fs::File::create(stage.site.at("answers")).expect("a file");
    let mut watching = stage.shell(watch.strip_suffix(" &").expect("beside the others"));
    let _watching = Beside(watching.stdout(answers).spawn().expect("a shell"));
    stage.until_one_is_printed();
    stage.until_counted_in(1);
    stage.run(nats);
    stage.until_counted_in(2);
    assert!(counted(&stage.nats.url()) >= 3 && counted(&stage.redis.url(0)) >= 3);
    if let Some(vault) = vault {
        stage.run(last);
        stage.until_counted_in(3);
        assert!(counted(&vault.url()) >= 3);
    }
    assert!(served.printed().iter().all(|line| line.starts_with("ping: handled in ")));
    served.stop();
}
