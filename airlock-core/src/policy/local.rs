//! Policies for a block of code, without a buffer of their own.

use std::fmt;
use std::future::Future;

use crate::context::{self, Bound, Entered, Kind, Node};
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
        let _swap = context::swap(Some(self.node()));
        work()
    }

    /// Makes a future run under the policy, and under what encloses this call.
    pub fn bind<F: Future>(self, future: F) -> Bound<F> {
        Bound::joining(self.node(), future)
    }

    /// Puts the rest of the block under the policy, until the guard is dropped.
    pub fn enter(self) -> PolicyGuard {
        PolicyGuard {
            entered: context::enter(self.node()),
        }
    }

    fn node(self) -> std::sync::Arc<Node> {
        Node::new(context::current(), Kind::Policy(self.layer))
    }
}

/// Keeps a policy in force on this thread until it is dropped; see [`LocalPolicy::enter`].
#[must_use = "the policy ends when the guard is dropped"]
pub struct PolicyGuard {
    entered: Entered,
}

impl fmt::Debug for PolicyGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PolicyGuard")
            .field(&self.entered.node)
            .finish()
    }
}
