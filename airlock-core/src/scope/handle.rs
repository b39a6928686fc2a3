//! Looking at a scope, and carrying it to other threads and tasks.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::context::{
    self, AfterLooking, Around, Context, Entered, Mode, Phase, ScopedFuture, Shared,
};
use crate::effect::Effect;
use crate::intent::{Intent, Origin, ScopeId};
use crate::report::{FlushError, Snapshot};
use crate::scope::ScopeBuilder;

/// A handle to a scope, with the local policies under which it was taken.
///
/// Spawned tasks and threads inherit nothing. To let one enqueue into this scope, hand it a clone:
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
    /// Where code under this handle is: in the scope, or under a local policy in it.
    around: Around,
}

/// The scope that encloses the running code, with the local policies in force; `None` outside.
///
/// The handle can be kept and sent elsewhere: a scope that has handles keeps its buffer behind a lock.
pub fn current() -> Option<Scope> {
    let (shared, around) = context::current()?;
    Some(Scope { shared, around })
}

impl Scope {
    /// The scope itself, without local policies.
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

    /// Its id.
    pub fn id(&self) -> ScopeId {
        self.shared.head.id
    }

    /// Its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.shared.head.name_str()
    }

    /// Where its work comes from: its own origin, or that of the nearest scope around it that has
    /// one. In an effect, the origin of the intent that is performed.
    pub fn origin(&self) -> Option<Origin> {
        self.shared.head.origin.clone()
    }

    /// The scope around it, which captures what this one would dispatch unless it releases it;
    /// `None` if there is none, and in an effect, which no scope captures.
    pub fn parent(&self) -> Option<Scope> {
        self.shared.parent.clone().map(Self::from_shared)
    }

    /// How many intents it holds.
    pub fn len(&self) -> usize {
        let inspected = context::inspected(self.id());
        inspected.unwrap_or_else(|| self.shared.state().buffer.len())
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it still accepts intents.
    pub fn is_open(&self) -> bool {
        context::inspected(self.id()).is_some() || self.shared.state().phase == Phase::Open
    }

    /// Shows what it holds to a closure, in order: its own intents and captured ones, also those
    /// that a policy will drop.
    ///
    /// # Panics
    ///
    /// If it is called from within another `inspect` or the closure of an assertion, or the closure enqueues or ends a scope: looking
    /// changes nothing. The same holds for what the other methods call on intents: `Clone` and `Debug`.
    #[track_caller]
    pub fn inspect<T>(&self, look: impl FnOnce(&[Intent]) -> T) -> T {
        // Asked first, since the lock is held already where it is the same scope.
        assert!(
            context::mode() != Mode::Inspecting,
            "the closure of an assertion or of `Scope::inspect` looks at a scope already: take what you need out of it, and look again afterwards"
        );
        let _after = AfterLooking::new();
        let state = self.shared.state();
        let _inspecting = context::inspecting(self.id(), state.buffer.len());
        look(&state.buffer)
    }

    /// What it holds now, in a form that lasts and prints as a table.
    pub fn snapshot(&self) -> Snapshot {
        self.inspect(|intents| intents.iter().collect())
    }

    /// The intents of one effect that it holds, in order.
    pub fn enqueued<E: Effect + Clone>(&self) -> Vec<E> {
        self.inspect(|intents| {
            intents
                .iter()
                .filter_map(|intent| intent.downcast_ref::<E>().cloned())
                .collect()
        })
    }

    /// How many intents of one effect it holds.
    pub fn count<E: Effect>(&self) -> usize {
        self.inspect(|intents| intents.iter().filter(|intent| intent.is::<E>()).count())
    }

    /// Takes out what it holds.
    pub(crate) fn take_intents(&self) -> Vec<Intent> {
        let mut intents = std::mem::take(&mut self.shared.state().buffer);
        for intent in &mut intents {
            if intent.data.place().is_none() {
                self.shared.head.around.remember(&mut intent.data);
            }
        }
        intents
    }

    /// Runs a closure in this scope, on whatever thread this is.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let _entered = Entered::context(self.context());
        let _span = self.shared.head.span.as_ref().map(|span| span.enter());
        work()
    }

    /// Makes a future run in this scope, on whatever task polls it. The scope ends without it:
    /// what the future enqueues later is refused.
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

/// Scopes behind a future: `work().in_scope(airlock::scope()).await`.
pub trait InScope: Future + Sized {
    /// Runs the future in a scope of its own that ends as its result says.
    fn in_scope<T, E>(self, scope: ScopeBuilder) -> impl Future<Output = Result<T, E>>
    where
        Self: Future<Output = Result<T, E>>,
        E: From<FlushError>,
    {
        scope.run_async(|_| self)
    }
}

impl<F: Future> InScope for F {}
