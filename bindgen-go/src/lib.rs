#![doc = include_str!("../README.md")]

mod abi;
mod api;
mod check;
mod code;
mod docs;
mod errors;
mod extras;
mod file;
mod flow;
mod func;
mod glue;
mod names;
mod native;
mod plan;
mod runtime;
mod streams;
pub mod tree;
mod types;
mod wit;
mod world;

pub use world::{Generator, Options};
