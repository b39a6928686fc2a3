//! Handles to scopes, to inspect them or to send them to other threads and tasks.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::context::{
    self, AfterLooking, Around, Context, Entered, Mode, Phase, ScopedFuture, Shared,
};
use crate::effect::Effect;
use crate::intent::{Intent, Origin, ScopeId};
use crate::report::Snapshot;
use crate::scope::{FromFlushError, ScopeBuilder};

/// A handle to a scope, with the local policies under which it was taken.
///
/// Spawned tasks and threads inherit no scope. To let one enqueue into this scope, pass it a clone:
///
/// ```
/// # use airlock_core as airlock;
/// let ended = airlock::scope().run_infallible(|scope| {
///     let scope = scope.clone();
///     let seen = std::thread::spawn(move || scope.enter(|| airlock::current().map(|s| s.id())));
///     seen.join().ok().flatten()
/// })?;
/// assert!(ended.value.is_some());
/// # Ok::<(), airlock::FlushError>(())
/// ```
#[derive(Clone)]
pub struct Scope {
    shared: Arc<Shared>,
    /// The places around code under this handle: those of the scope, or of a local policy in it.
    around: Around,
}

/// Returns the scope that encloses the calling code, with the local policies around that code.
/// `None` outside of every scope.
///
/// The handle can be kept and sent to another thread. A scope that has a handle keeps its buffer
/// behind a lock.
pub fn current() -> Option<Scope> {
    let (shared, around) = context::current()?;
    Some(Scope { shared, around })
}

impl Scope {
    /// Returns a handle to the scope itself, without local policies.
    pub(crate) fn from_shared(shared: Arc<Shared>) -> Self {
        let around = shared.head.around.clone();
        Self { shared, around }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn context(&self) -> Context {
        Context::Scope(self.shared.clone(), self.around.clone())
    }

    /// Returns the scope's id.
    pub fn id(&self) -> ScopeId {
        self.shared.head.id
    }

    /// Returns the scope's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.shared.head.name_str()
    }

    /// Returns where the scope's work comes from: its own origin, or that of the nearest enclosing
    /// scope with an origin. In an effect, returns the origin of the intent that is performed.
    pub fn origin(&self) -> Option<Origin> {
        self.shared.head.origin.clone()
    }

    /// Returns the enclosing scope, which captures what this one would dispatch unless it releases
    /// it. `None` if there is none, and in an effect, whose scope is never captured.
    pub fn parent(&self) -> Option<Scope> {
        self.shared.parent.clone().map(Self::from_shared)
    }

    /// Returns the number of intents that the scope holds.
    pub fn len(&self) -> usize {
        // A closure on this thread that inspects the scope holds its lock already.
        let inspected = context::inspected(self.id());
        inspected.unwrap_or_else(|| self.shared.state().buffer.len())
    }

    /// Returns `true` if the scope holds no intents.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns `true` if the scope still accepts intents.
    pub fn is_open(&self) -> bool {
        context::inspected(self.id()).is_some() || self.shared.state().phase == Phase::Open
    }

    /// Calls a closure with the intents that the scope holds, in order, and returns its result.
    /// These are its own intents and captured ones, including those that a policy will drop.
    ///
    /// # Panics
    ///
    /// If it is called in the closure of another `inspect` or of an assertion, or if the closure
    /// enqueues or ends a scope. The other methods that return intents call their `Clone` and
    /// `Debug` implementations, to which the same applies.
    #[track_caller]
    pub fn inspect<T>(&self, look: impl FnOnce(&[Intent]) -> T) -> T {
        // Checked before locking, since this thread holds the lock if it is the same scope.
        assert!(
            context::mode() != Mode::Inspecting,
            "the closure of an assertion or of `Scope::inspect` is already inspecting a scope: return what you need from the closure, and inspect it again afterwards"
        );
        let _after = AfterLooking::new();
        let state = self.shared.state();
        let _inspecting = context::inspecting(self.id(), state.buffer.len());
        look(&state.buffer)
    }

    /// Returns a copy of what the scope holds now, which prints as a table.
    pub fn snapshot(&self) -> Snapshot {
        self.inspect(|intents| intents.iter().collect())
    }

    /// Returns the intents of one effect that the scope holds, in order.
    pub fn enqueued<E: Effect + Clone>(&self) -> Vec<E> {
        self.inspect(|intents| {
            intents
                .iter()
                .filter_map(|intent| intent.downcast_ref::<E>().cloned())
                .collect()
        })
    }

    /// Returns the number of intents of one effect that the scope holds.
    pub fn count<E: Effect>(&self) -> usize {
        self.inspect(|intents| intents.iter().filter(|intent| intent.is::<E>()).count())
    }

    /// Takes the intents out of the scope.
    pub(crate) fn take_intents(&self) -> Vec<Intent> {
        let mut intents = std::mem::take(&mut self.shared.state().buffer);
        for intent in &mut intents {
            if intent.info.place().is_none() {
                self.shared.head.around.remember(&mut intent.info);
            }
        }
        intents
    }

    /// Runs a closure in this scope, on the caller's thread.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = Entered::context(self.context());
        let _span = self.shared.head.span.as_ref().map(|span| span.enter());
        work()
    }

    /// Makes a future run in this scope, on whichever task polls it. The scope does not wait for
    /// the future: it refuses what the future enqueues after its end.
    pub fn bind<F: Future>(&self, future: F) -> ScopedFuture<F> {
        ScopedFuture::new(self.context(), future)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("id", &self.id())
            .field("name", &self.name())
            .finish()
    }
}

/// An extension trait that runs a future in a scope: `work().in_scope(airlock::scope()).await`.
pub trait InScope: Future + Sized {
    /// Runs the future in a new scope, like [`ScopeBuilder::run_async`].
    ///
    /// # Errors
    ///
    /// The future's error, or a failed flush converted into `E`.
    fn in_scope<T, E>(self, scope: ScopeBuilder) -> impl Future<Output = Result<T, E>>
    where
        Self: Future<Output = Result<T, E>>,
        E: FromFlushError,
    {
        scope.run_async(|_| self)
    }
}

impl<F: Future> InScope for F {}
