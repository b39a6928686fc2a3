//! Marking that what runs now may only look.

use crate::context::stack::{Local, Mode};
use crate::intent::ScopeId;

/// What runs now on this thread.
pub(crate) fn mode() -> Mode {
    Local::with(|local| local.mode.get()).unwrap_or(Mode::Plain)
}

/// Sets the mode until it is dropped.
pub(crate) struct InMode(Mode);

fn enter(mode: Mode) -> InMode {
    let before = Local::with(|local| {
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

/// Lets what runs now judge and enqueue nothing, until the mark is dropped.
pub(crate) fn judging() -> InMode {
    enter(Mode::Judging)
}

/// Marks that this scope's buffer, with so many intents, is looked at until the mark is dropped.
pub(crate) fn inspecting(scope: ScopeId, len: usize) -> Inspecting {
    let before = Local::with(|local| local.inspected.replace(Some((scope, len)))).flatten();
    Inspecting {
        before,
        _mode: enter(Mode::Inspecting),
    }
}

pub(crate) struct Inspecting {
    before: Option<(ScopeId, usize)>,
    _mode: InMode,
}

impl Drop for Inspecting {
    fn drop(&mut self) {
        let _ = Local::with(|local| local.inspected.set(self.before));
    }
}

/// Ends scopes that were dropped while a closure looked at a buffer, when it is dropped itself: made before
/// the lock of the buffer is taken.
pub(crate) struct AfterLooking(());

impl AfterLooking {
    pub(crate) fn new() -> Self {
        Self(())
    }
}

impl Drop for AfterLooking {
    fn drop(&mut self) {
        let put_off = Local::with(|local| local.put_off.take());
        for end in put_off.unwrap_or_default() {
            end();
        }
    }
}

/// Puts the end of a scope off until the closure that looks at a buffer has returned.
pub(crate) fn put_off(end: impl FnOnce() + 'static) {
    let _ = Local::with(|local| local.put_off.borrow_mut().push(Box::new(end)));
}

/// How much the scope holds, if its buffer is looked at on this thread.
pub(crate) fn inspected(scope: ScopeId) -> Option<usize> {
    let (inspected, len) = Local::with(|local| local.inspected.get()).flatten()?;
    (inspected == scope).then_some(len)
}
