//! Whether a component fits what the manifest says of it.

use crate::{
    component::{Component, Listen, WATCHED, of_module},
    manifest::{Declared, Problem, listenable, watchable},
};
use std::ops::Range;
use wasi_cloud_core::Grants;
use wasi_cloud_wasmtime::runtime::{App, Runtime, is_program};

/// Compiles a component, and completes what is said of it by what it says of itself. Blocks for as long as compiling
/// takes.
pub fn fit(declared: &Declared, wasm: Vec<u8>, grants: &Grants) -> Result<(Component, App), Problem> {
    let mut component = declared.component.clone();
    let problem = |at: &Range<usize>, what: String| Problem { at: at.clone(), what };
    let of_file = |what: String| problem(&declared.file, what);
    if is_program(&wasm) {
        let why = "this is a core module for WASI preview 1, which handles neither messages nor HTTP";
        return Err(of_file(format!("{why}; `wasi-cloud run` runs it")));
    }
    let wasm = of_module(wasm).map_err(|why| of_file(format!("{why:#}")))?;
    let runtime = Runtime::new(component.limits()).map_err(|why| of_file(format!("{why:#}")))?;
    let app = runtime.compile(&wasm).map_err(|why| of_file(format!("{why:#}")))?.named(&component.title());
    if component.http.is_some() && !app.exports_http() {
        let why = "it answers no HTTP: it does not export `wasi:http/incoming-handler`; leave `http` out";
        return Err(problem(declared.http.as_ref().unwrap_or(&declared.file), why.to_owned()));
    }
    if app.exports_handler() {
        if component.subscriptions.is_empty() {
            let listen = Listen::default();
            let handles = |why| of_file(format!("this component handles messages: {why}"));
            listenable(&listen, &component.links, grants).map_err(handles)?;
            component.subscriptions.push(listen);
        }
        component.record(&wasm).map_err(|why| of_file(why.to_string()))?;
    }
    if app.exports_watcher() {
        if component.watches.is_empty() {
            let told = |why| of_file(format!("this component is told of changes: {why}"));
            watchable(WATCHED, &component.links, grants).map_err(told)?;
            component.watches.push(WATCHED.to_owned());
        }
    } else if let Some(at) = declared.watches.first() {
        let why = "it is told of no changes: it does not export `wasi:keyvalue/watcher`; leave this out";
        return Err(problem(at, why.to_owned()));
    }
    if app.exports_handler() {
        return Ok((component, app));
    }
    if let Some(at) = declared.subscriptions.first() {
        let why = "it handles no messages: it does not export `wasi:messaging/incoming-handler`; leave this out";
        return Err(problem(at, why.to_owned()));
    }
    if component.http.is_none() && !app.exports_watcher() {
        let why = match (app.exports_http(), app.exports_run()) {
            (true, _) => "it answers HTTP; say where, such as with http = \"127.0.0.1:8080\"",
            (false, true) => "this is a command, which ends by itself; `wasi-cloud run` runs it",
            (false, false) => {
                "it handles neither messages nor HTTP, and is told of no changes; `wasi-cloud inspect` says what it exports"
            }
        };
        return Err(of_file(why.to_owned()));
    }
    Ok((component, app))
}
