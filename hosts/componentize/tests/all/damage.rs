//! Input that is no wasm, or no longer.

use wasi_cloud_componentize::{Componentize, Error};
use wasm_encoder::{CustomSection, Section};
use wit_component::{StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{LiftLowerAbi, ManglingAndAbi, Resolve};

use crate::{CALC, calc, error, shop, shop_resolve, wat};

/// With a section, so that there is much to damage.
fn module() -> Vec<u8> {
    let (resolve, id) = shop_resolve("shop");
    let mut module = dummy_module(&resolve, id, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, &resolve, id, StringEncoding::UTF8).unwrap();
    module
}

/// An empty module with `data` for a world.
fn with_section(data: &[u8]) -> Vec<u8> {
    let mut module = wat("(module)");
    CustomSection { name: "component-type".into(), data: data.into() }.append_to(&mut module);
    module
}

/// The ends of the sections, where a cut leaves a valid module.
fn boundaries(module: &[u8]) -> Vec<usize> {
    let parser = wasmparser::Parser::new(0);
    let sections = parser.parse_all(module).filter_map(|payload| payload.unwrap().as_section());
    sections.map(|(_, range)| range.end).chain([8]).collect()
}

#[test]
fn a_truncated_module_is_one_clear_error() {
    let module = module();
    let boundaries = boundaries(&module);
    for end in 0..module.len() {
        let failed = Componentize::new().run(&module[..end]).unwrap_err();
        match failed {
            Error::NotWasm { .. } => assert!(end < 4),
            Error::Invalid { length, .. } => assert_eq!(length, end),
            other => assert!(boundaries.contains(&end), "{end}: {other}"),
        }
    }
    let message = error(Componentize::new().world(calc()), &wat(CALC)[..30]);
    assert!(message.starts_with("the wasm binary is truncated or damaged at byte "), "{message}");
    assert!(message.ends_with("check that it was copied whole"), "{message}");
}

#[test]
fn a_truncated_component_is_an_error() {
    let component = Componentize::new().run(&module()).unwrap();
    for end in (0..component.len()).step_by(7) {
        // A component cut between two sections can be a valid one, with fewer exports.
        assert!(Componentize::new().world(shop()).run(&component[..end]).is_err(), "{end}");
    }
}

#[test]
fn damaged_input_never_panics() {
    let module = module();
    let component = Componentize::new().run(&module).unwrap();
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut fine = 0;
    for round in 0..6_000 {
        let (original, componentize) = match round % 3 {
            0 => (&module, Componentize::new()),
            1 => (&module, Componentize::new().world(shop())),
            _ => (&component, Componentize::new().world(shop())),
        };
        let mut damaged = original.clone();
        for _ in 0..=random(3) {
            let at = random(damaged.len());
            damaged[at] = random(256) as u8;
        }
        fine += usize::from(componentize.run(&damaged).is_ok());
    }
    assert!(fine > 100, "only {fine}: the damage is too heavy to get past the validator");
}

#[test]
fn a_section_that_makes_the_decoder_panic_is_an_error() {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("p.wit", "package demo:p; interface i {}").unwrap();
    let section = wit_component::encode(&resolve, package).unwrap();
    let failed = Componentize::new().run(&with_section(&section)).unwrap_err();
    assert!(matches!(failed, Error::Confused { .. }), "{failed}");
}

#[test]
fn a_section_whose_packages_form_a_circle_is_an_error() {
    let text = "package x:a; interface i { record r { n: u32 } }
        package x:c { interface j { use x:a/i.{r}; f: func() -> r; } }
        package x:b { world w { import x:c/j; } }";
    let mut resolve = Resolve::default();
    let package = resolve.push_str("p.wit", text).unwrap();
    let id = resolve.select_world(&[package], Some("x:b/w")).unwrap();
    let mut section = wit_component::metadata::encode(&resolve, id, StringEncoding::UTF8, None).unwrap();
    // WIT cannot say this, but bytes can: `x:a/w` imports `x:c/j`, which uses `x:a/i`.
    let at = section.windows(5).position(|bytes| bytes == b"x:b/w").unwrap();
    section[at..at + 5].copy_from_slice(b"x:a/w");
    let message = error(Componentize::new(), &with_section(&section));
    assert!(message.ends_with("packages depend on each other in a circle: x:a, x:c"), "{message}");
}

#[test]
fn what_is_no_wasm_is_told_what_it_looks_like() {
    for (bytes, found) in [
        (&b""[..], "it is empty"),
        (b"\0as", "only 3 bytes"),
        (b"  (module)", "WebAssembly text"),
        (b"\x7fELF....", "an ELF file"),
        (b"!<arch>\n", "a static library"),
        (b"garbage", "it starts with [67, 61, 72, 62]"),
    ] {
        let message = error(Componentize::new().world(calc()), bytes);
        assert!(message.starts_with("the input is not a wasm binary: ") && message.contains(found), "{message}");
    }
}
