//! Input that is a component already.

use wasi_cloud_componentize::{Componentize, Error, World};
use wit_component::dummy_module;
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

use crate::{SHOP, error, shop, shop_resolve, wat};

/// A component that uses and implements all of a world.
fn dummy(wit: &str, world: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("dummy.wit", wit).unwrap();
    let id = resolve.select_world(&[package], Some(world)).unwrap();
    let module = dummy_module(&resolve, id, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    Componentize::new().world(World::text(wit).named(world)).run(&module).unwrap()
}

fn shop_component() -> Vec<u8> {
    dummy(SHOP, "shop")
}

fn against(wit: String, name: &str) -> Result<Vec<u8>, Error> {
    Componentize::new().world(World::text(wit).named(name)).run(&shop_component())
}

#[test]
fn a_component_comes_back_unchanged() {
    let component = shop_component();
    assert_eq!(Componentize::new().run(&component).unwrap(), component);
    assert_eq!(Componentize::new().world(shop()).run(&component).unwrap(), component);
    let empty = wat("(component)");
    assert_eq!(Componentize::new().run(&empty).unwrap(), empty);
}

#[test]
fn a_component_may_export_more_than_the_world() {
    let wit = SHOP.replace("world market {", "world market { import log;");
    assert_eq!(against(wit, "market").unwrap(), shop_component());
}

#[test]
fn a_component_must_export_what_the_world_does() {
    let failed = against(SHOP.replace("export stock;", "export stock; export close: func();"), "shop").unwrap_err();
    assert!(matches!(&failed, Error::Exports { missing, .. } if missing == &["close"]), "{failed}");

    let failed = against(SHOP.replace("count:", "total: func(); count:"), "shop").unwrap_err();
    assert!(matches!(&failed, Error::Types { reason, .. } if reason.contains("total")), "{failed}");
}

#[test]
fn a_component_must_have_the_types_of_the_world() {
    for (from, to) in [
        ("result<u32, string>", "result<u64, string>"),
        ("day: string", "day: u32"),
        ("line: func(text: string)", "line: func(text: list<u8>)"),
        ("price: u32", "price: s32"),
    ] {
        let failed = against(SHOP.replace(from, to), "shop").unwrap_err();
        assert!(matches!(&failed, Error::Types { .. }), "{from}: {failed}");
    }
}

#[test]
fn the_types_of_bare_functions_and_nameless_interfaces_count_too() {
    for template in [
        "export e: func(a: list<T>);",
        "export e: func(a: r);",
        "export e: interface { f: func(a: list<T>); }",
        "import e: func(a: list<T>);",
        "import e: interface { f: func(a: list<T>); }",
    ] {
        let wit = |t: &str| {
            let wit =
                format!("package demo:b; interface o {{ record r {{ n: T }} }} world w {{ use o.{{r}}; {template} }}");
            wit.replace('T', t)
        };
        let component = dummy(&wit("u32"), "w");
        let against = |t: &str| Componentize::new().world(World::text(wit(t))).run(&component);
        assert_eq!(against("u32").unwrap(), component);
        let failed = against("s32").unwrap_err();
        assert!(matches!(failed, Error::Types { .. }), "{template}: {failed}");
    }
}

#[test]
fn a_compatible_version_of_an_import_will_do() {
    let without_stock = |wit: &str| wit.replace("export stock;", "");
    let component = dummy(&without_stock(&SHOP.replace("0.1.0", "0.1.7")), "shop");
    let check = |wit: String| Componentize::new().world(World::text(without_stock(&wit)).named("shop")).run(&component);
    check(SHOP.to_owned()).unwrap();
    let failed = check(SHOP.replace("unused: func();", "")).unwrap_err();
    assert!(
        matches!(&failed, Error::Imports { imports, .. } if imports == &["demo:shop/log@0.1.7#unused"]),
        "{failed}"
    );
    assert!(check(SHOP.replace("0.1.0", "0.2.0")).is_err());
}

#[test]
fn a_component_may_not_import_more_than_the_world() {
    let failed = against(SHOP.to_owned(), "market").unwrap_err();
    assert_eq!(
        failed.to_string(),
        "import `demo:shop/log@0.1.0` is outside world `market` of the given WIT: add it to the world, or remove the code that \
         uses it"
    );
}

#[test]
fn what_the_adapter_imports_is_not_held_against_a_component() {
    let world = || World::text("package demo:p; world w { export go: func(); }");
    let module = wat(r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "go") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))))"#);
    let component = Componentize::new().world(world()).run(&module).unwrap();
    assert_eq!(Componentize::new().world(world()).run(&component).unwrap(), component);
}

#[test]
fn a_wit_package_is_no_component() {
    let (resolve, id) = shop_resolve("shop");
    let package = wit_component::encode(&resolve, resolve.worlds[id].package.unwrap()).unwrap();
    assert!(error(Componentize::new(), &package).starts_with("the input is a WIT package"));
    assert_eq!(Componentize::new().world(shop()).run(&package).unwrap_err(), Error::WitPackage);
}
