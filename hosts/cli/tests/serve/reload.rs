use crate::served::Site;
use std::net::{SocketAddr, TcpListener, TcpStream};
use wasi_cloud_componentize::{Componentize, World};

const ONE: &str = r#"
    [components.a]
    file = "app.wasm"
    links = ["messaging:default=memory"]
    grants = ["messaging:default"]
"#;
const TWO: &str = r#"
    [components.b]
    file = "app.wasm"
    links = ["messaging:default=memory"]
    grants = ["messaging:default"]
    limits = { concurrency = 2 }
"#;

pub fn changes() {
    let site = Site::new();
    site.manifest(ONE);
    let mut served = site.served();
    site.manifest(&format!("{ONE}{TWO}"));
    served.logs("component `b` is started");
    served.logs("is in force");
    // Links are switched under the component; limits take a new start.
    let adjusted = ONE.replace("=memory", "=memory://other").replace("[\"messaging:default\"]", "[\"messaging:*\"]");
    site.manifest(&format!("{adjusted}{}", TWO.replace("= 2", "= 3")));
    served.logs("component `a` has another link `messaging:default`");
    served.logs("component `b` is started anew");
    site.manifest(TWO);
    served.logs("component `b` is started anew");
    served.logs("component `a` is gone");
    let log = served.stop();
    assert_eq!(log.matches("component `a` is started").count(), 1, "{log}");
}

pub fn rejected() {
    let site = Site::new();
    site.manifest(ONE);
    let mut served = site.served();
    site.manifest(&ONE.replace("\"messaging:default\"", "\"messaging\""));
    served.logs("the one before stays in force");
    served.logs("it names no label");
    served.logs("wasi-cloud.toml:5:15");
    // A backend that does not answer is no fault of the manifest.
    site.manifest(&ONE.replace("=memory", "=redis://127.0.0.1:1"));
    served.logs("component `a` cannot be as the manifest has it, and stays as it was");
    site.manifest(&format!("{ONE}\n"));
    served.logs("is in force");
    let log = served.stop();
    assert_eq!(log.matches("component `a` is started").count(), 1, "{log}");
}

/// Two components that answer HTTP change places; one of another address of its port says what to do.
pub fn addresses() {
    let site = Site::new();
    let module = wat::parse_str(include_str!("../site.wat")).expect("assembles");
    let world = World::text(include_str!("../../../../bindgen-go/examples/http/wit/world.wit"));
    site.write("site.wasm", &Componentize::new().world(world).run(&module).expect("a component"));
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("an address");
    let (one, two) = (free(), free());
    let manifest = |a: SocketAddr, b: SocketAddr| {
        let part = |name, http| format!("[components.{name}]\nfile = \"site.wasm\"\nhttp = \"{http}\"\n");
        site.manifest(&(part("a", a) + &part("b", b)));
    };
    manifest(one, two);
    let mut served = site.served();
    manifest(two, one);
    served.logs("component `a` is started anew");
    served.logs("component `b` is started anew");
    for address in [one, two] {
        assert!(TcpStream::connect(address).is_ok(), "{address}");
    }
    manifest(two, ([0, 0, 0, 0], one.port()).into());
    served.logs(&format!("`b` answers at {one} until the new address is there"));
    let log = served.stop();
    assert_eq!(log.matches("cannot be as the manifest has it").count(), 1, "{log}");
}

pub fn rebuilt() {
    let site = Site::new();
    site.manifest(ONE);
    let mut served = site.served();
    let other = include_str!("../handler.wat").replace("ping", "pong");
    site.write("app.wasm", &wat::parse_str(other).expect("assembles"));
    served.signal("HUP");
    served.logs("handling messages of pong");
    served.logs("component `a` is started anew");
    served.stop();
}
