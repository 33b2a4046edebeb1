//! Registries that break, lie, or want something.

use crate::{
    Said, command,
    played::{Answer, Asked, Played},
    wasi_cloud,
};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const LAYER: &str = "application/wasm";
const BASIC: &str = "WWW-Authenticate: Basic realm=\"registry\"";

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(bytes))
}

/// A manifest of layers, each a media type, a digest and a size.
fn manifest(layers: &[(&str, &str, i64)]) -> String {
    let layers = layers.iter().map(|(media_type, digest, size)| {
        format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}"#)
    });
    format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
            "config":{{"mediaType":"application/vnd.wasm.config.v0+json","digest":"{}","size":2}},"layers":[{}]}}"#,
        digest(b"{}"),
        layers.collect::<Vec<_>>().join(",")
    )
}

/// The manifest of a component that ends with 0.
fn honest() -> String {
    let wasm = command(0);
    manifest(&[(LAYER, &digest(&wasm), wasm.len().try_into().expect("small"))])
}

/// A registry with a manifest, for which a test answers what else is asked.
fn with(manifest: String, rest: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Played {
    Played::new(move |asked| match &*asked.line {
        line if line.starts_with("GET /v2/ ") => Answer::ok("{}"),
        line if line.contains("/manifests/") => Answer::ok(manifest.clone()),
        _ => rest(asked),
    })
}

/// Pulls `app:1`, and checks that there is a file only if that worked.
fn pull(from: &Played) -> Said {
    let folder = TempDir::new().expect("a folder");
    let reference = format!("oci://{}/app:1", from.host);
    let said = wasi_cloud(folder.path(), &["pull", &reference], &[]);
    let files = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(files, usize::from(said.code == Some(0)), "{}", said.log);
    said
}

pub fn good() {
    let registry = with(honest(), |asked| match &*asked.line {
        line if line.contains("/elsewhere") => Answer::ok(command(0)),
        _ => Answer::Of("307 Temporary Redirect", vec!["Location: /elsewhere".into()], Vec::new()),
    });
    pull(&registry).succeeded();
    let folder = TempDir::new().expect("a folder");
    let run = wasi_cloud(folder.path(), &["run", &format!("oci://{}/app:1", registry.host)], &[]);
    assert!(run.succeeded().log.contains(&digest(honest().as_bytes())), "it says what it runs");
}

pub fn other_layer() {
    // As long as what was asked for.
    let registry = with(honest(), |_| Answer::ok(command(1)));
    pull(&registry).failed(&["cannot pull", "other bytes than those of the digest"]);
}

pub fn other_manifest() {
    let registry = with(honest(), |_| Answer::ok(command(0)));
    let folder = TempDir::new().expect("a folder");
    let reference = format!("oci://{}/app@sha256:{}", registry.host, "0".repeat(64));
    wasi_cloud(folder.path(), &["run", &reference], &[]).failed(&["other bytes than those of the digest"]);
}

pub fn endless_layer() {
    let registry = with(honest(), |_| Answer::Endless(&[0; 4096]));
    pull(&registry).failed(&["sends more than its manifest says"]);
}

pub fn short_layer() {
    let wasm = command(0);
    let longer = i64::try_from(wasm.len()).expect("small") + 1;
    let registry = with(manifest(&[(LAYER, &digest(&wasm), longer)]), move |_| Answer::ok(wasm.clone()));
    pull(&registry).failed(&["sends less than its manifest says"]);
}

pub fn endless_manifest() {
    let registry =
        Played::new(|asked| if asked.line.contains("/manifests/") { Answer::Silence } else { Answer::ok("{}") });
    let folder = TempDir::new().expect("a folder");
    let reference = format!("oci://{}/app:1", registry.host);
    let said = wasi_cloud(folder.path(), &["pull", &reference, "--registry-timeout", "1s"], &[]);
    said.failed(&["within 1s", "--registry-timeout"]);
}

pub fn circle() {
    let registry =
        with(honest(), |_| Answer::Of("307 Temporary Redirect", vec!["Location: /round".into()], Vec::new()));
    pull(&registry).failed(&["redirect"]);
}

pub fn no_component() {
    let of = digest(&command(0));
    let tar = "application/vnd.oci.image.layer.v1.tar";
    let wrong = [
        (manifest(&[]), "not one component"),
        (manifest(&[(tar, &of, 1)]), tar),
        (manifest(&[(LAYER, &of, 1), (LAYER, &of, 1)]), "not one component"),
        (manifest(&[(LAYER, &of, (256 << 20) + 1)]), "larger than 256 MiB"),
        (manifest(&[(LAYER, &of, -1)]), "negative"),
        (r#"{"schemaVersion":2,"manifests":[]}"#.into(), "index"),
        ("{}".into(), "no sense"),
        ("\u{1b}[2J".into(), "no sense"),
    ];
    for (manifest, expected) in wrong {
        let registry = with(manifest, |_| Answer::status("500 Internal Server Error"));
        let said = pull(&registry);
        said.failed(&[expected]);
        assert!(!registry.was_asked("/blobs/") && !said.log.contains('\u{1b}'), "{}", said.log);
    }
}

pub fn credentials() {
    let registry = Played::new(|asked| match &*asked.line {
        // Ada:hunter2
        _ if asked.authorization != "Basic QWRhOmh1bnRlcjI=" => {
            Answer::Of("401 Unauthorized", vec![BASIC.into()], b"{}".to_vec())
        }
        line if line.contains("/manifests/") => Answer::ok(honest()),
        _ => Answer::ok(command(0)),
    });
    pull(&registry).failed(&["docker login", "WASI_CLOUD_REGISTRY_USER"]);
    let folder = TempDir::new().expect("a folder");
    let reference = format!("oci://{}/app:1", registry.host);
    let pull = |variables: &[(&str, &str)]| wasi_cloud(folder.path(), &["pull", &reference], variables);
    let (user, password) = ("WASI_CLOUD_REGISTRY_USER", "WASI_CLOUD_REGISTRY_PASSWORD");
    pull(&[(user, "Ada"), (password, "hunter2")]).succeeded();
    pull(&[(user, "Ada")]).failed(&["both"]);
    let refused = pull(&[(user, "Ada"), (password, "hunter3"), ("RUST_LOG", "trace")]);
    refused.failed(&["docker login"]);
    assert!(!refused.log.contains("hunter3"), "{}", refused.log);
    let login = format!(r#"{{"auths":{{"{}":{{"auth":"QWRhOmh1bnRlcjI="}}}}}}"#, registry.host);
    std::fs::write(folder.path().join("config.json"), login).expect("written");
    pull(&[]).succeeded();
}

pub fn token() {
    for (answer, expected) in [
        (r#"{"token":"good"}"#, None),
        (r#"{"token":"bad\nHost: x"}"#, Some("cannot be sent back")),
        ("{}", Some("no sense")),
    ] {
        let tokens = Played::new(move |_| Answer::ok(answer));
        let challenge = format!("WWW-Authenticate: Bearer realm=\"http://{}/token\",service=\"r\"", tokens.host);
        let registry = Played::new(move |asked| match &*asked.line {
            line if line.starts_with("GET /v2/ ") => {
                Answer::Of("401 Unauthorized", vec![challenge.clone()], b"{}".to_vec())
            }
            _ if asked.authorization != "Bearer good" => Answer::status("401 Unauthorized"),
            line if line.contains("/manifests/") => Answer::ok(honest()),
            _ => Answer::ok(command(0)),
        });
        let said = pull(&registry);
        match expected {
            Some(why) => {
                said.failed(&[why]);
                assert!(registry.authorizations().iter().all(String::is_empty));
            }
            None => drop(said.succeeded()),
        }
    }
}

pub fn refused_push() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("app.wasm"), command(0)).expect("written");
    let push = |registry: Played| {
        wasi_cloud(folder.path(), &["push", "app.wasm", &format!("oci://{}/app:1", registry.host)], &[])
    };
    let denied = r#"{"errors":[{"code":"DENIED","message":"no"}]}"#;
    push(Played::new(move |asked| match &*asked.line {
        line if line.starts_with("POST ") => Answer::Of("403 Forbidden", Vec::new(), denied.into()),
        line if line.starts_with("HEAD ") => Answer::Of("404 Not Found", Vec::new(), Vec::new()),
        _ => Answer::ok("{}"),
    }))
    .failed(&["cannot push", "docker login"]);
    push(Played::new(|asked| match &*asked.line {
        line if line.starts_with("POST ") => {
            Answer::Of("507 Insufficient Storage", Vec::new(), b"the disk\x1b[2J is full".to_vec())
        }
        line if line.starts_with("HEAD ") => Answer::Of("404 Not Found", Vec::new(), Vec::new()),
        _ => Answer::ok("{}"),
    }))
    .failed(&["507", "is full"]);
}

pub fn nobody() {
    let folder = TempDir::new().expect("a folder");
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    wasi_cloud(folder.path(), &["pull", &format!("oci://{free}/app")], &[]).failed(&["does not answer"]);
}
