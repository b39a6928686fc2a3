//! The shared part of a scope, made when a handle is needed.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::context::head::Head;
use crate::intent::{Intent, Special};

/// A scope that handles refer to. Its buffer is behind a lock, since handles may be used on any thread.
pub(crate) struct Shared {
    pub(crate) head: Head,
    /// The scope that captures what this one would dispatch.
    pub(crate) parent: Option<Arc<Shared>>,
    /// The number of scopes within it that wait for the body of their response.
    pub(crate) waiting_within: AtomicUsize,
    state: Mutex<State>,
    // Locked before `state`, and never while `state` is held: policies run under this lock, and may look at the
    // buffer.
    asking: Mutex<()>,
}

/// The buffer of a scope, and whether it accepts more.
pub(crate) struct State {
    pub(crate) phase: Phase,
    /// `true` if scopes within this one dispatch when they end. If this scope has a lifecycle, the lifecycle decides
    /// instead.
    pub(crate) releases: bool,
    /// `true` if it may wait for the body of its response.
    pub(crate) may_wait: bool,
    pub(crate) buffer: Vec<Intent>,
    /// The features of its intents that the stages of a flush must look for.
    pub(crate) special: Special,
}

/// The phase of a scope's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Open,
    /// Its future is being dropped. It captures nested scopes, and refuses enqueues.
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

    /// Makes a scope that has ended, as a placeholder.
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

    /// Locks the buffer.
    #[inline]
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // Poisoning is ignored: only a closure that inspects the buffer panics under the lock, and it cannot
        // leave the buffer half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets policies judge and the scope buffer one intent at a time. Two threads could otherwise both pass a policy
    /// that counts the buffer.
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

    /// Puts back intents that were taken out of the buffer, ahead of those that were enqueued meanwhile.
    pub(crate) fn put_back(&self, mut intents: Vec<Intent>) {
        let mut state = self.state();
        intents.append(&mut state.buffer);
        state.buffer = intents;
    }

    /// Returns whether scopes within it may dispatch without consulting a lifecycle about each intent.
    pub(crate) fn releases_all(&self) -> bool {
        if self.head.has_lifecycle() {
            return false;
        }
        let state = self.state();
        state.releases && state.phase != Phase::Ended
    }

    /// Makes the scope refuse enqueues. It still captures nested scopes.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
        }
    }

    /// Ends the scope without a flush and takes its buffer.
    pub(crate) fn end(&self) -> Vec<Intent> {
        let mut state = self.state();
        state.phase = Phase::Ended;
        std::mem::take(&mut state.buffer)
    }

    /// Ends the scope and takes its buffer if nothing in it is special. Otherwise leaves the scope as it is.
    pub(crate) fn end_if_plain(&self) -> Option<Vec<Intent>> {
        // One lock for the check and the end: another thread may enqueue in between.
        let mut state = self.state();
        if !state.special.is_nothing() {
            return None;
        }
        state.phase = Phase::Ended;
        Some(std::mem::take(&mut state.buffer))
    }

    /// Returns this scope and those that may capture it, nearest first.
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

/// Frees a chain of scopes in a loop: it may be a hundred thousand long, and recursion would overflow the stack.
impl Drop for Shared {
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(scope) = next {
            next = Arc::into_inner(scope).and_then(|mut scope| scope.parent.take());
        }
    }
}
