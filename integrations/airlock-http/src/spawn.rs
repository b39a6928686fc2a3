//! The spawner of flushes that nobody awaits.

use std::fmt;
use std::sync::Arc;

use airlock_core::__private::guarded;
use airlock_core::BoxFuture;

/// A spawner of flushes that nobody awaits.
#[derive(Clone)]
pub enum Spawn {
    /// A closure of the program, which has to drive the flush.
    With(Arc<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>),
    /// A tokio runtime.
    #[cfg(feature = "tokio")]
    On(tokio::runtime::Handle),
}

impl Spawn {
    /// Runs a closure in the context of the flush's runtime.
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
            // This runs at the end of a body, perhaps in its destructor while the thread unwinds, so a panic
            // is caught.
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
