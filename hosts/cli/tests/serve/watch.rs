use crate::{
    redis::{Player, Redis},
    served::Site,
};

/// `watcher` of the suite's guests, which prints what it is told, beside the `pingpong` that counts.
fn site(messaging: &str, watches: &str) -> Site {
    let site = Site::new();
    site.guest("pingpong");
    site.guest("watcher");
    site.manifest(&format!(
        r#"
        [components.pingpong]
        file = "pingpong.wasm"
        links = ["keyvalue:default=memory://", "messaging:default={messaging}"]
        grants = ["keyvalue:default", "messaging:default"]

        [components.watcher]
        file = "watcher.wasm"
        links = ["keyvalue:default=memory://"]
        grants = ["keyvalue:default:read"]
        {watches}
        "#
    ));
    site
}

pub fn told() {
    let redis = Redis::start();
    let site = site(&redis.url(0), "");
    let mut served = site.served();
    let player = Player::at(&redis.url(0));
    player.ping(2);
    // In the order of the writes.
    served.logs(r#"{"change":"set","key":"count","value":[49]}"#);
    served.logs(r#"{"change":"set","key":"count","value":[50]}"#);

    // A store that tells nobody cannot take over, and the one before goes on.
    let refused = site.output(&["link", "set", "watcher", "keyvalue:default=sqlite:counts.db"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("this store does not declare `watcher`"), "{said}");
    player.ping(1);
    served.logs(r#"{"change":"set","key":"count","value":[51]}"#);
    served.stop();
}

pub fn bad() {
    for (watches, why) in [
        (r#"watches = ["other"]"#, r#"nothing is linked to `keyvalue:other`; add "keyvalue:other=URL" to `links`"#),
        (r#"watches = ["default", "default"]"#, "it watches this label already"),
        (r#"subscriptions = [{ topics = ["t"] }]"#, "nothing is linked to `messaging:default`"),
    ] {
        let checked = site("memory://", watches).output(&["serve", "--check"]);
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(checked.status.code() == Some(2) && said.contains(why), "{watches}: {said}");
    }
    let site = site("memory://", "");
    site.manifest(
        r#"
        [components.pingpong]
        file = "pingpong.wasm"
        links = ["keyvalue:default=memory://", "messaging:default=memory://"]
        grants = ["keyvalue:default", "messaging:default"]
        watches = ["default"]
        "#,
    );
    let checked = site.output(&["serve", "--check"]);
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.code() == Some(2) && said.contains("does not export `wasi:keyvalue/watcher`"), "{said}");
}
