//! `cargo airlock`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_airlock::run(std::env::args_os())
}
