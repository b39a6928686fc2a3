//! What drives a flush that nobody awaits.

use std::fmt;
use std::sync::Arc;

use airlock_core::__private::guarded;
use airlock_core::BoxFuture;

/// What drives a flush that nobody awaits.
#[derive(Clone)]
pub enum Spawn {
    /// Whatever the closure does with it.
    With(Arc<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>),
    /// A tokio runtime.
    #[cfg(feature = "tokio")]
    On(tokio::runtime::Handle),
}

impl Spawn {
    /// Runs a closure where it can use the runtime of the flush.
    pub(crate) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        #[cfg(feature = "tokio")]
        let _entered = match self {
            Self::On(runtime) => Some(runtime.enter()),
            Self::With(_) => None,
        };
        work()
    }

    pub(crate) fn spawn(&self, flush: BoxFuture<'static, ()>) {
        match self {
            // It runs at the end of a body, perhaps in its destructor while the thread unwinds.
            Self::With(spawn) => _ = guarded("after_response_with", || spawn(flush)),
            #[cfg(feature = "tokio")]
            Self::On(runtime) => drop(runtime.spawn(flush)),
        }
    }
}

impl fmt::Debug for Spawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::With(_) => "With(..)",
            #[cfg(feature = "tokio")]
            Self::On(_) => "On(..)",
        })
    }
}
