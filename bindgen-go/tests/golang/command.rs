//! A command: a world that exports `wasi:cli/run`.

use wasmtime::component::Val;
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

use crate::guest::{Module, Running, wit};

pub fn runs() -> wasmtime::Result<()> {
    let module = Module::new("command");
    module.write("main.go", include_str!("guests/command.go"));
    let component = module.component(&[wit("command")]);
    let cases: [(&[&str], Result<_, _>, &str); 2] =
        [(&["hello", "Ada"], Ok(None), "Hello, Ada!\n"), (&["hello"], Err(None), "")];
    for (arguments, result, printed) in cases {
        let out = MemoryOutputPipe::new(1024);
        let mut running = Running::with(&component, WasiCtx::builder().args(arguments).stdout(out.clone()), |_, _| {});
        assert_eq!(running.call("wasi:cli/run@0.2.6", "run", &[])?, Val::Result(result));
        assert_eq!(out.contents(), printed.as_bytes());
    }
    Ok(())
}
