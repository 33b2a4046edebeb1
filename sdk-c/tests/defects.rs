//! Bugs of the C SDK that the suite cannot see, since they show in memory and in handles alone: each is put into a copy of the
//! sources, and a program of `native` must end badly on it. Those that the suite sees are `conformance/mutants/sdk-c.toml`.
//! Where `CLOUD_CONFORMANCE_REQUIRE` lists `sanitizers`, they must be here.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod cc;

use cc::{Cc, archive, required, sanitizers, sdk};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::Arc,
};
use tempfile::TempDir;

/// A bug: a text of a file in `src`, which occurs once, what takes its place, and how it is found.
struct Defect {
    name: &'static str,
    file: &'static str,
    find: &'static str,
    replace: &'static str,
    /// The sources of the program that shows it.
    program: &'static [&'static str],
    /// What is said then, by a sanitizer if `sanitized`, else by the twin or by the program.
    says: &'static str,
    sanitized: bool,
}

const KEYVALUE: &[&str] = &["keyvalue"];
const UPDATES: &[&str] = &["updates"];
const ERRORS: &[&str] = &["errors"];
const MESSAGING: &[&str] = &["messaging", "messaging_more"];
const LEAK: &str = "LeakSanitizer: detected memory leaks";
const OVERFLOW: &str = "AddressSanitizer: heap-buffer-overflow";

const DEFECTS: [Defect; 18] = [
    Defect {
        name: "freeing_twice_is_not_noticed",
        file: "take.c",
        find: "  free(bytes->ptr);\n  *bytes = (wcl_bytes){0};\n",
        replace: "  free(bytes->ptr);\n",
        program: KEYVALUE,
        says: "Assertion",
        sanitized: false,
    },
    Defect {
        name: "texts_are_freed_twice",
        file: "take.c",
        find: "  free(str->ptr);\n  *str = (wcl_str){0};\n",
        replace: "  free(str->ptr);\n",
        program: MESSAGING,
        says: "attempting double-free",
        sanitized: true,
    },
    Defect {
        name: "moved_text_is_sought_where_it_was",
        file: "take.c",
        find: "  ptr[text.len] = '\\0';\n  return (wcl_str){.ptr = ptr,",
        replace: "  ptr[text.len] = '\\0';\n  return (wcl_str){.ptr = text.len > 0 ? (char *)text.ptr : ptr,",
        program: KEYVALUE,
        says: "AddressSanitizer: heap-use-after-free",
        sanitized: true,
    },
    Defect {
        name: "no_room_for_the_zero",
        file: "take.c",
        find: "text.len + 1)",
        replace: "text.len + (text.len == 0))",
        program: KEYVALUE,
        says: OVERFLOW,
        sanitized: true,
    },
    Defect {
        name: "last_name_and_value_leak",
        file: "take.c",
        find: "for (size_t i = 0; i < pairs->len; i++) {",
        replace: "for (size_t i = 0; i + 1 < pairs->len; i++) {",
        program: MESSAGING,
        says: LEAK,
        sanitized: true,
    },
    Defect {
        name: "text_of_a_failure_leaks",
        file: "error.c",
        find: "  wcl_gen_string_free(text);\n",
        replace: "",
        program: ERRORS,
        says: LEAK,
        sanitized: true,
    },
    Defect {
        name: "text_of_a_failure_is_cut_one_too_late",
        file: "error.c",
        find: "len = sizeof last.text - 1;",
        replace: "len = sizeof last.text;",
        program: ERRORS,
        says: "runtime error: index",
        sanitized: true,
    },
    Defect {
        name: "keys_of_a_page_leak",
        file: "keyvalue_list.c",
        find: "  for (size_t i = 0; i < page->keys.len; i++) wcl_str_free(&page->keys.ptr[i]);\n",
        replace: "",
        program: KEYVALUE,
        says: LEAK,
        sanitized: true,
    },
    Defect {
        name: "iteration_leaks_the_pages_behind_it",
        file: "keyvalue_list.c",
        find: "  wcl_page_free(&keys->page);\n  keys->page = page;\n",
        replace: "  keys->page = page;\n",
        program: KEYVALUE,
        says: LEAK,
        sanitized: true,
    },
    Defect {
        name: "list_is_as_long_as_a_pointer",
        file: "keyvalue_batch.c",
        find: "calloc(answer.len, sizeof *found)",
        replace: "calloc(answer.len, sizeof found)",
        program: KEYVALUE,
        says: OVERFLOW,
        sanitized: true,
    },
    Defect {
        name: "list_of_a_batch_leaks",
        file: "keyvalue_batch.c",
        find: "  free(answer.ptr);\n",
        replace: "",
        program: KEYVALUE,
        says: LEAK,
        sanitized: true,
    },
    Defect {
        name: "swapped_snapshot_is_used_again",
        file: "keyvalue_cas.c",
        find: "  wcl_gen_atomics_own_cas_t own = {cas->handle};\n  cas->handle = 0;\n",
        replace: "  wcl_gen_atomics_own_cas_t own = {cas->handle};\n",
        program: KEYVALUE,
        says: "Assertion",
        sanitized: false,
    },
    Defect {
        name: "update_tries_once",
        file: "keyvalue_cas.c",
        find: "*done = status != WCL_CONFLICT;",
        replace: "*done = true;",
        program: UPDATES,
        says: "Assertion",
        sanitized: false,
    },
    Defect {
        name: "update_leaks_what_it_wrote",
        file: "keyvalue_cas.c",
        find: "  wcl_bytes_free(&next);\n",
        replace: "",
        program: UPDATES,
        says: LEAK,
        sanitized: true,
    },
    Defect {
        name: "update_leaves_its_snapshot_open",
        file: "keyvalue_cas.c",
        find: "  wcl_cas_close(&cas);\n  return done",
        replace: "  return done",
        program: UPDATES,
        says: "wcl_cloud_open_handles() == 0",
        sanitized: false,
    },
    Defect {
        name: "bucket_stays_open",
        file: "keyvalue.c",
        find: "  wcl_gen_store_bucket_drop_own((wcl_gen_store_own_bucket_t){bucket->handle});\n",
        replace: "",
        program: KEYVALUE,
        says: "wcl_cloud_open_handles() == 0",
        sanitized: false,
    },
    Defect {
        name: "sent_message_is_closed_again",
        file: "messaging_message.c",
        find: "  own->__handle = message->handle;\n  message->handle = 0;\n",
        replace: "  own->__handle = message->handle;\n",
        program: MESSAGING,
        says: "is used after it was closed",
        sanitized: false,
    },
    Defect {
        name: "list_of_replies_leaks",
        file: "messaging.c",
        find: "  free(messages->ptr);\n",
        replace: "",
        program: MESSAGING,
        says: LEAK,
        sanitized: true,
    },
];

/// The honest SDK, compiled once, and the folder for what is not honest.
struct Built {
    cc: Cc,
    library: Vec<PathBuf>,
    dir: TempDir,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(None)).exit_code();
    }
    let (cc, dir) = (Cc::careful(), tempfile::tempdir().expect("a folder"));
    let built = Built { library: cc.library(dir.path()), cc, dir };
    libtest_mimic::run(&arguments, trials(Some(Arc::new(built)))).exit_code()
}

fn trials(built: Option<Arc<Built>>) -> Vec<Trial> {
    let trial = |defect: &'static Defect| {
        let built = built.clone();
        Trial::ignorable_test(defect.name, move || {
            defect.is_found(built.as_deref().expect("built before a test is run"))
        })
    };
    DEFECTS.iter().map(trial).collect()
}

impl Defect {
    fn is_found(&self, built: &Built) -> Result<Completion, Failed> {
        if self.sanitized && !sanitizers() && !required("sanitizers") {
            return Ok(Completion::ignored_with("the compiler has no sanitizers that would see it"));
        }
        let ran = self.program(built).output()?;
        let said = String::from_utf8_lossy(&ran.stderr);
        if ran.status.success() || !said.contains(self.says) {
            return Err(format!("{}, and not `{}`:\n{said}", ran.status, self.says).into());
        }
        Ok(Completion::Completed)
    }

    fn program(&self, built: &Built) -> Command {
        let dir = built.dir.path().join(self.name);
        let bad = built.cc.object(&self.planted(&dir), &dir);
        let (from, into) = (sdk().join("tests/native"), dir.join("program"));
        fs::create_dir(&into).expect("a folder");
        let mut objects = built.library.clone();
        objects.retain(|object| object.file_name() != bad.file_name());
        objects.push(bad);
        objects.extend(self.program.iter().map(|file| built.cc.object(&from.join(file).with_extension("c"), &into)));
        built.cc.program(&objects, &archive("wasi_cloud_native"), &dir.join("run"));
        Command::new(dir.join("run"))
    }

    /// The file with the bug, in a copy of the folders that it looks into.
    fn planted(&self, dir: &Path) -> PathBuf {
        for folder in ["src", "gen", "include", "include/wasi_cloud"] {
            fs::create_dir_all(dir.join(folder)).expect("a folder");
            for entry in fs::read_dir(sdk().join(folder)).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_file() {
                    fs::copy(&path, dir.join(folder).join(path.file_name().expect("a name"))).expect("copied");
                }
            }
        }
        let file = dir.join("src").join(self.file);
        let text = fs::read_to_string(&file).expect("a source");
        assert_eq!(
            text.matches(self.find).count(),
            1,
            "{} holds this not once: the SDK moved on\n{}",
            self.file,
            self.find
        );
        fs::write(&file, text.replacen(self.find, self.replace, 1)).expect("written");
        file
    }
}
