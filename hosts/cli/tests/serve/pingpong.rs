use crate::{
    redis::{Player, Redis},
    served::Site,
};

/// `pingpong` of the suite's guests, which counts in one place and hears pings from another.
pub fn site(keyvalue: &str, messaging: &str) -> Site {
    let site = Site::new();
    site.guest("pingpong");
    site.manifest(&format!(
        r#"
        [components.pingpong]
        file = "pingpong.wasm"
        links = ["keyvalue:default={keyvalue}", "messaging:default={messaging}"]
        grants = ["keyvalue:default", "messaging:default"]
        subscriptions = [{{ topics = ["ping"], group = "players" }}]
        "#
    ));
    site
}

pub fn restart() {
    let redis = Redis::start();
    let site = site(&redis.url(1), &redis.url(0));
    let served = site.served();
    let mut player = Player::at(&redis.url(0));
    player.ping(50);
    player.hear(10);
    // In the middle: what it has taken is handled and acknowledged, what it has not waits for the next one.
    served.stop();
    player.ping(50);
    let served = site.served();
    player.hear(90);
    player.assert_heard(100);
    served.stop();
}
