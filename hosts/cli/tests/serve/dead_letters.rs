//! What a component does not handle, and what its host dies over.

use crate::{
    redis::{Player, Redis},
    served::Site,
};
use wasi_cloud_core::messaging::Payload;

/// The largest message that it may get, in bytes.
const LARGEST: usize = 100;

/// `recorder` of the suite's guests, which does as its messages say.
fn site(redis: &Redis, max_deliveries: u32) -> Site {
    let site = Site::new();
    site.guest("recorder");
    site.manifest(&format!(
        r#"
        [components.recorder]
        file = "recorder.wasm"
        links = ["messaging:default={}"]
        grants = ["messaging:default:read"]
        subscriptions = [{{ topics = ["ping"], group = "players", max-deliveries = {max_deliveries}, dead-letter = "dead" }}]
        limits = {{ deadline = "10m", message-size = {LARGEST} }}
        "#,
        redis.url(0)
    ));
    site
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// Sends a message with this script, and returns what the dead letter of it has to be.
fn send(player: &Player, script: &str, deliveries: &str) -> Payload {
    let (data, content_type) = (b"poison".to_vec(), Some("text/plain".to_owned()));
    let own = [("own", "kept"), ("script", script)];
    let message = Payload { data, content_type, metadata: pairs(&own) };
    player.send("ping", &message);
    let added =
        [("dead-letter-delivery-count", deliveries), ("dead-letter-group", "players"), ("dead-letter-source", "ping")];
    Payload { metadata: pairs(&added).into_iter().chain(message.metadata).collect(), ..message }
}

fn heard(player: &mut Player) -> Payload {
    let mut letter = player.hear_message();
    letter.metadata.sort();
    letter
}

pub fn moved() {
    let redis = Redis::start();
    let site = site(&redis, 2);
    let served = site.served();
    let mut heir = Player::hearing(&redis.url(0), "dead");
    let expected = send(&heir, "err", "2");
    assert_eq!(heard(&mut heir), expected);
    // What is too large is not handled at all.
    let large = vec![b'x'; LARGEST + 1];
    heir.send("ping", &Payload { data: large.clone(), ..Payload::default() });
    assert_eq!(heard(&mut heir).data, large);
    redis.until_none_pending(0);
    assert_eq!(served.finish().len(), 2, "the first one came twice");
}

pub fn killed() {
    let redis = Redis::start();
    let site = site(&redis, 1);
    let served = site.served();
    let mut heir = Player::hearing(&redis.url(0), "dead");
    let expected = send(&heir, "loop", "1");
    redis.until_pending(0, 1);
    served.kill();
    redis.age(0);
    // It has had its one delivery, and nobody is left who would know what came of it.
    let served = site.served();
    assert_eq!(heard(&mut heir), expected);
    redis.until_none_pending(0);
    served.stop();
}
