//! The suite's side of a program that has the C drivers and the C SDK's native twin in it: one deployment, with guests that are
//! threads of it. The suite says on stdin what to do; `tests/twin` builds the program and drives it.
//!
//! Its argument is a `Start`. Each line is a number and JSON: 0 and a `Control`, answered by 0 and `null` or
//! why it failed; a number and the name of a driver, which is a new guest; or a guest's number and an operation, answered by
//! its number and the observation. When stdin ends the guests do, and then no handle may be open.

#![allow(unsafe_code, reason = "the drivers are C")]

// Nothing here calls it: the SDK's C code does.
extern crate wasi_cloud_native as _;

#[path = "../../tests/twin/cloud.rs"]
mod cloud;
mod drivers;
mod types;

use cloud::{Control, Start};
use drivers::Driver;
use std::{
    collections::BTreeMap,
    error::Error,
    ffi::{CStr, c_char},
    io::{self, Write},
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};
use wasi_cloud_sdk::testing::Cloud;

unsafe extern "C" {
    safe fn wcl_cloud_open_handles() -> usize;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn cloud_conformance_main(start: *const c_char) -> i32 {
    // SAFETY: an argument of the program.
    let start = unsafe { CStr::from_ptr(start) };
    match serve(&start.to_string_lossy()) {
        Ok(()) => 0,
        Err(why) => {
            eprintln!("{why}");
            1
        }
    }
}

fn serve(start: &str) -> Result<(), Box<dyn Error>> {
    let start: Start = serde_json::from_str(start)?;
    let cloud = Arc::new(cloud::start(start)?);
    let mut guests = BTreeMap::new();
    for line in io::stdin().lines() {
        let line = line?;
        let (number, told) = line.split_once(' ').ok_or("a line without a number")?;
        match (number.parse()?, guests.get(&number.parse()?)) {
            (0, _) => {
                let control: Control = serde_json::from_str(told)?;
                let failed = cloud::apply(&cloud, control).err().map(|error| error.to_string());
                say(0, &serde_json::to_string(&failed)?)?;
            }
            (_, Some(Guest { ops, .. })) => ops.send(told.to_owned())?,
            (number, None) => {
                let driver = Driver::named(&serde_json::from_str::<String>(told)?).ok_or("no such driver")?;
                guests.insert(number, Guest::start(number, driver, cloud.clone())?);
            }
        }
    }
    for Guest { ops, life } in guests.into_values() {
        drop(ops);
        life.join().map_err(|_| "a guest panicked")?;
    }
    match wcl_cloud_open_handles() {
        0 => Ok(()),
        open => Err(format!("{open} handles are open after all guests have closed theirs").into()),
    }
}

struct Guest {
    ops: mpsc::Sender<String>,
    life: JoinHandle<()>,
}

impl Guest {
    fn start(number: u32, driver: Driver, cloud: Arc<Cloud>) -> io::Result<Self> {
        let (ops, told) = mpsc::channel::<String>();
        let life = thread::Builder::new().spawn(move || {
            let _entered = cloud.enter();
            for op in told {
                // Without an answer the suite waits until its deadline, and stderr says why.
                let said = (driver.exec)(&op).map_err(|why| why.to_string());
                if let Err(why) = said.and_then(|seen| say(number, &seen).map_err(|why| why.to_string())) {
                    eprintln!("{why}: {op:.200}");
                }
            }
            (driver.end)();
        })?;
        Ok(Self { ops, life })
    }
}

fn say(number: u32, json: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{number} {json}")?;
    stdout.flush()
}
