//! What names and URLs of hosts mean, and how to show them without secrets.

use url::Url;
use wasi_cloud_core::provider::{EnvSecrets, Secrets, redact};

/// Query keys whose values may be shown. That of `secret` is the secret's name.
const HARMLESS: [&str; 12] = [
    "busy-timeout",
    "client-id",
    "connections",
    "db",
    "delivery",
    "max-size",
    "maxlen",
    "partitions",
    "replicas",
    "schema",
    "secret",
    "sslmode",
];

/// A user name that is shorter is part of too many words to be hidden.
const SHORTEST_USER: usize = 3;

/// The backend behind a scheme: `redis` behind `redis+unix`, `etcd` behind `etcd+tls`, `nats` behind `tls`, `postgres`
/// behind `postgresql`, `rabbitmq` behind `amqp`.
pub(super) fn backend(scheme: &str) -> &str {
    match scheme.split('+').next() {
        Some("tls") => "nats",
        Some("postgresql") => "postgres",
        Some("amqp" | "amqps") => "rabbitmq",
        backend => backend.unwrap_or(scheme),
    }
}

/// The name of the declaration of what is behind a URL. A delivery without groups is another host.
pub(super) fn declaration(url: &Url) -> String {
    let backend = backend(url.scheme());
    let is_pubsub = url.query_pairs().any(|(key, value)| key == "delivery" && value == "pubsub");
    let is_memory = backend == "sqlite" && super::places::is_in_process(url);
    match (is_pubsub, is_memory) {
        (true, _) => format!("{backend}-pubsub"),
        (_, true) => format!("{backend}-memory"),
        _ => backend.to_owned(),
    }
}

/// The URL as it may be printed. The path of a file holds no login, whether or not there is a `//` before it.
pub(super) fn redacted(url: &Url) -> String {
    if backend(url.scheme()) != "sqlite" {
        return redact(url);
    }
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    shown.to_string()
}

/// A host's name as a message may repeat it: what could be a URL with a password is redacted.
pub(crate) fn shown(name: &str) -> String {
    if !name.contains([':', '@']) {
        return name.to_owned();
    }
    Url::parse(name).map_or_else(|_| "***".to_owned(), |url| redact(&url))
}

/// The URL without user, password and fragment, and with the part of its query that is no secret.
pub(super) fn replayable(url: &Url) -> String {
    let base = redacted(url);
    let harmless: Vec<_> = url.query_pairs().filter(|(key, _)| HARMLESS.contains(&&**key)).collect();
    if base.ends_with("...") || harmless.is_empty() {
        return base;
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(harmless).finish();
    format!("{base}?{query}")
}

/// What no report may show: user, password, the secret that `?secret=NAME` names, and the values of unknown query
/// keys; as they are spelled and as they are meant, the longest first.
pub(super) fn secrets(url: &Url) -> Vec<String> {
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let both = |text: &str| [text.to_owned(), decode(text)];
    let mut all: Vec<String> = both(url.username()).into_iter().filter(|user| user.len() >= SHORTEST_USER).collect();
    all.extend(url.password().into_iter().flat_map(both));
    for (key, value) in url.query_pairs() {
        match &*key {
            "secret" => all.extend(EnvSecrets.get(&value).map(|secret| secret.reveal().to_owned())),
            "user" => all.extend((value.len() >= SHORTEST_USER).then(|| value.into_owned())),
            key if HARMLESS.contains(&key) => {}
            _ => all.push(value.into_owned()),
        }
    }
    all.retain(|secret| !secret.is_empty());
    all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    all.dedup();
    all
}

/// The text with `***` in place of secrets.
pub(super) fn without(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
}

/// For a shell.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+,".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn a_secret_is_found_as_it_is_spelled_and_as_it_is_meant() {
        let given = url("redis://mel:p%40ss@host/0?token=abcde&maxlen=77&delivery=streams");
        assert_eq!(secrets(&given), ["p%40ss", "abcde", "p@ss", "mel"]);
        assert!(secrets(&url("redis://me@host")).is_empty());
        // Any variable that is set: its value is what the name stands for.
        assert_eq!(secrets(&url("redis://host?secret=PATH")), [std::env::var("PATH").expect("a path")]);
    }

    #[test]
    fn a_replay_keeps_all_of_a_url_but_the_login() {
        let given = url("redis://me:hunter2@host:1/0?secret=NAME&token=abc&delivery=pubsub#hunter2");
        assert_eq!(replayable(&given), "redis://host:1/0?secret=NAME&delivery=pubsub");
        assert_eq!(replayable(&url("redis://host:1/0")), "redis://host:1/0");
        assert_eq!(replayable(&url("sqlite:a.db?max-size=65536&x=y")), "sqlite:a.db?max-size=65536");
        assert_eq!(replayable(&url("me:hunter2@host?db=1")), "me:...");
    }

    #[test]
    fn a_name_that_may_hold_a_password_is_not_repeated() {
        assert_eq!(shown("memroy"), "memroy");
        assert_eq!(shown("user:hunter2@host"), "user:...");
        assert_eq!(shown("hunter2@host"), "***");
    }

    #[test]
    fn a_declaration_belongs_to_a_backend_and_not_to_a_scheme() {
        assert_eq!(declaration(&url("redis+unix:///run/redis.sock?db=1")), "redis");
        assert_eq!(declaration(&url("redis://host?delivery=pubsub")), "redis-pubsub");
        assert_eq!(declaration(&url("postgresql://me@host/db")), "postgres");
        assert_eq!(declaration(&url("amqp://me@host/vhost")), "rabbitmq");
        assert_eq!(declaration(&url("sqlite:a.db")), "sqlite");
        assert_eq!(declaration(&url("sqlite::memory:?busy-timeout=1")), "sqlite-memory");
    }

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        assert_eq!(quoted("redis://127.0.0.1:1/0"), "redis://127.0.0.1:1/0");
        assert_eq!(quoted("it's $x"), r"'it'\''s $x'");
    }
}
