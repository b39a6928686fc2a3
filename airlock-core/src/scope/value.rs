//! Bounds on the values and errors of bodies, for messages that say what to write.
//!
//! Some keep values out of a method that would lose them. Stable Rust has no negative bounds. Each of these traits is implemented for every type, and again, with
//! another `Kind`, for the types to refuse. The compiler can infer `Kind` for all other types; for
//! those it is ambiguous, so they do not compile. The second kind's name shows in the message.

use std::future::Future;

use crate::report::FlushError;

/// A value that is neither a `Result` nor a future. [`ScopeBuilder::run_infallible`] flushes without
/// looking at the value: an `Err` would be lost, and a future would run after the scope.
///
/// [`ScopeBuilder::run_infallible`]: crate::ScopeBuilder::run_infallible
pub trait PlainValue<Kind> {}

/// A value that is not a future. A method that takes a sync closure would return the future before
/// it has run, and the future would then run outside of the scope, policy or capture.
pub trait SyncValue<Kind> {}

/// The kind of all types.
#[derive(Debug)]
pub enum Accepted {}

/// The second [`PlainValue`] kind of `Result`.
#[derive(Debug)]
pub enum UseRunOrRunWithReportForAResult {}

/// The second [`PlainValue`] kind of futures.
#[derive(Debug)]
pub enum UseRunInfallibleAsyncForAFuture {}

/// The second [`SyncValue`] kind of futures.
#[derive(Debug)]
pub enum UseTheFormForAsyncCode {}

/// An error type that a failed flush converts into: any with `From<FlushError>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot carry the error of a failed flush",
    label = "needs `From<airlock::FlushError>`",
    note = "add `impl From<airlock::FlushError> for {Self}` (with `thiserror`: a variant `Flush(#[from] airlock::FlushError)`), or let the body return another error type"
)]
pub trait FromFlushError: From<FlushError> {}

#[diagnostic::do_not_recommend]
impl<E: From<FlushError>> FromFlushError for E {}

impl<T> PlainValue<Accepted> for T {}
impl<T, E> PlainValue<UseRunOrRunWithReportForAResult> for Result<T, E> {}
impl<F: Future> PlainValue<UseRunInfallibleAsyncForAFuture> for F {}

impl<T> SyncValue<Accepted> for T {}
impl<F: Future> SyncValue<UseTheFormForAsyncCode> for F {}
