//! Counts allocations: `counted [--only NAME] [--growth-scale N] --json FILE --out FOLDER`.

use std::alloc::System;
use std::process::ExitCode;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    airlock_bench::counted()
}
