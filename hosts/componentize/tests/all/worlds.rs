use std::fs;

use wasi_cloud_componentize::{Componentize, Error, World};
use wit_component::{StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi};

use crate::{CALC, SHOP, calc, error, shop_resolve, surface, wat};

const SYNC: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

/// A module that carries its world, as wit-bindgen's do.
fn with_section(world: &str) -> Vec<u8> {
    let (resolve, id) = shop_resolve(world);
    let mut module = dummy_module(&resolve, id, SYNC);
    embed_component_metadata(&mut module, &resolve, id, StringEncoding::UTF8).unwrap();
    module
}

fn shop_module() -> Vec<u8> {
    let (resolve, id) = shop_resolve("shop");
    dummy_module(&resolve, id, SYNC)
}

#[test]
fn the_world_comes_from_the_module() {
    let component = Componentize::new().run(&with_section("shop")).unwrap();
    assert_eq!(component, Componentize::new().world(crate::shop()).run(&shop_module()).unwrap());
    assert!(surface(&component).1.contains(&"on-open".to_owned()));
}

#[test]
fn a_section_does_not_excuse_its_module() {
    let mut module = wat("(module)");
    let (resolve, id) = shop_resolve("market");
    embed_component_metadata(&mut module, &resolve, id, StringEncoding::UTF8).unwrap();
    let message = error(Componentize::new(), &module);
    assert!(message.starts_with("export `on-open` is missing, required by the module's own"), "{message}");
}

#[test]
fn there_must_be_a_world() {
    assert_eq!(Componentize::new().run(&wat(CALC)).unwrap_err(), Error::NoWorld);
    assert_eq!(Componentize::new().run(&wat("(module)")).unwrap_err(), Error::NoWorld);
}

#[test]
fn the_section_and_a_given_world_that_agree() {
    let own = Componentize::new().run(&with_section("shop")).unwrap();
    assert_eq!(own, Componentize::new().world(crate::shop()).run(&with_section("shop")).unwrap());

    // A section may import less than the world offers.
    let more = World::text(SHOP.replace("world market {", "world market { import log;")).named("market");
    Componentize::new().world(more).run(&with_section("market")).unwrap();
}

#[test]
fn the_section_and_a_given_world_that_differ() {
    let fails = |wit: String, module: &str| {
        let name = module.to_owned();
        Componentize::new().world(World::text(wit).named(name)).run(&with_section(module)).unwrap_err()
    };

    let failed = Componentize::new().world(World::text(SHOP).named("market")).run(&with_section("shop")).unwrap_err();
    let Error::Exports { missing, outside, .. } = &failed else { panic!("{failed}") };
    assert!(missing.is_empty() && outside == &["demo:shop/stock@0.1.0"], "{failed}");
    assert!(failed.to_string().contains("are of another world"), "{failed}");

    let failed = Componentize::new().world(World::text(SHOP).named("shop")).run(&with_section("market")).unwrap_err();
    let Error::Exports { missing, outside, .. } = &failed else { panic!("{failed}") };
    assert!(outside.is_empty() && missing == &["demo:shop/stock@0.1.0"], "{failed}");

    let failed = fails(SHOP.replace("import log;", ""), "shop");
    let Error::Imports { imports, .. } = &failed else { panic!("{failed}") };
    assert_eq!(imports, &["demo:shop/log@0.1.0"]);

    let failed = fails(SHOP.replace("unused: func();", "").replace("line:", "other:"), "shop");
    assert!(
        matches!(&failed, Error::Imports { imports, .. } if imports == &["demo:shop/log@0.1.0#line", "demo:shop/log@0.1.0#unused"]),
        "{failed}"
    );

    let failed = fails(SHOP.replace("on-open: func(day: string)", "on-open: func(day: u64)"), "market");
    assert!(matches!(failed, Error::Types { .. }), "{failed}");
    let failed = fails(SHOP.replace("price: u32", "price: u64"), "shop");
    assert!(matches!(failed, Error::Types { .. }), "{failed}");
}

#[test]
fn several_worlds_are_merged() {
    let module = wat(r#"(module
            (import "demo:sdk/api" "call" (func $call))
            (func (export "add") (param i32 i32) (result i32) (call $call) (local.get 0)))"#);
    let sdk = World::text("package demo:sdk; interface api { call: func(); other: func(); } world sdk { import api; }");
    let component = Componentize::new().world(sdk).world(calc()).run(&module).unwrap();
    assert_eq!(surface(&component), (vec!["demo:sdk/api".to_owned()], vec!["add".to_owned()]));
}

#[test]
fn worlds_that_contradict_each_other_are_an_error() {
    let other = World::text("package demo:math; world calc { export add: func(a: u32) -> u32; }");
    let failed = Componentize::new().world(calc()).world(other).run(&wat(CALC)).unwrap_err();
    assert!(matches!(failed, Error::Types { .. }), "{failed}");

    let other = World::text("package demo:math; world calc { export sub: func(a: u32) -> u32; export add: func(); }");
    let message = error(Componentize::new().world(calc()).world(other), &wat(CALC));
    assert!(message.starts_with("cannot use world `calc` of the given WIT with world `calc`"), "{message}");

    // Two copies of one interface, of which the module was built with the second.
    let log = |size: &str| {
        let wit = "package demo:p; interface log { record r { n: SIZE } put: func(r: r); } world w { import log; }";
        World::text(wit.replace("SIZE", size))
    };
    let module = wat(r#"(module (import "demo:p/log" "put" (func (param i32))))"#);
    let failed = Componentize::new().world(log("u32")).world(log("char")).run(&module).unwrap_err();
    assert!(matches!(failed, Error::Types { .. }), "{failed}");
    Componentize::new().world(log("char")).world(log("char")).run(&module).unwrap();
}

#[test]
fn the_world_comes_from_a_folder_a_file_or_an_encoded_package() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let expected = surface(&Componentize::new().world(crate::shop()).run(&shop_module()).unwrap());
    let check = |world: World| {
        let component = Componentize::new().world(world).run(&shop_module()).unwrap();
        assert_eq!(surface(&component), expected);
    };

    fs::write(at("shop.wit"), SHOP).unwrap();
    check(World::path(at("shop.wit")).named("shop"));

    fs::create_dir_all(at("dir/deps/shop")).unwrap();
    fs::write(at("dir/deps/shop/shop.wit"), SHOP).unwrap();
    fs::write(at("dir/root.wit"), "package demo:root; world root { include demo:shop/shop@0.1.0; }").unwrap();
    check(World::path(at("dir")));
    let message = error(Componentize::new().world(World::path(at("dir/root.wit"))), &shop_module());
    assert!(message.contains("give the folder"), "{message}");

    let (resolve, id) = shop_resolve("shop");
    let package = resolve.worlds[id].package.unwrap();
    fs::write(at("package.wasm"), wit_component::encode(&resolve, package).unwrap()).unwrap();
    check(World::path(at("package.wasm")).named("shop"));

    // What wit-bindgen writes next to its bindings: the content of a section.
    let section = wit_component::metadata::encode(&resolve, id, StringEncoding::UTF8, None).unwrap();
    fs::write(at("section.wasm"), section).unwrap();
    check(World::path(at("section.wasm")));
}

#[test]
fn a_world_that_cannot_be_read_says_so() {
    let message = |world| error(Componentize::new().world(world), &wat(CALC));

    let text = message(World::path("no/such/folder"));
    assert!(text.starts_with("cannot use the world of `no/such/folder`: "), "{text}");
    let text = message(World::text(SHOP));
    assert!(text.contains("demo:shop/shop@0.1.0") && text.contains("demo:shop/market@0.1.0"), "{text}");
    let text = message(World::text(SHOP).named("bazaar"));
    assert!(text.starts_with("cannot use world `bazaar` of the given WIT") && text.contains("not found"), "{text}");
    let text = message(World::text("package demo:p; world w { export x: fun(); }"));
    assert!(text.contains("world.wit:1:"), "{text}");

    let folder = tempfile::tempdir().unwrap();
    let component = Componentize::new().world(calc()).run(&wat(CALC)).unwrap();
    fs::write(folder.path().join("c.wasm"), component).unwrap();
    let text = message(World::path(folder.path().join("c.wasm")));
    assert!(text.contains("instead of an encoded WIT package"), "{text}");
}

/// Two exported interfaces, of which the second uses a type of the first, and a function.
const PARTS: &str = "
    package demo:parts;
    interface store { resource item; open: func() -> item; size: func() -> u32; }
    interface view { use store.{item}; show: func(i: borrow<item>); }
    interface apart { a: func(); b: func(); resource door { open: func(); } }
    world w { export store; export view; export apart; export ping: func(); }
";

#[test]
fn a_program_may_implement_a_part_of_a_world() {
    let world = || World::text(PARTS).only_implemented();
    let exports = |names: &[&str]| {
        let component = Componentize::new().world(world()).run(&crate::exporting(names, "")).unwrap();
        // A component is held to the world in the same way.
        assert_eq!(component, Componentize::new().world(world()).run(&component).unwrap());
        surface(&component).1
    };
    let apart = ["demo:parts/apart#a", "demo:parts/apart#b", "demo:parts/apart#[method]door.open"];
    assert_eq!(exports(&["ping"]), ["ping"]);
    assert_eq!(exports(&[]), [""; 0]);
    let message = error(Componentize::new().world(World::text(PARTS)), &crate::exporting(&["ping"], ""));
    assert!(message.starts_with("exports `demo:parts/store#open`"), "{message}");

    let fails = |names: &[&str]| error(Componentize::new().world(world()), &crate::exporting(names, ""));
    for part in [&apart[..1], &apart[1..], &apart[2..], &["demo:parts/apart#[dtor]door"]] {
        let message = fails(part);
        let missing = apart.iter().filter(|name| !part.contains(name));
        assert!(missing.clone().all(|name| message.contains(name)), "{message}");
        assert!(message.contains("missing, required by world `w` of the given WIT"), "{message}");
    }
    // The types of `store` are exported: `view` is of no use without it.
    let message = fails(&["demo:parts/view#show"]);
    assert!(message.contains("`demo:parts/store#open`, `demo:parts/store#size`"), "{message}");
    let message = fails(&["ping", "pong"]);
    assert!(message.starts_with("export `pong` is outside world `w`"), "{message}");
}
