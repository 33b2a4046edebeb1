use crate::served::Site;

/// What comes after `[components.a]` and `file = "app.wasm"`.
const BAD: [(&str, &str); 28] = [
    ("no TOML", "links = [\"keyvalue:default=redis://user:hunter2@h\""),
    ("no TOML, in a secret", "env = { TOKEN = \"hunter2 }"),
    ("an unknown key", "topics = [\"ping\"]"),
    ("a wrong type", "links = \"keyvalue:default=redis://user:hunter2@h\""),
    ("a wrong type in a hidden place", "[components.a.env]\nfile = 4711"),
    ("no such capability", "links = [\"kv:default=redis://user:hunter2@h\"]"),
    ("no such backend", "links = [\"keyvalue:default=pigeon://user:hunter2@h\"]\ngrants = [\"keyvalue:default\"]"),
    ("a link without its grant", "links = [\"keyvalue:default=memory\"]"),
    ("one label twice", "links = [\"keyvalue:a=memory\", \"keyvalue:a=memory://b\"]\ngrants = [\"keyvalue:a\"]"),
    ("a bad grant", "grants = [\"keyvalue:default:admin\"]"),
    ("a link among the grants", "grants = [\"keyvalue:default=redis://user:hunter2@h\"]"),
    ("a subscription without its link", "subscriptions = [{ topics = [\"ping\"] }]"),
    (
        "a subscription without its grant",
        "links = [\"messaging:default=memory\"]\ngrants = [\"messaging:default:write\"]\nsubscriptions = [{ topics = [\"ping\"] }]",
    ),
    (
        "dead letters that cannot be",
        "links = [\"messaging:default=memory\"]\ngrants = [\"messaging:default\"]\nsubscriptions = [{ topics = [\"ping\"], dead-letter = \"ping\" }]",
    ),
    ("recorded topics without a link", ""),
    ("no grant for the configuration", "config = { token = \"hunter2\" }"),
    ("no such secret", "links = [\"keyvalue:a=redis://h?secret=pw\"]\ngrants = [\"keyvalue:a\"]"),
    ("a secret of two places", "[secrets]\npw = { env = \"PW\", file = \"pw\" }"),
    ("a secret in Vault, wherever that is", "[secrets]\npw = { vault = \"secret/app#password\" }"),
    ("a secret in Vault without a field", "[secrets]\npw = { vault = \"secret/app\" }\n[vault]\nurl = \"vault://h\""),
    ("a token of Vault in Vault", "[secrets]\nt = { vault = \"secret/t#t\" }\n[vault]\nurl = \"vault://h?secret=t\""),
    ("a token of Vault that is nowhere", "[vault]\nurl = \"vault://h?secret=t\""),
    ("a Vault that is none", "[vault]\nurl = \"https://:hunter2@h\""),
    (
        "HTTP of a component that has none",
        "http = \"127.0.0.1:0\"\nlinks = [\"messaging:default=memory\"]\ngrants = [\"messaging:default\"]",
    ),
    ("a name and no address", "http = \"localhost\""),
    ("no time", "limits = { deadline = \"10\", timeout = \"0s\" }"),
    (
        "numbers out of range",
        "limits = { memory = 0, concurrency = 300, message-size = 0 }\nlayers = { retry = { times = -1 } }",
    ),
    ("no such folder", "dirs = [\"nowhere::/data\"]"),
];

fn check(site: &Site, manifest: &str) -> (Option<i32>, String, String) {
    site.manifest(manifest);
    let output = site.output(&["serve", "--check"]);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

pub fn bad() {
    let site = Site::new();
    let (mut all, mut of_vault) = (String::new(), String::new());
    let rest = |rest: &str| format!("[components.a]\nfile = \"app.wasm\"\n{rest}\n");
    let cases = BAD.map(|(name, text)| (name, rest(text)));
    let more = [
        ("nothing at all", String::new()),
        ("no such file", rest("").replace("app", "nowhere")),
        ("a name for no log", rest("").replace("components.a", "components.\"a\\nb\"")),
        (
            "one address for two",
            "[components.a]\nfile = \"a.wasm\"\nhttp = \"127.0.0.1:80\"\n[components.b]\nfile = \"b.wasm\"\nhttp = \"127.0.0.1:80\"\n"
                .to_owned(),
        ),
        ("a command", rest("").replace("app", "command")),
    ];
    let command = r#"(component
        (core module $m (func (export "run") (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $exported (export "run" (func $run)))
        (export "wasi:cli/run@0.2.0" (instance $exported)))"#;
    site.write("command.wasm", &wat::parse_str(command).expect("assembles"));
    for (name, manifest) in cases.into_iter().chain(more) {
        let (code, out, said) = check(&site, &manifest);
        assert_eq!((code, &*out), (Some(2), ""), "{name}: {said}");
        assert!(!said.contains("hunter2") && !said.contains("4711") && !said.contains('\u{1b}'), "{name}: {said}");
        // What a build has is its own affair.
        let said = said.lines().map(|line| line.split_inclusive("this build has:").next().unwrap_or_default());
        let said = said.collect::<Vec<_>>().join("\n");
        let shown = if manifest.contains("[vault]") { &mut of_vault } else { &mut all };
        *shown += &format!("### {name}\n{said}\n");
    }
    insta::assert_snapshot!("bad_manifests", all);
    // A build without Vault says so first.
    if cfg!(feature = "vault") {
        insta::assert_snapshot!("bad_manifests_of_vault", of_vault);
    }
    // With or without the feature, this registry cannot be reached; a snapshot would depend on it.
    let (code, _, said) = check(&site, "[components.a]\nfile = \"oci://127.0.0.1:1/a/b:c\"\n");
    assert!(code == Some(2) && said.contains("wasi-cloud.toml:2:8"), "{said}");
}

pub fn none() {
    let folder = tempfile::TempDir::new().expect("a folder");
    for (args, name) in [(&["serve"][..], "wasi-cloud.toml"), (&["serve", "deploy/no.toml"], "deploy/no.toml")] {
        let output = crate::served::program().args(args).current_dir(folder.path()).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(125), "{said}");
        assert!(said.starts_with(&format!("error: there is no manifest `{name}`; go to its folder, ")), "{said}");
        assert_eq!(said.lines().count(), 1, "nothing was logged before: {said}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing was made");
}

pub fn good() {
    let site = Site::new();
    let manifest = r#"
        [components.worker]
        file = "app.wasm"
        links = ["messaging:default=redis://localhost:1/0?secret=pw", "keyvalue:default=memory#sessions"]
        grants = ["messaging:default:read", "keyvalue:*", "config:default"]
        subscriptions = [{ topics = ["ping", "pong"], group = "workers", max-deliveries = 5, dead-letter = "dead" }]
        config = { greeting = "hello" }
        env = { LANG = "C" }
        dirs-ro = [".::/data"]
        args = ["--verbose"]
        limits = { memory = 64, deadline = "2s", timeout = "5s", request-timeout = "1m", concurrency = 4, reuse = 3, handles = 100, message-size = 65536 }
        layers = { retry = { times = 3, pause = "50ms" }, limit = 100 }

        [components.recorded]
        file = "app.wasm"
        links = ["messaging:default=memory"]
        grants = ["messaging:default:read"]

        [secrets]
        pw = { file = "no-such-file" }
    "#;
    assert_eq!(check(&site, manifest), (Some(0), "`wasi-cloud.toml` is right: 2 components\n".into(), String::new()));
}

pub fn secrets() {
    let site = Site::new();
    // Port 1 answers nowhere, so that every error has its chance.
    let manifest = r#"
        [components.a]
        file = "app.wasm"
        links = ["keyvalue:default=redis://user:hunter2@127.0.0.1:1", "messaging:default=redis://127.0.0.1:1?secret=pw"]
        grants = ["keyvalue:default", "messaging:default", "config:default"]
        env = { TOKEN = "hunter2" }
        config = { token = "hunter2" }
        [secrets]
        pw = { file = "pw" }
    "#;
    site.write("pw", b"hunter2\n");
    let swapped = manifest.replace("keyvalue:default=redis://user:hunter2@127.0.0.1:1", "keyvalue:default=memory");
    for text in [manifest, &swapped] {
        site.manifest(text);
        let output = crate::served::program()
            .arg("serve")
            .env("RUST_LOG", "debug")
            .current_dir(site.path())
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(125), "{said}");
        assert!(said.contains("redis://127.0.0.1:1"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
