//! The shared part of a scope, made when somebody asks for a handle.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::context::head::Head;
use crate::intent::{Intent, Special};

/// A scope that handles refer to: its buffer is behind a lock, for whatever thread.
pub(crate) struct Shared {
    pub(crate) head: Head,
    /// The scope that captures what this one would dispatch.
    pub(crate) parent: Option<Arc<Shared>>,
    /// How many scopes within it wait for the body of their response.
    pub(crate) waiting_within: AtomicUsize,
    state: Mutex<State>,
    asking: Mutex<()>,
}

/// What a scope holds, and whether it takes more.
pub(crate) struct State {
    pub(crate) phase: Phase,
    /// Whether scopes within this one dispatch when they end, unless a lifecycle decides that.
    pub(crate) releases: bool,
    /// Whether it may wait for the body of its response.
    pub(crate) may_wait: bool,
    pub(crate) buffer: Vec<Intent>,
    /// What has to be looked for in the buffer.
    pub(crate) special: Special,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// Its future is being dropped: nested scopes may still be captured, nothing may be enqueued.
    Closing,
    Ended,
}

impl Shared {
    pub(crate) fn new(head: Head, parent: Option<Arc<Shared>>, state: State) -> Arc<Self> {
        Arc::new(Self {
            head,
            parent,
            waiting_within: AtomicUsize::new(0),
            state: Mutex::new(state),
            asking: Mutex::new(()),
        })
    }

    /// A scope that has ended, where none can be found.
    pub(crate) fn ended() -> Arc<Self> {
        let head = Head::idle();
        let state = State {
            phase: Phase::Ended,
            releases: false,
            may_wait: false,
            buffer: Vec::new(),
            special: Special::NOTHING,
        };
        Self::new(head, None, state)
    }

    #[inline]
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // A panic under the lock can only come from a closure that looks: the buffer is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets one intent at a time be asked about and buffered, so that a policy that counts the buffer
    /// counts right.
    pub(crate) fn asking(&self) -> MutexGuard<'_, ()> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the waiting intent into the buffer if the scope is open. Returns whether it did.
    pub(crate) fn buffer(&self, waiting: &mut Vec<Intent>) -> bool {
        let mut state = self.state();
        if state.phase == Phase::Open {
            for intent in waiting.iter() {
                state.special.add(Special::from_intent(intent));
            }
            state.buffer.append(waiting);
        }
        waiting.is_empty()
    }

    /// Whether scopes within it may dispatch without asking for each intent.
    pub(crate) fn releases_all(&self) -> bool {
        if self.head.has_lifecycle() {
            return false;
        }
        let state = self.state();
        state.releases && state.phase != Phase::Ended
    }

    /// Accepts nothing more from code; what nested scopes hold can still be captured.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
        }
    }

    /// Ends the scope without a flush, and takes its buffer.
    pub(crate) fn end(&self) -> Vec<Intent> {
        let mut state = self.state();
        state.phase = Phase::Ended;
        std::mem::take(&mut state.buffer)
    }

    /// Ends the scope and takes its buffer, if nothing in it is special.
    pub(crate) fn end_if_plain(&self) -> Option<Vec<Intent>> {
        let mut state = self.state();
        if !state.special.is_nothing() {
            return None;
        }
        state.phase = Phase::Ended;
        Some(std::mem::take(&mut state.buffer))
    }

    /// This scope and those that may capture it, nearest first.
    pub(crate) fn outwards(self: &Arc<Self>) -> impl Iterator<Item = &Arc<Shared>> {
        std::iter::successors(Some(self), |scope| scope.parent.as_ref())
    }
}

impl State {
    /// Takes an intent into the buffer.
    #[inline]
    pub(crate) fn accept(&mut self, intent: Intent) {
        self.special.add(Special::from_intent(&intent));
        self.buffer.push(intent);
    }
}

/// A chain of scopes may be a hundred thousand long: freed one after the other, not by recursion.
impl Drop for Shared {
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(scope) = next {
            next = Arc::into_inner(scope).and_then(|mut scope| scope.parent.take());
        }
    }
}
