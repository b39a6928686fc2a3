//! What airlock costs, against named peers in one run.
//!
//! `cases` holds what is measured, one file each; `harness` how. Two programs run them: `timed`, and
//! `counted` under an allocator that counts, which must not slow the former.

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
