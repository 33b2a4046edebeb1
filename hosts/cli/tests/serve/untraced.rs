//! A build without traces that is asked for some.

use crate::served::Site;

pub fn told() {
    let site = Site::new();
    site.manifest(
        "[components.a]\nfile = \"app.wasm\"\nlinks = [\"messaging:default=memory\"]\ngrants = [\"messaging:default\"]\n",
    );
    let mut host = site.serve_with(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:hunter2@localhost:4318")]);
    host.logs("serving `wasi-cloud.toml`");
    let log = host.stop();
    assert_eq!(log.matches("--features otel").count(), 1, "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}
