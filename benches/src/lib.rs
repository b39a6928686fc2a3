//! Benchmarks of airlock against named peers in the same run.
//!
//! `cases` holds the measurements, one per file; `harness` holds the method. Two programs run them:
//! `timed`, and `counted`, which uses a counting allocator that must not slow down the former.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what this is for"
)]
#![allow(
    clippy::cast_precision_loss,
    reason = "counts and sizes are far below 2^52"
)]

mod cases;
mod cpu;
mod harness;
mod loopback;
mod pace;
mod plot;
mod run;
mod work;

pub use self::run::{counted, timed};
