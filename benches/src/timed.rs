//! Measures times: `timed [--only NAME] [--growth-scale N] --json FILE --out FOLDER`.

use std::process::ExitCode;

fn main() -> ExitCode {
    airlock_bench::timed()
}
