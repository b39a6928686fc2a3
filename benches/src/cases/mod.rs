//! What is measured, one file each.

mod boundary_async;
mod enqueue_flush;
mod poll_overhead;
mod request;

use crate::harness::Measured;

/// Measures, or says why it could not.
pub type Run = fn() -> Result<Vec<Measured>, String>;

/// Every case, in the order of the report.
pub const CASES: &[(&str, Run)] = &[
    ("enqueue_flush_vs_boxed_closures", enqueue_flush::run),
    ("request_vs_boxed_closures", request::run),
    ("boundary_async_vs_bare", boundary_async::run),
    ("poll_overhead_ns", poll_overhead::run),
];
