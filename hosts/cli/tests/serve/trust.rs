use crate::served::Site;

const COMPONENT: &str = r#"
    [components.a]
    file = "app.wasm"
    links = ["messaging:default=memory"]
    grants = ["messaging:default:read"]
"#;
const TRUST: &str = "[trust]\nkeys = [\"team.pub.pem\"]\n";
const REQUIRE: &str = "[trust]\nkeys = [\"team.pub.pem\"]\nrequire = true\n";

/// With two pairs of keys.
fn site() -> Site {
    let site = Site::new();
    for key in ["team.pem", "other.pem"] {
        done(&site, &["keygen", key]);
    }
    site
}

fn done(site: &Site, args: &[&str]) {
    let output = site.output(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Signs the component anew.
fn sign(site: &Site, key: &str, grant: &str) {
    done(site, &["sign", "app.wasm", "--key", key, "--grant", grant, "-o", "app.wasm"]);
}

/// What is wrong with the manifest; nothing if it is right.
fn check(site: &Site, manifest: &str) -> String {
    site.manifest(manifest);
    let output = site.output(&["serve", "--check"]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    let right = output.status.code() == Some(0);
    assert!(right || output.status.code() == Some(2), "{said}");
    if right { String::new() } else { said }
}

pub fn checked() {
    let site = site();
    let (trusting, requiring) = (format!("{COMPONENT}{TRUST}"), format!("{COMPONENT}{REQUIRE}"));
    let refused = |manifest: &str, why: &str| {
        let said = check(&site, manifest);
        assert!(said.contains(why) && said.contains("wasi-cloud.toml:"), "{why}: {said}");
    };
    assert_eq!(check(&site, &trusting), "");
    refused(&requiring, "not signed; sign it with `wasi-cloud sign`");
    sign(&site, "other.pem", "messaging:default");
    refused(&trusting, "which is not trusted");
    sign(&site, "team.pem", "messaging:default");
    assert_eq!(check(&site, &requiring), "");
    refused(
        &requiring.replace("messaging:default:read", "messaging:more\", \"messaging:default"),
        "exceeds its claims",
    );
    refused(&requiring.replace("team.pub", "nowhere"), "cannot read `nowhere.pem`");
    refused(&requiring.replace("team.pub", "team"), "this is a private key");
    refused(&format!("{COMPONENT}[trust]\nrequire = true\n"), "add keys = [\"public.pem\"]");
    let changed = [std::fs::read(site.at("app.wasm")).expect("read"), vec![0, 2, 1, b'x']].concat();
    site.write("app.wasm", &changed);
    refused(&trusting, "changed after it was signed");
}

pub fn reloaded() {
    let site = site();
    sign(&site, "team.pem", "messaging:default");
    site.manifest(&format!("{COMPONENT}{REQUIRE}"));
    let mut served = site.serve();
    served.logs("serving `wasi-cloud.toml`");
    sign(&site, "other.pem", "messaging:default");
    served.signal("HUP");
    served.logs("the one before stays in force");
    served.logs("which is not trusted");
    // Its owner is trusted from now on.
    site.manifest(&format!("{COMPONENT}{}", REQUIRE.replace("[\"", "[\"other.pub.pem\", \"")));
    served.logs("component `a` is started anew");
    // And is not any more: what runs goes on, as the manifest before has it.
    site.manifest(&format!("{COMPONENT}{REQUIRE}"));
    served.logs("the one before stays in force");
    site.manifest(COMPONENT);
    served.logs("is in force");
    let log = served.stop();
    assert_eq!(log.matches("component `a` is started").count(), 2, "{log}");
}
