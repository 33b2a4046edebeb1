//! The C SDK's twin: a deployment is a process, of the C drivers, the SDK's C sources and its native library, with sanitizers
//! where the compiler has them. What they find spoils the run.

use crate::{
    bug::Bug,
    cc::{Cc, archive, sdk},
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// All that the program is made of, compiled once.
pub struct Parts {
    cc: Cc,
    objects: Vec<PathBuf>,
    dir: TempDir,
}

impl Parts {
    pub fn new() -> Self {
        let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/c");
        let dir = tempfile::tempdir().expect("a folder");
        let mut cc = Cc::careful();
        for folder in [guests.join("gen"), guests.join("driver"), sdk().join("src")] {
            cc = cc.flag(format!("-I{}", folder.display()));
        }
        let mut objects = cc.library(dir.path());
        for name in ["keyvalue", "keyvalue-ext", "messaging", "config"] {
            let into = folder(dir.path(), name);
            objects.push(cc.object(&guests.join(name).join("step.c"), &into));
            let generated = format!("{}_driver.c", name.replace('-', "_"));
            objects.push(cc.unwarned(&guests.join("gen").join(generated), &into));
        }
        let into = folder(dir.path(), "program");
        objects.push(cc.object(&guests.join("driver/driver.c"), &into));
        objects.push(cc.object(&Path::new(env!("CARGO_MANIFEST_DIR")).join("twin-c/main.c"), &into));
        Self { cc, objects, dir }
    }

    /// The program, without a bug.
    pub fn honest(&self) -> PathBuf {
        self.program("honest", &self.objects)
    }

    /// The program with a bug in the SDK.
    pub fn with(&self, number: usize, bug: &Bug) -> PathBuf {
        let name = format!("bug-{number}");
        let into = folder(self.dir.path(), &name);
        let text = fs::read_to_string(sdk().join("src").join(bug.file)).expect("a source of the SDK");
        assert_eq!(text.matches(bug.find).count(), 1, "`{}` in {}", bug.find, bug.file);
        let source = into.join(bug.file);
        fs::write(&source, text.replace(bug.find, bug.replace)).expect("written");
        let object = self.cc.unwarned(&source, &into);
        let honest = self.dir.path().join(object.file_name().expect("a name"));
        let swapped = |part: &PathBuf| if *part == honest { object.clone() } else { part.clone() };
        self.program(&name, &self.objects.iter().map(swapped).collect::<Vec<_>>())
    }

    fn program(&self, name: &str, objects: &[PathBuf]) -> PathBuf {
        let program = self.dir.path().join(name).with_extension("out");
        self.cc.program(objects, &archive("cloud_conformance_twin_c"), &program);
        program
    }
}

fn folder(within: &Path, name: &str) -> PathBuf {
    let folder = within.join(name);
    fs::create_dir(&folder).expect("a folder");
    folder
}
