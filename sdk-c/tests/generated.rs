//! `gen/` is what wit-bindgen makes of `wit/`, in the pieces that a linker can leave out.
//! `BLESS=1 cargo test -p wasi-cloud-sdk-c --test generated` writes it anew.

#![allow(clippy::expect_used, reason = "a test")]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};
use wit_bindgen_c::Opts;
use wit_bindgen_core::{Files, wit_parser::Resolve};

/// What each interface is called in C. The names of the WIT would clash with a program's own bindings of the same interface.
const INTERFACES: [(&str, &str); 10] = [
    ("wasi:keyvalue/store@0.2.0-draft2", "wcl_gen_store"),
    ("wasi:keyvalue/atomics@0.2.0-draft2", "wcl_gen_atomics"),
    ("wasi:keyvalue/batch@0.2.0-draft2", "wcl_gen_batch"),
    ("wasi:keyvalue/watcher@0.2.0-draft2", "wcl_gen_watcher"),
    ("wasi-cloud:keyvalue/extension@0.1.0", "wcl_gen_extension"),
    ("wasi:messaging/types@0.2.0-draft", "wcl_gen_messaging"),
    ("wasi:messaging/producer@0.2.0-draft", "wcl_gen_producer"),
    ("wasi:messaging/request-reply@0.2.0-draft", "wcl_gen_request_reply"),
    ("wasi:messaging/incoming-handler@0.2.0-draft", "wcl_gen_handler"),
    ("wasi:config/store@0.2.0-rc.1", "wcl_gen_config"),
];

const HANDLER: &str = "wasi:messaging/incoming-handler@0.2.0-draft";
const WATCHER: &str = "wasi:keyvalue/watcher@0.2.0-draft2";

/// The worlds of the suite's drivers, each with bindings of its own beside the SDK's.
const DRIVERS: [&str; 4] = ["config-driver", "keyvalue-driver", "keyvalue-ext-driver", "messaging-driver"];

/// Where the headers get their own text.
const LAST_INCLUDE: &str = "#include <stddef.h>\n";
/// Where the code begins that ties in the component type.
const LINK: &str = "// Ensure that the *_component_type.o";
/// Attributes that only WebAssembly has. Other compilers warn of them.
const ABI: &str = "
#ifdef __wasm__
#define WCL_GEN_ABI(attributes) __attribute__(attributes)
#else
#define WCL_GEN_ABI(attributes)
#endif
";

/// Files by name.
type Folder = BTreeMap<String, Vec<u8>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn generate(wit: &str, world: &str, options: &Opts) -> Folder {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(root().join(wit)).expect("the WIT parses");
    let world = resolve.select_world(&[package], Some(world)).expect("the world exists");
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files).expect("the generator runs");
    files.iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect()
}

/// `exported` is what of these the world exports.
fn options(name: &str, exported: &[&str]) -> Opts {
    const EXPORTS: [&str; 2] = [HANDLER, WATCHER];
    let renamed = INTERFACES.iter().filter(|(wit, _)| exported.contains(wit) || !EXPORTS.contains(wit));
    Opts {
        rename: renamed.map(|(wit, c)| ((*wit).to_owned(), (*c).to_owned())).collect(),
        rename_world: Some(name.to_owned()),
        ..Opts::default()
    }
}

fn text(files: &Folder, name: &str) -> String {
    String::from_utf8(files[name].clone()).expect("C is UTF-8")
}

/// The text from the line that begins with `from` to the one that begins with `to`.
fn piece<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(&format!("\n{from}")).expect(from) + 1;
    let length = text[start..].find(&format!("\n{to}")).expect(to) + 1;
    &text[start..start + length]
}

/// For compilers of any machine: only WebAssembly has names of imports and exports, and component types.
fn portable(mut files: Folder) -> Folder {
    for (name, bytes) in &mut files {
        let text = String::from_utf8_lossy(bytes);
        let made = match name.rsplit_once('.') {
            Some((_, "h")) => text.replacen(LAST_INCLUDE, &format!("{LAST_INCLUDE}{ABI}"), 1),
            Some((_, "c")) => {
                let (code, link) = text.split_at(text.find(LINK).expect(LINK));
                let code = code
                    .replace("((__weak__, __export_name__", "((__weak__)) WCL_GEN_ABI((__export_name__")
                    .replace("__attribute__((__export_name__", "WCL_GEN_ABI((__export_name__")
                    .replace("__attribute__((__import_module__", "WCL_GEN_ABI((__import_module__");
                format!("{code}#ifdef __wasm__\n{link}#endif\n")
            }
            _ => continue,
        };
        *bytes = made.into_bytes();
    }
    files
}

/// The SDK's: what a program imports, and apart from it what one exports that handles messages, and one that is told of changes.
/// Each has a type of its own, which the linker takes along with the code, so that a program that only sends exports nothing.
fn sdk() -> Folder {
    let take = |mut files: Folder, name: &str| files.remove_entry(name).expect(name);
    let imports = generate("wit", "imports", &options("wcl_gen", &[]));
    portable(BTreeMap::from([
        take(generate("wit", "full-service", &options("wcl_gen", &[HANDLER, WATCHER])), "wcl_gen.h"),
        take(imports.clone(), "wcl_gen.c"),
        take(imports, "wcl_gen_component_type.o"),
        ("wcl_gen_handler.c".to_owned(), exported("service", HANDLER, "wcl_gen_handler")),
        take(generate("wit", "service", &options("wcl_gen_handler", &[HANDLER])), "wcl_gen_handler_component_type.o"),
        ("wcl_gen_watcher.c".to_owned(), exported("watch-service", WATCHER, "wcl_gen_watcher")),
        take(
            generate("wit", "watch-service", &options("wcl_gen_watcher", &[WATCHER])),
            "wcl_gen_watcher_component_type.o",
        ),
    ]))
}

/// What a world's code has of its one exported interface, without all that it imports.
fn exported(world: &str, interface: &str, name: &str) -> Vec<u8> {
    let whole = text(&generate("wit", world, &options("wcl_gen", &[interface])), "wcl_gen.c");
    let (_, exports) = whole.split_once("\n// Exported Functions").expect("the exports");
    // Nothing has to be freed after a function without a result.
    let freed =
        if exports.contains("cabi_post") { piece(&whole, "// Exported Functions", "// Canonical ABI") } else { "" };
    let area = "__attribute__((__aligned__(sizeof(void*))))\nstatic uint8_t RET_AREA";
    let area = if freed.is_empty() { "" } else { piece(&whole, area, "// Helper Functions") };
    let code = [
        whole.split("\n\n").next().expect("a head"),
        "\n\n",
        freed,
        area,
        piece(&whole, &format!("__attribute__((__export_name__(\"{interface}"), LINK),
        &whole[whole.find(LINK).expect(LINK)..].replace("link_wcl_gen", &format!("link_{name}")),
    ];
    code.concat().into_bytes()
}

/// Makes one `enum` of the numbers of each variant, so that a compiler can say which case a `switch` forgot.
fn enumerated(header: &str) -> String {
    let blocks = header.split("\n\n").map(|block| {
        let numbers: Vec<_> = block.lines().filter_map(|line| line.strip_prefix("#define EXPORTS_")).collect();
        let Some(first) = numbers.first().filter(|_| block.lines().all(|line| line.starts_with(['#', '/']))) else {
            return block.to_owned();
        };
        let shared = |at: usize| numbers.iter().all(|number| number.get(..at) == first.get(..at));
        let length = first.match_indices('_').map(|(at, _)| at).rfind(|at| shared(*at)).expect("a prefix");
        let cases =
            block.lines().map(|line| match line.strip_prefix("#define ").and_then(|line| line.split_once(' ')) {
                Some((name, number)) => format!("  {name} = {number},\n"),
                None => format!("  {line}\n"),
            });
        format!("enum exports_{} {{\n{}}};", first[..length].to_lowercase(), cases.collect::<String>())
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

fn drivers() -> Folder {
    let made = DRIVERS.iter().flat_map(|world| generate("conformance/wit", world, &Opts::default()));
    let mut files = portable(made.collect());
    for (name, bytes) in &mut files {
        if name.ends_with(".h") {
            *bytes = enumerated(&String::from_utf8_lossy(bytes)).into_bytes();
        }
    }
    files
}

fn check(folder: &str, made: &Folder) {
    let folder = root().join(folder);
    if env::var_os("BLESS").is_some() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        for (name, bytes) in made {
            fs::write(folder.join(name), bytes).expect("written");
        }
    }
    let entries = fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.expect("an entry"));
    let kept: Folder = entries
        .map(|entry| (entry.file_name().into_string().expect("a name"), fs::read(entry.path()).expect("a file")))
        .collect();
    let stale: Vec<_> =
        made.iter().filter(|(name, bytes)| kept.get(*name) != Some(*bytes)).map(|(name, _)| name).collect();
    assert!(stale.is_empty(), "{} is stale in {stale:?}: run this test with BLESS=1", folder.display());
    assert!(
        kept.keys().eq(made.keys()),
        "{} holds more than was generated: run this test with BLESS=1",
        folder.display()
    );
}

#[test]
fn the_bindings_of_the_sdk_are_what_the_generator_makes() {
    check("sdk-c/gen", &sdk());
}

#[test]
fn the_bindings_of_the_drivers_are_what_the_generator_makes() {
    check("conformance/guests/c/gen", &drivers());
}
