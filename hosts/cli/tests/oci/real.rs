//! On `crane registry serve`, the registry of go-containerregistry, in its memory.

use crate::{command, wasi_cloud};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// It ends with the test.
struct Registry {
    host: String,
    child: Child,
}

impl Registry {
    fn start() -> Self {
        let mut serve = Command::new("crane");
        serve.args(["registry", "serve", "--address", "127.0.0.1:0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = serve.spawn().expect("crane starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
        let port = lines.find_map(|line| line.rsplit_once("serving on port ").map(|(_, port)| port.to_owned()));
        // What it says of requests has to be read, or it waits.
        std::thread::spawn(move || lines.for_each(drop));
        Self { host: format!("127.0.0.1:{}", port.expect("it says its port")), child }
    }

    /// What crane, which is not ours, reads of it.
    fn crane(&self, args: &[&str]) -> Vec<u8> {
        let read = Command::new("crane").args(args).arg("--insecure").output().expect("crane starts");
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        read.stdout
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn there_and_back() {
    let (registry, folder) = (Registry::start(), TempDir::new().expect("a folder"));
    let path = folder.path();
    std::fs::write(path.join("app.wasm"), command(1)).expect("written");
    let tagged = format!("oci://{}/team/fails:1.0", registry.host);
    let pushed = wasi_cloud(path, &["push", "app.wasm", &tagged], &[]).succeeded();
    assert_eq!(pushed.log, "", "crane leaves headers out, which is not the user's concern");
    let pinned = pushed.out.trim();
    assert!(pinned.starts_with(&format!("oci://{}/team/fails@sha256:", registry.host)), "{pinned}");

    wasi_cloud(path, &["pull", &tagged], &[]).succeeded();
    assert_eq!(std::fs::read(path.join("fails.wasm")).expect("pulled"), command(1));
    assert_eq!(wasi_cloud(path, &["run", &tagged], &[]).code, Some(1), "the component's own code");
    let report = wasi_cloud(path, &["inspect", &tagged], &[]).succeeded().out;
    assert!(report.contains("wasi:cli@0.2.0: run") && report.contains(&tagged), "{report}");

    let again = wasi_cloud(path, &["push", "app.wasm", &tagged, "--json"], &[]).succeeded().out;
    let again: Value = serde_json::from_str(&again).expect("JSON");
    assert!(pinned.ends_with(again["digest"].as_str().expect("a digest")), "{again}");
    assert_eq!(again["size"], command(1).len());

    // The tag goes to another component, the digest stays with the first.
    std::fs::write(path.join("app.wasm"), command(0)).expect("written");
    wasi_cloud(path, &["push", "app.wasm", &tagged], &[]).succeeded();
    assert_eq!(wasi_cloud(path, &["run", &tagged], &[]).code, Some(0));
    assert_eq!(wasi_cloud(path, &["run", pinned], &[]).code, Some(1));
    let pulled = wasi_cloud(path, &["pull", pinned, "-o", "first.wasm", "--json"], &[]).succeeded().out;
    let pulled: Value = serde_json::from_str(&pulled).expect("JSON");
    assert_eq!((&pulled["digest"], &pulled["file"]), (&again["digest"], &Value::from("first.wasm")));
    assert_eq!(std::fs::read(path.join("first.wasm")).expect("pulled"), command(1));
}

pub fn layout() {
    let (registry, folder) = (Registry::start(), TempDir::new().expect("a folder"));
    let module = b"\0asm\x01\0\0\0".to_vec();
    for (name, wasm, os) in [("component", command(0), "wasip2"), ("module", module, "wasip1")] {
        std::fs::write(folder.path().join("app.wasm"), &wasm).expect("written");
        let image = format!("{}/{name}:latest", registry.host);
        wasi_cloud(folder.path(), &["push", "app.wasm", &format!("oci://{}/{name}", registry.host)], &[]).succeeded();
        let manifest: Value = serde_json::from_slice(&registry.crane(&["manifest", &image])).expect("JSON");
        assert_eq!(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
        assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json");
        let layers = manifest["layers"].as_array().expect("layers");
        assert_eq!((layers.len(), &layers[0]["mediaType"]), (1, &Value::from("application/wasm")));
        let blob = |digest: &Value| {
            let digest = digest.as_str().expect("a digest");
            registry.crane(&["blob", &format!("{}/{name}@{digest}", registry.host)])
        };
        assert_eq!(blob(&layers[0]["digest"]), wasm);
        let config: Value = serde_json::from_slice(&blob(&manifest["config"]["digest"])).expect("JSON");
        assert_eq!((&config["architecture"], &config["os"]), (&Value::from("wasm"), &Value::from(os)));
        assert_eq!(config["layerDigests"][0], layers[0]["digest"]);
        assert!(config["created"].as_str().is_some_and(|time| time.ends_with('Z')), "{config}");
        let exports = &config["component"]["exports"];
        assert_eq!(exports.as_array().map(Vec::len), (os == "wasip2").then_some(1), "{config}");
    }
}

pub fn missing() {
    let (registry, folder) = (Registry::start(), TempDir::new().expect("a folder"));
    std::fs::write(folder.path().join("app.wasm"), command(0)).expect("written");
    let app = format!("oci://{}/app", registry.host);
    wasi_cloud(folder.path(), &["push", "app.wasm", &app], &[]).succeeded();
    let digest = format!("@sha256:{}", "0".repeat(64));
    for wrong in [format!("{app}:other"), format!("{app}s"), format!("{app}{digest}")] {
        let said = wasi_cloud(folder.path(), &["pull", &wrong], &[]);
        said.failed(&[&wrong, "no such repository, tag or digest"]);
    }
    assert!(!folder.path().join("apps.wasm").exists());
    std::fs::write(folder.path().join("text.wasm"), "text").expect("written");
    wasi_cloud(folder.path(), &["push", "text.wasm", &app], &[]).failed(&["not WebAssembly"]);
    for wrong in ["app", "oci://app", &format!("{app}{digest}")] {
        assert_eq!(wasi_cloud(folder.path(), &["push", "app.wasm", wrong], &[]).code, Some(2), "{wrong}");
    }
}
