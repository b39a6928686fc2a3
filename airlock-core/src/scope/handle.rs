//! Looking at a scope, and carrying it to other threads and tasks.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::context::{self, Bound, Node, Watch};
use crate::effect::{Effect, Repeatable};
use crate::flush::FlushError;
use crate::intent::Intent;
use crate::origin::Origin;
use crate::scope::{Phase, ScopeBuilder, ScopeId, Steps};
use crate::snapshot::Snapshot;

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
    /// The innermost node: the scope's own, or a local policy in it.
    node: Arc<Node>,
}

/// The scope that encloses the running code, with the local policies in force; `None` outside.
pub fn current() -> Option<Scope> {
    let node = context::current()?;
    node.scope_node()?;
    Some(Scope { node })
}

impl Scope {
    pub(crate) fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    pub(crate) fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) fn node_mut(&mut self) -> &mut Arc<Node> {
        &mut self.node
    }

    pub(crate) fn core(&self) -> &crate::scope::ScopeCore {
        match self.node.scope_node().and_then(|node| node.core()) {
            Some(core) => core,
            None => unreachable!("a handle is only made where a scope encloses"),
        }
    }

    /// Its id.
    pub fn id(&self) -> ScopeId {
        self.core().id
    }

    /// Its name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.core().name_str()
    }

    /// Where its work comes from: its own origin, or that of the nearest scope around it that has
    /// one. In an effect, the origin of the intent that is performed.
    pub fn origin(&self) -> Option<Origin> {
        self.node.origin().cloned()
    }

    /// The scope around it, which captures what this one would dispatch unless it releases it;
    /// `None` if there is none, and in an effect, which no scope captures.
    pub fn parent(&self) -> Option<Scope> {
        let own = self.node.scope_node()?;
        if own.core()?.effect.is_some() {
            return None;
        }
        let parent = own.parent.as_ref()?;
        parent.scope_node()?;
        Some(Scope::new(parent.clone()))
    }

    /// How many intents it holds.
    pub fn len(&self) -> usize {
        let core = self.core();
        context::inspected(core.id).unwrap_or_else(|| core.state().buffer.len())
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it still accepts intents.
    pub fn is_open(&self) -> bool {
        let core = self.core();
        context::inspected(core.id).is_some() || core.state().phase == Phase::Open
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
            context::watch() != Watch::Inspecting,
            "the closure of an assertion or of `Scope::inspect` looks at a scope already: take what you need out of it, and look again afterwards"
        );
        let core = self.core();
        let state = core.state();
        let _inspecting = context::inspecting(core.id, state.buffer.len());
        look(&state.buffer)
    }

    /// What it holds now, in a form that lasts and prints as a table.
    pub fn snapshot(&self) -> Snapshot {
        self.inspect(|intents| intents.iter().collect())
    }

    /// The intents of one effect that it holds, in order.
    pub fn enqueued<E: Repeatable>(&self) -> Vec<E> {
        self.inspect(|intents| {
            intents
                .iter()
                .filter_map(|intent| intent.downcast_ref::<E>()?.repeat())
                .collect()
        })
    }

    /// How many intents of one effect it holds.
    pub fn count<E: Effect>(&self) -> usize {
        self.inspect(|intents| intents.iter().filter(|intent| intent.is::<E>()).count())
    }

    /// Takes out what it holds.
    pub(crate) fn take_intents(&self) -> Vec<Intent> {
        let Some(node) = self.node.scope_node() else {
            return Vec::new();
        };
        let mut intents = std::mem::take(&mut self.core().state().buffer);
        for intent in &mut intents {
            intent.facts.keep_node(node);
        }
        intents
    }

    /// Runs a closure in this scope, on whatever thread this is.
    pub fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        let _swap = context::swap(Some(self.node.clone()));
        let _span = self.core().enter_span();
        work()
    }

    /// As [`enter`](Self::enter), for work that is driven in steps, such as a stream: see [`Steps`].
    pub fn steps(&self) -> Steps {
        Steps::new(self.clone())
    }

    /// Makes a future run in this scope, on whatever task polls it. The scope ends without it:
    /// what the future enqueues later is refused.
    pub fn bind<F: Future>(&self, future: F) -> Bound<F> {
        Bound::joining(self.node.clone(), future)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let core = self.core();
        f.debug_struct("Scope")
            .field("id", &core.id)
            .field("name", &core.name_str())
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
