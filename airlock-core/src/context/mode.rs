//! Marks code that may look at scopes and must not enqueue.

use crate::context::stack::{Local, Mode};
use crate::intent::ScopeId;

/// Returns the kind of code that runs on this thread.
pub(crate) fn mode() -> Mode {
    Local::with(|local| local.mode.get()).unwrap_or(Mode::Plain)
}

/// Sets the mode until it is dropped.
pub(crate) struct InMode(Mode);

/// Enters a mode.
fn enter(mode: Mode) -> InMode {
    let before = Local::with(|local| {
        // `Mode::Effect` is about to be overwritten. Without its scope, the code would see the scope around the
        // effect as the current one.
        local.open_effect_scope();
        local.mode.replace(mode)
    });
    InMode(before.unwrap_or(Mode::Plain))
}

impl Drop for InMode {
    fn drop(&mut self) {
        let _ = Local::with(|local| local.mode.set(self.0));
    }
}

/// Refuses enqueues on this thread until the mark is dropped.
pub(crate) fn judging() -> InMode {
    enter(Mode::Judging)
}

/// Marks that the buffer of this scope, with `len` intents, is being inspected, until the mark is dropped.
pub(crate) fn inspecting(scope: ScopeId, len: usize) -> Inspecting {
    let before = Local::with(|local| local.inspected.replace(Some((scope, len)))).flatten();
    Inspecting {
        before,
        _mode: enter(Mode::Inspecting),
    }
}

/// Resets the inspected scope and the mode.
pub(crate) struct Inspecting {
    before: Option<(ScopeId, usize)>,
    _mode: InMode,
}

impl Drop for Inspecting {
    fn drop(&mut self) {
        let _ = Local::with(|local| local.inspected.set(self.before));
    }
}

/// Ends, when it is dropped, the scopes that were dropped while a closure inspected a buffer.
///
/// Made before the buffer is locked, so that it is dropped after the unlock: ending a scope runs user code, and
/// may lock the same buffer.
pub(crate) struct AfterLooking(());

impl AfterLooking {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

impl Drop for AfterLooking {
    fn drop(&mut self) {
        // Taken out first: ending a scope runs user code, which may inspect a buffer and defer another end.
        let put_off = Local::with(|local| local.put_off.take());
        for end in put_off.unwrap_or_default() {
            end();
        }
    }
}

/// Defers the end of a scope until the closure that inspects a buffer has returned.
pub(crate) fn put_off(end: impl FnOnce() + 'static) {
    let _ = Local::with(|local| local.put_off.borrow_mut().push(Box::new(end)));
}

/// Returns the number of intents in the scope if its buffer is being inspected on this thread. The buffer's lock
/// is held then: locking it again would deadlock.
pub(crate) fn inspected(scope: ScopeId) -> Option<usize> {
    let (inspected, len) = Local::with(|local| local.inspected.get()).flatten()?;
    (inspected == scope).then_some(len)
}
