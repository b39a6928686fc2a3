//! Measures times: `timed [--only NAME] --json FILE --out FOLDER`.

use std::process::ExitCode;

fn main() -> ExitCode {
    airlock_bench::timed()
}
