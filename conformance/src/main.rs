//! The program `cloud-conformance`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cloud_conformance::cli::main(std::env::args_os())
}
