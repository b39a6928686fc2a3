//! Dry runs: work whose intents are collected instead of leaving, and handed over later.

mod reparent;

use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;

use crate::context::{Around, Place, PlaceKind};
use crate::executor::{Executor, Recorder};
use crate::intent::Intent;
use crate::lifecycle::NeverFlush;
use crate::report::{FlushError, FlushReport};
use crate::scope::{OpenScope, ScopeBuilder};
use crate::settings::Settings;

pub(crate) use self::reparent::reparent;

/// Configures a scope that nothing leaves.
pub(crate) fn collecting(scope: ScopeBuilder) -> ScopeBuilder {
    scope
        .lifecycle(NeverFlush)
        .executor_if_none(Recorder::new())
}

/// Runs a block in a scope that nothing leaves, and returns the scope with what it holds.
pub(crate) fn collect<T>(name: &'static str, block: impl FnOnce() -> T) -> (OpenScope, T) {
    let open = collecting(ScopeBuilder::new().name(name)).open();
    let value = open.enter(block);
    (open, value)
}

/// Works like [`collect`], for async code.
pub(crate) async fn collect_async<F: Future>(
    name: &'static str,
    block: F,
) -> (OpenScope, F::Output) {
    let scope = collecting(ScopeBuilder::new().name(name)).open_owned();
    let (ended, scope) = scope.work(|| block).await;
    match ended {
        Ok(value) => (scope.into_open(), value),
        Err(panic) => resume_unwind(panic),
    }
}

/// The intents that a block of code enqueued without any of them leaving, and the block's value; made by
/// [`dry_run`].
///
/// If it is dropped, the intents are dropped.
#[must_use = "the intents are dropped unless they are handed over"]
pub struct DryRun<T> {
    /// The value that the block returned.
    pub value: T,
    around: Around,
    intents: Vec<Intent>,
}

/// Runs a block in a scope that nothing leaves, and collects what the block would dispatch: its own intents,
/// and those of its boundaries and scopes, whatever executor these name.
///
/// The policies around the block and in it apply at enqueue, vetoes included. What they drop at dispatch,
/// they drop in [`DryRun::hand_over`].
///
/// For integrations. Tests use [`capture`](crate::testing::capture).
pub fn dry_run<T>(block: impl FnOnce() -> T) -> DryRun<T> {
    let (open, value) = collect("dry run", block);
    DryRun::new(open, value)
}

/// Works like [`dry_run`], for async code.
pub async fn dry_run_async<F: Future>(block: F) -> DryRun<F::Output> {
    let (open, value) = collect_async("dry run", block).await;
    DryRun::new(open, value)
}

impl<T> DryRun<T> {
    fn new(open: OpenScope, value: T) -> Self {
        Self {
            value,
            around: open.around().clone(),
            intents: open.into_intents(),
        }
    }

    /// Returns the intents, in order, before the policies judge them.
    pub fn intents(&self) -> &[Intent] {
        &self.intents
    }

    /// Lets the policies around the block and in it judge the intents, as after a success, and hands those
    /// that may leave to an executor. Returns the block's value, and the report with each fate.
    ///
    /// The executor should take them without performing them: nothing is awaited.
    pub fn hand_over(self, executor: impl Executor) -> (T, Result<FlushReport, FlushError>) {
        let settings = Settings {
            executor: None,
            lifecycle: None,
            on_report: None,
            ..Settings::clone(&self.around.settings())
        };
        let root = Place::airlock(settings);
        let own = self.around.outwards().last();
        let own = own.filter(|place| matches!(place.kind, PlaceKind::Airlock));
        let airlock = own.unwrap_or(&root).clone();
        let root = (&airlock, Around::Within(root));
        let open = reparent(self.intents, &self.around, root, "dry run", executor);
        (self.value, open.flush())
    }
}

impl<T, E> DryRun<Result<T, E>> {
    /// Returns the run with the value of a block that succeeded.
    ///
    /// # Errors
    ///
    /// The block's error. The intents are dropped then.
    pub fn succeeded(self) -> Result<DryRun<T>, E> {
        let Self {
            value,
            around,
            intents,
        } = self;
        value.map(|value| DryRun {
            value,
            around,
            intents,
        })
    }
}

impl<T: fmt::Debug> fmt::Debug for DryRun<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DryRun")
            .field("value", &self.value)
            .field("intents", &self.intents)
            .finish_non_exhaustive()
    }
}
