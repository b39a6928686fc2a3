//! Policies for a block of code, without a buffer.

use std::fmt;
use std::future::Future;
use std::panic::Location;

use crate::context::{Context, Entered, GuardEntry, ScopedFuture};
use crate::policy::{Layer, Policy};
use crate::scope::SyncValue;

/// Attaches a policy to a block of code.
///
/// Intents that the block enqueues go to the buffer of the enclosing scope, where the policy judges
/// them.
///
/// ```
/// # use airlock_core as airlock;
/// use airlock::policy::drop_all;
///
/// airlock::scope().run_infallible(|scope| {
///     airlock::policy(drop_all()).run(|| { /* nothing enqueued here will escape */ });
///     {
///         let _quiet = airlock::policy(drop_all()).enter();
///         // Nor anything enqueued here.
///     }
/// })?;
/// # Ok::<(), airlock::FlushError>(())
/// ```
pub fn policy(policy: impl Policy) -> LocalPolicy {
    LocalPolicy {
        layer: Layer::new(policy),
    }
}

/// A policy for a block of code; made by [`policy`].
#[derive(Clone, Debug)]
#[must_use = "a local policy does nothing until it is run, bound or entered"]
pub struct LocalPolicy {
    layer: Layer,
}

impl LocalPolicy {
    /// Runs a closure under the policy. For a future, use [`bind`](Self::bind).
    pub fn run<T: SyncValue<NotAFuture>, NotAFuture>(self, work: impl FnOnce() -> T) -> T {
        let _entered = Entered::policy(self.layer);
        work()
    }

    /// Makes a future run under the policy, and in the scope and policies around this call.
    pub fn bind<F: Future>(self, future: F) -> ScopedFuture<F> {
        ScopedFuture::new(Context::here().under(self.layer), future)
    }

    /// Puts the rest of the block under the policy, until the guard is dropped.
    ///
    /// For sync code only; see [`PolicyGuard`] for the behaviour of a guard that is held across an
    /// await.
    #[track_caller]
    pub fn enter(self) -> PolicyGuard {
        PolicyGuard {
            _entry: GuardEntry::policy(self.layer, Location::caller()),
        }
    }
}

/// A guard that applies a policy on this thread until it is dropped; made by [`LocalPolicy::enter`].
///
/// Guards may be dropped in any order; the policy stops applying as soon as its guard is dropped.
///
/// Do not hold the guard across an await; use [`LocalPolicy::bind`] for async code. In a scoped
/// future, the guard stays with that future. The policy applies to the future's concurrent branches
/// (`join!`, `select!`), too, and a warning names the guard's line. In a future outside of every
/// scope, the guard stays on the thread, and the policy applies to unrelated code that runs there.
#[must_use = "the policy ends when the guard is dropped"]
pub struct PolicyGuard {
    _entry: GuardEntry,
}

impl fmt::Debug for PolicyGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyGuard").finish_non_exhaustive()
    }
}
