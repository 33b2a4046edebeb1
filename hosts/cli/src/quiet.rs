//! Arguments that may hold secrets: what is wrong with one is said without showing it.

use clap::{
    Arg, Command, Error,
    builder::TypedValueParser,
    error::{ErrorKind, Result},
};
use std::ffi::OsStr;

/// Parses a value, and unlike clap's own parsers does not repeat it when it is wrong.
#[derive(Clone)]
pub struct Quiet<T>(pub fn(&str) -> std::result::Result<T, String>);

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Quiet<T> {
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T> {
        let parsed = value.to_str().ok_or_else(|| "it is not UTF-8".to_owned()).and_then(self.0);
        parsed.map_err(|why| {
            let name = arg.and_then(Arg::get_long).unwrap_or_default();
            Error::raw(ErrorKind::ValueValidation, format!("--{name}: {why}\n")).with_cmd(command)
        })
    }
}
