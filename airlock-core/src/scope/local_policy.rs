//! Policies for a block of code, without a buffer of their own.

use std::fmt;
use std::future::Future;
use std::panic::Location;

use crate::context::{Context, Entered, GuardEntry, ScopedFuture};
use crate::policy::{Layer, Policy};

/// Attaches a policy to a block of code: what is enqueued under it goes to the buffer of the scope
/// around, and the policy judges it there.
///
/// ```
/// # use airlock_core as airlock;
/// use airlock::policy::drop_all;
///
/// airlock::scope().run_infallible(|scope| {
///     airlock::policy(drop_all()).run(|| { /* nothing enqueued here will escape */ });
///     {
///         let _quiet = airlock::policy(drop_all()).enter();
///         // nor here
///     }
/// })?;
/// # Ok::<(), airlock::FlushError>(())
/// ```
pub fn policy(policy: impl Policy) -> LocalPolicy {
    LocalPolicy {
        layer: Layer::new(policy),
    }
}

/// A policy for a block of code; see [`policy`].
#[derive(Clone, Debug)]
#[must_use = "a local policy does nothing until it is run, bound or entered"]
pub struct LocalPolicy {
    layer: Layer,
}

impl LocalPolicy {
    /// Runs a closure under the policy.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _entered = Entered::policy(self.layer);
        work()
    }

    /// Makes a future run under the policy, and under what encloses this call.
    pub fn bind<F: Future>(self, future: F) -> ScopedFuture<F> {
        ScopedFuture::new(Context::here().under(self.layer), future)
    }

    /// Puts the rest of the block under the policy, until the guard is dropped.
    ///
    /// For sync code: see [`PolicyGuard`] for what a guard does that is held across an await.
    #[track_caller]
    pub fn enter(self) -> PolicyGuard {
        PolicyGuard {
            _entry: GuardEntry::policy(self.layer, Location::caller()),
        }
    }
}

/// Coalesce a policy in force on this thread until it is dropped; see [`LocalPolicy::enter`].
///
/// It is out of force from the moment it is dropped, wherever other guards are. Held across an await
/// inside a scoped future it stays with that future: concurrent branches of the future (`join!`,
/// `select!`) are under it too, and a warning names its line. In a future that no scope encloses it stays
/// behind on the thread, and governs whatever runs next there. Use [`LocalPolicy::bind`] for async code.
#[must_use = "the policy ends when the guard is dropped"]
pub struct PolicyGuard {
    _entry: GuardEntry,
}

impl fmt::Debug for PolicyGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyGuard").finish_non_exhaustive()
    }
}
