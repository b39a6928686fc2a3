//! The current context: what encloses the code that runs now on this thread.
//!
//! One thread-local pointer to the innermost node of an immutable linked list. Guards swap it for a
//! block of code; [`Bound`] swaps it around each poll of a future and around its drop.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::airlock::{Settings, installed};
use crate::executor::Executor;
use crate::origin::Origin;
use crate::policy::{Layer, Policy};
use crate::scope::ScopeCore;

/// One enclosing thing: a scope, a local policy, or an entered airlock.
pub(crate) struct Node {
    pub(crate) parent: Option<Arc<Node>>,
    pub(crate) kind: Kind,
    /// How many nodes enclose this one.
    pub(crate) depth: u32,
    /// Whether an enqueue under this node has to ask anybody before it may buffer.
    pub(crate) asks: bool,
    /// Whether a dispatch of what was enqueued under this node has to ask a policy.
    pub(crate) judges: bool,
    /// Whether an effect's own scope encloses this node, so that intents here have a cause.
    pub(crate) in_effect: bool,
    /// Whether what is enqueued under this node may have an origin.
    pub(crate) has_origin: bool,
    /// Whether the guard that entered this node is gone.
    left: AtomicBool,
}

pub(crate) enum Kind {
    Scope(Box<ScopeCore>),
    Policy(Layer),
    Airlock(Arc<Settings>),
}

impl Node {
    pub(crate) fn new(parent: Option<Arc<Node>>, kind: Kind) -> Arc<Self> {
        let (mut asks, mut judges, in_effect) = match &kind {
            Kind::Scope(core) => {
                let judges = core.policy.is_some();
                let asks = judges || core.executor.is_some() || core.emits.is_some();
                (asks || core.effect.is_some(), judges, core.effect.is_some())
            }
            Kind::Policy(_) => (true, true, false),
            Kind::Airlock(settings) => {
                let judges = settings.policy.is_some();
                (judges || settings.executor.is_some(), judges, false)
            }
        };
        let mut depth = 0;
        let mut parent_in_effect = false;
        let mut has_origin = match &kind {
            Kind::Scope(core) => core.origin.is_some() || core.effect.is_some(),
            _ => false,
        };
        if let Some(parent) = &parent {
            asks |= parent.asks;
            judges |= parent.judges;
            parent_in_effect = parent.in_effect;
            has_origin |= parent.has_origin;
            depth = parent.depth + 1;
        }
        Arc::new(Self {
            parent,
            kind,
            depth,
            asks,
            judges,
            in_effect: in_effect || parent_in_effect,
            has_origin,
            left: AtomicBool::new(false),
        })
    }

    /// This node and all that enclose it, innermost first.
    pub(crate) fn outwards(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Node>> {
        std::iter::successors(Some(self), |node| node.parent.as_ref())
    }

    pub(crate) fn core(&self) -> Option<&ScopeCore> {
        match &self.kind {
            Kind::Scope(core) => Some(core),
            _ => None,
        }
    }

    /// The node of the scope that encloses this node, or is it.
    pub(crate) fn scope_node(self: &Arc<Self>) -> Option<&Arc<Node>> {
        self.outwards()
            .find(|node| matches!(node.kind, Kind::Scope(_)))
    }

    /// The origin given nearest, from this node outwards. What an effect causes has the origin of
    /// the intent that is performed.
    pub(crate) fn origin(self: &Arc<Self>) -> Option<Origin> {
        if !self.has_origin {
            return None;
        }
        for core in self.outwards().filter_map(|node| node.core()) {
            if let Some(origin) = &core.origin {
                return Some(origin.clone());
            }
            if core.effect.is_some() {
                let state = core.state();
                return state.performing.as_ref()?.origin.clone();
            }
        }
        None
    }

    /// The executor named nearest, from this node outwards.
    pub(crate) fn executor(self: &Arc<Self>) -> Option<&Arc<dyn Executor>> {
        self.outwards().find_map(|node| match &node.kind {
            Kind::Scope(core) => core.executor.as_ref(),
            Kind::Airlock(settings) => settings.executor.as_ref(),
            Kind::Policy(_) => None,
        })
    }

    /// The settings of the nearest entered airlock, else of the installed one, else the plain ones.
    pub(crate) fn settings(self: &Arc<Self>) -> &Arc<Settings> {
        self.outwards()
            .find_map(|node| match &node.kind {
                Kind::Airlock(settings) => Some(settings),
                _ => None,
            })
            .unwrap_or_else(|| Settings::plain())
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Scope(core) => write!(f, "scope {}", core.id),
            Kind::Policy(layer) => write!(f, "policy {}", layer.name()),
            Kind::Airlock(_) => f.write_str("airlock"),
        }
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Node>>> = const { RefCell::new(None) };
    static WATCH: Cell<Watch> = const { Cell::new(Watch::Off) };
}

/// What runs now that may only look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Watch {
    Off,
    /// A policy, a lifecycle or an executor's refusal is being asked.
    Judging,
    /// A closure looks at a buffer, whose lock is held.
    Inspecting,
}

/// The innermost node of this thread; outside everything, the installed airlock.
pub(crate) fn current() -> Option<Arc<Node>> {
    CURRENT
        .try_with(|current| current.borrow().clone())
        .ok()
        .flatten()
        .or_else(installed)
}

/// Runs `look` on the innermost node without cloning it. No user code may run in `look`.
pub(crate) fn with_current<T>(look: impl FnOnce(Option<&Arc<Node>>) -> T) -> Option<T> {
    CURRENT
        .try_with(|current| look(current.borrow().as_ref()))
        .ok()
}

fn replace(node: Option<Arc<Node>>) -> Option<Arc<Node>> {
    // While a thread ends nothing is current, and what is entered then is entered in vain.
    CURRENT
        .try_with(|current| current.replace(node))
        .ok()
        .flatten()
}

/// Makes a node current for a block of code. The node that was current before returns, come what may.
pub(crate) fn swap(node: Option<Arc<Node>>) -> Swap {
    Swap {
        outer: replace(node),
        not_send: PhantomData,
    }
}

pub(crate) struct Swap {
    outer: Option<Arc<Node>>,
    not_send: PhantomData<*const ()>,
}

impl Swap {
    /// Ends the block and gives the node that was current at its end.
    pub(crate) fn leave(mut self) -> Option<Arc<Node>> {
        let inner = replace(self.outer.take());
        std::mem::forget(self);
        inner
    }
}

impl Drop for Swap {
    fn drop(&mut self) {
        replace(self.outer.take());
    }
}

/// A node entered by a guard that users hold, so that guards may be dropped in any order.
pub(crate) struct Entered {
    pub(crate) node: Arc<Node>,
    outer: Option<Arc<Node>>,
    not_send: PhantomData<*const ()>,
}

pub(crate) fn enter(node: Arc<Node>) -> Entered {
    let outer = replace(Some(node.clone()));
    Entered {
        node,
        outer,
        not_send: PhantomData,
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.node.left.store(true, Ordering::Relaxed);
        let is_current =
            with_current(|current| current.is_some_and(|current| Arc::ptr_eq(current, &self.node)));
        // Dropped before a guard that was entered later: that one will see that this one has left.
        if is_current == Some(true) {
            let mut outer = self.outer.take();
            while let Some(node) = outer.take_if(|node| node.left.load(Ordering::Relaxed)) {
                outer = node.parent.clone();
            }
            replace(outer);
        }
    }
}

/// Marks that what runs now may only look, until it is dropped.
pub(crate) struct Watching(Watch);

pub(crate) fn watching(watch: Watch) -> Watching {
    Watching(
        WATCH
            .try_with(|current| current.replace(watch))
            .unwrap_or(Watch::Off),
    )
}

pub(crate) fn watch() -> Watch {
    WATCH.try_with(Cell::get).unwrap_or(Watch::Off)
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = WATCH.try_with(|current| current.set(self.0));
    }
}

pin_project! {
    /// A future that is polled and dropped with a context of its own.
    ///
    /// What was current at the end of one poll is current again in the next: a guard that is held
    /// across an await stays with its future instead of leaking into whoever runs next.
    #[must_use = "futures do nothing unless awaited"]
    pub struct Bound<F> {
        #[pin]
        inner: Option<F>,
        context: Option<Arc<Node>>,
        owns: Owns,
    }

    impl<F> PinnedDrop for Bound<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Owns::Scope(node) = &*this.owns
                && this.inner.is_some()
                && let Some(core) = node.core()
            {
                core.close();
            }
            let _swap = swap(this.context.take());
            this.inner.set(None);
        }
    }
}

/// Whether the scope ends with its future.
enum Owns {
    Nothing,
    Scope(Arc<Node>),
}

impl<F: Future> Bound<F> {
    /// Binds a future to a context that lives on without it.
    pub(crate) fn joining(context: Arc<Node>, inner: F) -> Self {
        Self {
            inner: Some(inner),
            context: Some(context),
            owns: Owns::Nothing,
        }
    }

    /// Binds a future to its own scope, which accepts nothing more once the future is dropped.
    pub(crate) fn owning(node: Arc<Node>, inner: F) -> Self {
        Self {
            inner: Some(inner),
            context: Some(node.clone()),
            owns: Owns::Scope(node),
        }
    }
}

impl<F: Future> Future for Bound<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let swap = swap(this.context.take());
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            panic!("a future was polled after it had finished");
        };
        let span = match &*this.owns {
            Owns::Scope(node) => node.core().map(|core| core.span.enter()),
            Owns::Nothing => None,
        };
        let poll = inner.poll(cx);
        drop(span);
        if poll.is_ready() {
            this.inner.set(None);
        }
        *this.context = swap.leave();
        poll
    }
}

impl<F> fmt::Debug for Bound<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bound")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}
