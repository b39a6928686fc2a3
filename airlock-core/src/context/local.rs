//! The context of a thread, and the guards that change it for a block of code.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::sync::Arc;

use crate::airlock::installed;
use crate::cause::Cause;
use crate::context::stage::{Frame, FrameCells, scope_of};
use crate::context::{Kind, Node};
use crate::intent::Intent;
use crate::origin::Origin;
use crate::scope::{ScopeCore, ScopeId};

/// What this thread knows of its context.
pub(super) struct Local {
    pub(super) current: RefCell<Option<Arc<Node>>>,
    pub(super) watch: Cell<Watch>,
    /// The scope whose buffer is looked at, and how much it holds: its lock is held meanwhile.
    inspected: Cell<Option<(ScopeId, usize)>>,
    /// The effect that is performed under `current`, while nobody has needed its own scope.
    pub(super) frame: FrameCells,
    /// What caused the intent of `frame`, and where it came from.
    pub(super) frame_cause: RefCell<Option<Arc<Cause>>>,
    pub(super) frame_origin: RefCell<Option<Origin>>,
    /// The scope that was made of the last frame.
    pub(super) made: RefCell<Option<Arc<Node>>>,
    /// A node and a buffer that serve again: one scope after the other costs no allocation.
    spare: RefCell<Option<Arc<Node>>>,
    spare_buffer: Cell<Vec<Intent>>,
}

/// The largest buffer that is kept for the next scope, in intents.
const SPARE_BUFFER: usize = 64;

thread_local! {
    static LOCAL: Local = const {
        Local {
            current: RefCell::new(None),
            watch: Cell::new(Watch::Off),
            inspected: Cell::new(None),
            frame: FrameCells::none(),
            frame_cause: RefCell::new(None),
            frame_origin: RefCell::new(None),
            made: RefCell::new(None),
            spare: RefCell::new(None),
            spare_buffer: Cell::new(Vec::new()),
        }
    };
}

impl Local {
    /// Does something with the local context; nothing while the thread ends.
    #[inline]
    pub(super) fn with<T>(work: impl FnOnce(&Local) -> T) -> Option<T> {
        LOCAL.try_with(work).ok()
    }

    /// Makes the scope of the effect under way, now that somebody needs it.
    #[inline]
    pub(super) fn settle_frame(&self) {
        if let Some(frame) = self.frame.take() {
            self.make_scope(frame);
        }
    }

    #[cold]
    fn make_scope(&self, frame: Frame) {
        let parent = self.current.take();
        let (cause, origin) = (self.frame_cause.take(), self.frame_origin.take());
        let node = scope_of(parent, frame, cause, origin);
        self.made.replace(Some(node.clone()));
        self.current.replace(Some(node));
    }
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
    Local::with(|local| {
        local.settle_frame();
        local.current.borrow().clone()
    })
    .flatten()
    .or_else(installed)
}

/// Runs `look` on the innermost scope, where code stands directly in it and may enqueue without that
/// anybody has to be asked: then nothing is cloned. No user code may run in `look`.
#[inline]
pub(crate) fn with_plain_scope<T>(
    look: impl FnOnce(&Arc<Node>, &ScopeCore) -> Option<T>,
) -> Option<T> {
    Local::with(|local| {
        if local.frame.is_set() || local.watch.get() != Watch::Off {
            return None;
        }
        let current = local.current.borrow();
        match current.as_ref() {
            Some(node) if !node.asks => look(node, node.core()?),
            _ => None,
        }
    })
    .flatten()
}

fn is_current(node: &Arc<Node>) -> bool {
    let is_current = Local::with(|local| {
        let current = local.current.borrow();
        current.as_ref().is_some_and(|it| Arc::ptr_eq(it, node))
    });
    is_current == Some(true)
}

#[inline]
fn replace(node: Option<Arc<Node>>) -> Option<Arc<Node>> {
    // While a thread ends nothing is current, and what is entered then is entered in vain.
    Local::with(|local| {
        local.settle_frame();
        local.current.replace(node)
    })
    .flatten()
}

/// An empty buffer for a scope.
pub(crate) fn lend_buffer() -> Vec<Intent> {
    Local::with(|local| local.spare_buffer.take()).unwrap_or_default()
}

/// Takes a buffer back that is empty now.
pub(crate) fn return_buffer(buffer: Vec<Intent>) {
    if buffer.capacity() <= SPARE_BUFFER {
        let _ = Local::with(|local| local.spare_buffer.set(buffer));
    }
}

/// Makes a node current for a block of code. The node that was current before returns, come what may.
#[inline]
pub(crate) fn swap(node: Option<Arc<Node>>) -> Swap {
    Swap {
        outer: Displaced::of(replace(node)),
        not_send: PhantomData,
    }
}

pub(crate) struct Swap {
    outer: Displaced,
    not_send: PhantomData<*const ()>,
}

impl Swap {
    /// Ends the block and gives the node that was current at its end.
    #[inline]
    pub(crate) fn leave(mut self) -> Option<Arc<Node>> {
        let inner = replace(self.outer.restored());
        std::mem::forget(self);
        inner
    }
}

impl Drop for Swap {
    #[inline]
    fn drop(&mut self) {
        replace(self.outer.restored());
    }
}

/// What was current before something else was entered.
pub(super) struct Displaced {
    node: Option<Arc<Node>>,
    /// Whether its guard had left before: then it was entered again on purpose.
    had_left: bool,
}

impl Displaced {
    #[inline]
    fn of(node: Option<Arc<Node>>) -> Self {
        let had_left = node.as_ref().is_some_and(|node| node.left.get().is_some());
        Self { node, had_left }
    }

    /// What is to be current again: past the nodes whose guards have left meanwhile.
    #[inline]
    fn restored(&mut self) -> Option<Arc<Node>> {
        let node = self.node.take()?;
        match node.left.get() {
            Some(before) if !self.had_left => before.resolved(),
            _ => Some(node),
        }
    }

    #[cold]
    fn resolved(&self) -> Option<Arc<Node>> {
        let mut this = self;
        while let Some(before) = this.node.as_ref().and_then(|node| node.left.get())
            && !this.had_left
        {
            this = before;
        }
        this.node.clone()
    }
}

/// A node entered by a guard that users hold, so that guards may be dropped in any order.
pub(crate) struct Entered {
    pub(crate) node: Arc<Node>,
    outer: Displaced,
    not_send: PhantomData<*const ()>,
}

pub(crate) fn enter(node: Arc<Node>) -> Entered {
    let outer = Displaced::of(replace(Some(node.clone())));
    Entered {
        node,
        outer,
        not_send: PhantomData,
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if is_current(&self.node) {
            replace(self.outer.restored());
        } else {
            // Dropped before what was entered later: that will see that this one has left.
            let before = Displaced {
                node: self.outer.node.take(),
                had_left: self.outer.had_left,
            };
            let _ = self.node.left.set(before);
        }
    }
}

/// Marks that what runs now may only look, until it is dropped.
pub(crate) struct Watching(Watch);

pub(crate) fn watching(watch: Watch) -> Watching {
    Watching(Local::with(|local| local.watch.replace(watch)).unwrap_or(Watch::Off))
}

/// Marks that this scope's buffer, with so many intents, is looked at until the mark is dropped.
pub(crate) fn inspecting(scope: ScopeId, len: usize) -> Inspecting {
    let _ = Local::with(|local| local.inspected.set(Some((scope, len))));
    Inspecting(watching(Watch::Inspecting))
}

pub(crate) struct Inspecting(#[allow(dead_code, reason = "ends with it")] Watching);

impl Drop for Inspecting {
    fn drop(&mut self) {
        let _ = Local::with(|local| local.inspected.set(None));
    }
}

/// How much the scope holds, if its buffer is looked at on this thread.
pub(crate) fn inspected(scope: ScopeId) -> Option<usize> {
    let (inspected, len) = Local::with(|local| local.inspected.get()).flatten()?;
    (inspected == scope).then_some(len)
}

pub(crate) fn watch() -> Watch {
    Local::with(|local| local.watch.get()).unwrap_or(Watch::Off)
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = Local::with(|local| local.watch.set(self.0));
    }
}

impl Node {
    /// A node, in the place of one that is spare if there is one.
    pub(crate) fn new(parent: Option<Arc<Node>>, kind: Kind) -> Arc<Self> {
        let node = Node::enclosed(parent, kind);
        let spare = Local::with(|local| local.spare.take()).flatten();
        match spare {
            Some(mut spare) => {
                if let Some(place) = Arc::get_mut(&mut spare) {
                    *place = node;
                    return spare;
                }
                Arc::new(node)
            }
            None => Arc::new(node),
        }
    }

    /// Ends the use of a node. If nobody else has it, it will serve again.
    pub(crate) fn retire(node: &mut Arc<Node>) {
        if let Some(place) = Arc::get_mut(node) {
            // What it held goes now: users' destructors are not put off.
            drop(std::mem::replace(place, Node::idle()));
            let _ = Local::with(|local| local.spare.replace(Some(node.clone())));
        }
    }
}
