//! The executor under test, and its properties that the suite depends on.

use std::fmt;
use std::sync::Arc;

use crate::__private::block_on;
use crate::effect::BoxFuture;
use crate::executor::Executor;
use crate::report::FlushError;

/// An executor to be tested by [`executor_suite!`](crate::testing::executor_suite).
#[must_use = "it is what the suite tests"]
pub struct Subject {
    pub(super) executor: Arc<dyn Executor>,
    pub(super) drive: Option<Box<Drive>>,
    pub(super) ordered: bool,
    pub(super) repeats: bool,
    pub(super) block_on: Box<BlockOn>,
}

type BlockOn = dyn Fn(BoxFuture<'_, ()>) + Send + Sync;

type Drive = dyn Fn() -> BoxFuture<'static, Vec<FlushError>> + Send + Sync;

impl Subject {
    /// Creates a subject from an executor that performs before the flush ends.
    pub fn performs(executor: impl Executor) -> Self {
        Self {
            executor: Arc::new(executor),
            drive: None,
            ordered: true,
            repeats: false,
            block_on: Box::new(|future| block_on(future)),
        }
    }

    /// Creates a subject from an executor that hands its intents over. `drive` performs all of them, or
    /// waits until they are performed, cascades included. It returns the errors of those that failed,
    /// unless they are passed to
    /// [`AirlockBuilder::on_unhandled_error`](crate::AirlockBuilder::on_unhandled_error).
    ///
    /// ```
    /// use airlock::executor::Recorder;
    /// use airlock::testing::Subject;
    ///
    /// let recorder = Recorder::new();
    /// let kept = recorder.clone();
    /// let subject = Subject::hands_over(recorder, move || {
    ///     let kept = kept.clone();
    ///     Box::pin(async move {
    ///         let mut errors = Vec::new();
    ///         while !kept.is_empty() {
    ///             for delivery in kept.take() {
    ///                 errors.extend(delivery.perform_async().await.err());
    ///             }
    ///         }
    ///         errors
    ///     })
    /// });
    /// # drop(subject);
    /// ```
    pub fn hands_over(
        executor: impl Executor,
        drive: impl Fn() -> BoxFuture<'static, Vec<FlushError>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            drive: Some(Box::new(drive)),
            ..Self::performs(executor)
        }
    }

    /// Declares that the executor does not preserve the order of intents. The executor must document it.
    pub fn unordered(mut self) -> Self {
        self.ordered = false;
        self
    }

    /// Declares that the executor retries failed effects on purpose, beyond the effects' own retries.
    pub fn repeats(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// Sets the closure that runs async flushes and `drive`, for an executor that needs a runtime. The
    /// closure must run the future to completion. By default, the suite polls them outside of any runtime.
    ///
    /// ```
    /// # use airlock::executor::Inline as Mine;
    /// use airlock::testing::Subject;
    ///
    /// # struct Runtime;
    /// # impl Runtime {
    /// #     fn block_on(&self, future: airlock::executor::BoxFuture<'_, ()>) {
    /// #         airlock::__private::block_on(future)
    /// #     }
    /// # }
    /// # let runtime = Runtime;
    /// // `runtime` is a tokio runtime, for example:
    /// let subject = Subject::performs(Mine).block_on(move |future| runtime.block_on(future));
    /// # drop(subject);
    /// ```
    pub fn block_on(mut self, run: impl Fn(BoxFuture<'_, ()>) + Send + Sync + 'static) -> Self {
        self.block_on = Box::new(run);
        self
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("executor", &self.executor.name())
            .field("hands_over", &self.drive.is_some())
            .field("ordered", &self.ordered)
            .field("repeats", &self.repeats)
            .finish_non_exhaustive()
    }
}
