use wasi_cloud_componentize::{Componentize, Error, World, exported_functions, is_meant_for_a_world};
use wit_component::dummy_module;
use wit_parser::{LiftLowerAbi, ManglingAndAbi};

use crate::{CALC, calc, error, exporting, shop, shop_resolve, surface, wat};

fn nop(export: &str) -> World {
    World::text(format!("package demo:nop; world nop {{ {export} }}"))
}

#[test]
fn a_module_that_fits_its_world_becomes_a_component() {
    let component = Componentize::new().world(calc()).run(&wat(CALC)).unwrap();
    assert_eq!(surface(&component), (vec![], vec!["add".to_owned()]));
}

#[test]
fn the_output_is_the_same_every_time() {
    let run = || Componentize::new().world(calc()).run(&wat(CALC)).unwrap();
    assert_eq!(run(), run());
}

#[test]
fn every_spelling_of_an_export_is_known() {
    let (resolve, id) = shop_resolve("shop");
    for spelling in [ManglingAndAbi::Legacy(LiftLowerAbi::Sync), ManglingAndAbi::Standard32] {
        let module = dummy_module(&resolve, id, spelling);
        let component = Componentize::new().world(shop()).run(&module).unwrap();
        let (imports, exports) = surface(&component);
        assert!(imports.contains(&"demo:shop/log@0.1.0".to_owned()), "{imports:?}");
        assert_eq!(exports, ["on-open", "demo:shop/stock@0.1.0"]);
    }
}

#[test]
fn every_spelling_of_an_async_export_is_known() {
    let text = "package demo:later; interface jobs { work: async func(of: string) -> string; }
        world later { import jobs; export jobs; export wake: async func() -> u32; }";
    let mut resolve = wit_parser::Resolve::default();
    let package = resolve.push_str("later.wit", text).unwrap();
    let id = resolve.select_world(&[package], None).unwrap();
    for abi in [LiftLowerAbi::Sync, LiftLowerAbi::AsyncCallback, LiftLowerAbi::AsyncStackful] {
        let module = dummy_module(&resolve, id, ManglingAndAbi::Legacy(abi));
        let component = Componentize::new().world(World::text(text)).run(&module).unwrap();
        assert_eq!(surface(&component).1.len(), 2, "{abi:?}");
    }
}

#[test]
fn an_import_that_is_not_called_is_not_imported() {
    let (resolve, id) = shop_resolve("market");
    let module = dummy_module(&resolve, id, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    let both = World::text(
        "package demo:both; world both { import demo:shop/log@0.1.0; include demo:shop/market@0.1.0; }
        package demo:shop@0.1.0 { interface log { line: func(text: string); }
        world market { export on-open: func(day: string) -> string; } }",
    );
    let component = Componentize::new().world(both).run(&module).unwrap();
    assert_eq!(surface(&component).0, Vec::<String>::new());
}

#[test]
fn an_export_that_is_missing_is_named() {
    let module = wat("(module (memory (export \"memory\") 1))");
    let failed = Componentize::new().world(shop()).run(&module).unwrap_err();
    let Error::Exports { world, missing, outside, .. } = &failed else { panic!("{failed}") };
    assert_eq!(world, "world `shop` of the given WIT");
    assert!(missing.contains(&"demo:shop/stock@0.1.0#count".to_owned()), "{missing:?}");
    assert!(missing.contains(&"demo:shop/stock@0.1.0#[method]shelf.put".to_owned()), "{missing:?}");
    assert!(missing.contains(&"on-open".to_owned()), "{missing:?}");
    assert_eq!(outside, &Vec::<String>::new());

    let message = error(Componentize::new().world(calc()), &module);
    assert_eq!(
        message,
        "export `add` is missing, required by world `calc` of the given WIT: implement it, or choose another world"
    );
}

#[test]
fn an_export_outside_the_world_is_named() {
    for name in ["ping", "on-message", "other:pkg/api@1.0.0#ping", "[async-lift]ping", "cm32p2||ping", "cabi_post_ping"]
    {
        let message = error(Componentize::new().world(nop("export go: func();")), &exporting(&["go", name], ""));
        assert_eq!(
            message,
            format!(
                "export `{name}` is outside world `nop` of the given WIT, and would be lost: add it to the world, or do not \
                 export it"
            )
        );
    }
}

#[test]
fn what_linkers_and_c_libraries_export_passes() {
    let helpers =
        ["malloc", "free", "main", "my_helper", "__wasm_call_ctors", "cabi_realloc_wit_bindgen_0_63_0", "stackSave"];
    let names = [&["go", "_initialize", "cabi_post_go"][..2], &helpers[..]].concat();
    let fields = r#"(memory (export "memory") 1) (global (export "ping") i32 (i32.const 0))
        (table (export "__indirect_function_table") 1 funcref)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)"#;
    let component = Componentize::new().world(nop("export go: func();")).run(&exporting(&names, fields)).unwrap();
    assert_eq!(surface(&component).1, ["go"]);
}

#[test]
fn an_export_can_be_allowed() {
    let module = exporting(&["go", "ping", "a:b/c#d"], "");
    let componentize = Componentize::new().world(nop("export go: func();")).allow_export("ping");
    assert!(error(componentize.clone(), &module).starts_with("export `a:b/c#d` is outside"));
    let component = componentize.allow_export("a:b/c#d").run(&module).unwrap();
    assert_eq!(surface(&component).1, ["go"]);
}

#[test]
fn the_post_return_of_a_foreign_function_is_not_told_apart() {
    let module = exporting(&["go", "a:b/c#d", "cabi_post_a:b/c#d"], "");
    let failed = Componentize::new().world(nop("export go: func();")).run(&module).unwrap_err();
    assert!(matches!(failed, Error::Exports { outside, .. } if outside == ["a:b/c#d"]));
}

#[test]
fn another_version_of_an_interface_names_both() {
    let world = World::text("package demo:api@0.2.0; interface jobs { go: func(); } world w { export jobs; }");
    let message = error(Componentize::new().world(world), &exporting(&["demo:api/jobs@0.1.0#go"], ""));
    assert!(message.starts_with("export `demo:api/jobs@0.2.0#go` is missing"), "{message}");
    assert!(message.contains("; and export `demo:api/jobs@0.1.0#go` is outside"), "{message}");
}

#[test]
fn an_underscore_for_a_hyphen_names_both() {
    let world = || Componentize::new().world(nop("export on-go: func();"));
    let message = error(world(), &exporting(&["on_go"], ""));
    assert!(message.contains("`on-go` is missing") && message.contains("`on_go` is outside"), "{message}");
    world().run(&exporting(&["on_go", "on-go"], "")).unwrap();
}

#[test]
fn a_long_list_is_cut() {
    let names: Vec<String> = (0..20).map(|i| format!("f{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let message = error(Componentize::new().world(nop("export f0: func();")), &exporting(&names, ""));
    assert!(message.starts_with("exports `f1`, `f10`,") && message.contains(" and 11 more are outside"), "{message}");
}

#[test]
fn a_function_of_another_type_is_an_error() {
    let message = error(Componentize::new().world(calc()), &exporting(&["add"], ""));
    assert!(message.contains("type mismatch for function `add`"), "{message}");
}

#[test]
fn what_is_exported_for_a_world_can_be_asked() {
    let names = |names: &[&str]| -> Vec<String> {
        let all = exported_functions(&exporting(names, "")).unwrap();
        assert_eq!(all.len(), names.len());
        all.into_iter().filter(|name| is_meant_for_a_world(name)).collect()
    };
    assert_eq!(names(&["_initialize", "cabi_realloc", "malloc", "wasi-cloud:topics", "my_helper"]), [""; 0]);
    let all = names(&["_initialize", "ping", "wasi:cli/run@0.2.0#run", "cabi_post_ping"]);
    assert_eq!(all, ["cabi_post_ping", "ping", "wasi:cli/run@0.2.0#run"]);
    assert!(exported_functions(b"no wasm").is_err());
}
