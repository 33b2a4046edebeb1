//! The native twin of the C SDK: the functions that a host provides, for C programs on this machine. A program that links this
//! library instead of running in a host finds memory behind every label, so that it can be tested with a debugger and with
//! sanitizers.
//!
//! What a call does is what the Rust SDK's native twin does. Here its results get the layout that the generated C reads: the
//! component model's canonical one, which with pointers of 64 bits is also that of `repr(C)`.

#![allow(unsafe_code, reason = "C passes pointers; `abi` makes safe types of them")]

mod abi;
mod config;
mod extension;
mod handles;
mod keyvalue;
mod messaging;
mod program;
mod testing;

const _: () = assert!(size_of::<usize>() == 8, "the layouts here are those of 64-bit machines");
