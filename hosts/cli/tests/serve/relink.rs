use crate::{
    needs::required,
    pingpong,
    redis::{Player, Redis, counted},
    served::{PATIENCE, Site},
};
use std::{
    io::{Read, Write},
    os::unix::{fs::PermissionsExt, net::UnixStream},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// What may not be in the log of a host whose calls all succeeded.
const FAILURES: [&str; 2] = ["WARN", "ERROR"];

/// How often a link is switched, and how many messages are sent before each time.
fn load() -> (usize, usize) {
    if required("soak") { (100, 200) } else { (6, 50) }
}

fn set(site: &Site, link: &str) -> (Option<i32>, String) {
    let output = site.output(&["link", "set", "pingpong", link]);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.code(), said.into_owned())
}

/// Pings without a pause, calls `switch` after each batch while the pings go on, and returns how many there were.
/// `waiting` says of so many pings how many are not handled yet.
fn under_load(
    player: &mut Player,
    mut waiting: impl FnMut(&mut Player, usize) -> usize,
    mut switch: impl FnMut(usize) + Send,
) -> usize {
    let (switches, batch) = load();
    let (sent, full, done) = (AtomicUsize::new(0), AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for nth in 0..switches {
                while sent.load(Ordering::Relaxed) < nth * batch && !full.load(Ordering::Relaxed) {
                    std::thread::yield_now();
                }
                switch(nth);
            }
            done.store(true, Ordering::Relaxed);
        });
        while !done.load(Ordering::Relaxed) {
            player.ping(10);
            let so_far = sent.fetch_add(10, Ordering::Relaxed) + 10;
            // A stream keeps 10,000.
            full.store(waiting(player, so_far) > 5_000, Ordering::Relaxed);
            while full.load(Ordering::Relaxed) && !done.load(Ordering::Relaxed) {
                full.store(waiting(player, so_far) > 5_000, Ordering::Relaxed);
            }
        }
    });
    sent.into_inner()
}

pub fn keyvalue() {
    there_and_back(|site| format!("sqlite://{}/counts.db", site.path().display()));
}

/// Key-value moves from Redis to another place, and back, again and again.
pub fn there_and_back(other: impl FnOnce(&Site) -> String) {
    let redis = Redis::start();
    let site = pingpong::site(&redis.url(1), &redis.url(0));
    let served = site.served();
    let (mut player, mut heard) = (Player::at(&redis.url(0)), 0);
    let other = other(&site);
    let hear = |player: &mut Player, sent: usize| {
        while sent - heard > 100 {
            player.next();
            heard += 1;
        }
        sent - heard
    };
    let sent = under_load(&mut player, hear, |nth| {
        let url = if nth % 2 == 0 { &other } else { &redis.url(1) };
        let (code, said) = set(&site, &format!("keyvalue:default={url}"));
        assert_eq!(code, Some(0), "{said}");
    });
    (heard..sent).for_each(|_| drop(player.next()));
    let log = served.stop();
    assert!(!FAILURES.iter().any(|failure| log.contains(failure)), "{log}");
    redis.until_none_pending(0);
    // Each ping was counted once, in one place or the other.
    let (there, here) = (counted(&redis.url(1)), counted(&other));
    assert_eq!(there + here, sent as u64, "{there} and {here}");
    assert!(here > 0, "it was never switched");
}

pub fn messaging() {
    let redis = Redis::start();
    let site = pingpong::site(&redis.url(2), &redis.url(0));
    let served = site.served();
    let mut player = Player::at(&redis.url(0));
    let count = redis.url(2);
    let waiting = |_: &mut Player, sent: usize| match sent % 500 {
        0 => sent.saturating_sub(counted(&count) as usize),
        _ => 0,
    };
    let sent = under_load(&mut player, waiting, |nth| {
        let url = redis.url(if nth % 2 == 0 { 1 } else { 0 });
        let (code, said) = set(&site, &format!("messaging:default={url}"));
        assert_eq!(code, Some(0), "{said}");
        // What it took is settled there, or given back, whatever goes on at the new one.
        redis.until_none_pending(if nth % 2 == 0 { 0 } else { 1 });
    });
    // The last switch leads back to the first broker, where the rest waits.
    let deadline = Instant::now() + PATIENCE;
    while counted(&redis.url(2)) < sent as u64 {
        assert!(Instant::now() < deadline, "{} of {sent} are handled", counted(&redis.url(2)));
        std::thread::sleep(Duration::from_millis(20));
    }
    let log = served.stop();
    assert!(!FAILURES.iter().any(|failure| log.contains(failure)), "{log}");
    assert_eq!(counted(&redis.url(2)), sent as u64, "a message was handled twice");
    redis.until_none_pending(0);
    redis.until_none_pending(1);
}

pub fn refused() {
    let redis = Redis::start();
    let site = pingpong::site(&redis.url(1), &redis.url(0));
    let served = site.served();
    let mut player = Player::at(&redis.url(0));
    let refusals = [
        ("keyvalue:default=redis://u:hunter2@127.0.0.1:1", "stays as it is"),
        ("messaging:default=redis://127.0.0.1:1", "stays as it is"),
        ("messaging:default=sqlite:x.db", "offers no messaging"),
        ("keyvalue:other=memory", "add \"keyvalue:other\" to `grants`"),
        ("keyvalue:default=redis://127.0.0.1/0?secret=pw", "no secret named `pw`"),
        ("keyvalue:default=pigeon://u:hunter2@h", "no backend serves"),
    ];
    for (link, expected) in refusals {
        let (code, said) = set(&site, link);
        assert_eq!(code, Some(125), "{link}: {said}");
        assert!(said.contains(expected) && !said.contains("hunter2"), "{link}: {said}");
        player.ping(1);
        player.hear(1);
    }
    player.assert_heard(u32::try_from(refusals.len()).expect("few"));
    let unknown = site.output(&["link", "set", "pong", "keyvalue:default=memory"]);
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(unknown.status.code() == Some(125) && said.contains("this host serves pingpong"), "{said}");
    served.stop();
}

pub fn socket() {
    let site = Site::new();
    site.manifest(
        "[components.a]\nfile = \"app.wasm\"\nlinks = [\"messaging:default=memory\", \"keyvalue:b=sqlite::memory:\"]\n\
         grants = [\"messaging:default\", \"keyvalue:b\"]\n",
    );
    let served = site.served();
    let socket = site.at(".wasi-cloud/control.sock");
    assert_eq!(socket.metadata().expect("a socket").permissions().mode() & 0o777, 0o600);
    let second = site.output(&["serve", "--control", ".wasi-cloud/control.sock"]);
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(125) && said.contains("another `wasi-cloud serve`"), "{said}");
    assert_eq!(
        set_of(&site, &["link", "set", "a", "keyvalue:b=memory://u#c"]),
        "`keyvalue:b` of `a` has another link\n"
    );
    assert_eq!(
        set_of(&site, &["link", "list"]),
        "a  messaging:default  memory#default\na  keyvalue:b         memory://u#c  (not as in the manifest)\n"
    );
    let json = set_of(&site, &["link", "list", "--json"]);
    let first = r#"[{"app":"a","link":"messaging:default","url":"memory","bucket":"default","manifest":true},"#;
    assert!(json.starts_with(first), "{json}");
    served.stop();
    assert!(!socket.exists());
    let nobody = site.output(&["link", "list"]);
    let said = String::from_utf8_lossy(&nobody.stderr);
    assert!(nobody.status.code() == Some(125) && said.contains("no `wasi-cloud serve` listens"), "{said}");
}

fn set_of(site: &Site, args: &[&str]) -> String {
    let output = site.output(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

pub fn nonsense() {
    let site = Site::new();
    site.manifest("[components.a]\nfile = \"app.wasm\"\nlinks = [\"messaging:default=memory\"]\ngrants = [\"messaging:default\"]\n");
    let served = site.served();
    let endless = vec![b'x'; 100 << 10];
    for question in [&b"{\"ask\":\"fly\"}\n"[..], b"hunter2\n", &endless] {
        let mut host = UnixStream::connect(site.at(".wasi-cloud/control.sock")).expect("it listens");
        host.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        // Of what is too long the host reads a part, and then it goes.
        let _ = host.write_all(question);
        let mut answer = String::new();
        let _ = host.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.starts_with("{\"failed\":"), "{answer}");
        assert!(!answer.contains("hunter2"));
    }
    assert!(set_of(&site, &["link", "list"]).contains("memory"));
    served.stop();
}
