//! Traits that keep values out of a method that would lose them.
//!
//! Stable Rust has no negative bounds. Each trait here is implemented for every type, and again, with
//! another `Kind`, for the types to refuse. The compiler can infer `Kind` for all other types; for
//! those it is ambiguous, so they do not compile. The second kind's name shows in the message.

use std::future::Future;

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

impl<T> PlainValue<Accepted> for T {}
impl<T, E> PlainValue<UseRunOrRunWithReportForAResult> for Result<T, E> {}
impl<F: Future> PlainValue<UseRunInfallibleAsyncForAFuture> for F {}

impl<T> SyncValue<Accepted> for T {}
impl<F: Future> SyncValue<UseTheFormForAsyncCode> for F {}
