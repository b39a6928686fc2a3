//! Entering a context for a block of code, and guards that users hold.

use std::collections::HashSet;
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::frame::{Frame, GuardMark, Holds, Parent};
use crate::context::stack::{Frames, Local, around, recycle};
use crate::context::{Around, Head, PlaceKind, Shared, current};
use crate::policy::Layer;

/// A context in which code can run.
#[derive(Clone)]
pub(crate) enum Context {
    /// A scope, entered by a handle, and the places around the code in it.
    Scope(Arc<Shared>, Around),
    /// No scope. The places around the code may still hold an airlock or local policies.
    Nobody(Around),
}

impl Context {
    /// Returns the context of the running code, for code that runs elsewhere.
    pub(crate) fn here() -> Self {
        match current() {
            Some((shared, around)) => Self::Scope(shared, around),
            None => Self::Nobody(around()),
        }
    }

    /// Adds a local policy.
    pub(crate) fn under(self, policy: Layer) -> Self {
        let kind = PlaceKind::Policy(policy);
        match self {
            Self::Scope(shared, around) => Self::Scope(shared, around.with(kind)),
            Self::Nobody(around) => Self::Nobody(around.with(kind)),
        }
    }

    /// Makes the frame that puts code in this context.
    pub(crate) fn frame(self) -> Box<Frame> {
        let (holds, around) = match self {
            Self::Scope(shared, around) => (Holds::Shared(shared), around),
            Self::Nobody(around) => (Holds::Nobody, around),
        };
        let mut frame = frame_of(holds, around);
        // A handle may be entered on another thread: its places must not follow the frames beneath it there.
        frame.at_home = false;
        frame
    }
}

/// Fills a recycled frame, or a new one.
fn frame_of(holds: Holds, around: Around) -> Box<Frame> {
    let frame = Local::with(Local::spare_frame);
    let mut frame = frame.unwrap_or_else(Frame::idle);
    frame.hold(holds, around);
    frame
}

/// Makes the frame of a local policy around a block, within the current places.
fn local(policy: Layer) -> Box<Frame> {
    let around = around().with(PlaceKind::Policy(policy));
    frame_of(Holds::Beneath, around)
}

/// Puts the code of a block in a context until it is dropped.
pub(crate) struct Entered {
    key: u64,
    not_send: PhantomData<*const ()>,
}

impl Entered {
    /// Enters a context.
    pub(crate) fn context(context: Context) -> Self {
        Self::frame(context.frame())
    }

    /// Enters a local policy.
    pub(crate) fn policy(policy: Layer) -> Self {
        Self::frame(local(policy))
    }

    /// Enters a scope that has ended, so that what destructors enqueue is refused.
    pub(crate) fn ended(head: Head) -> Self {
        let frame = Local::with(Local::spare_frame);
        let mut frame = frame.unwrap_or_else(Frame::idle);
        frame.head = head;
        frame.hold_own(Parent::None);
        frame.end();
        Self::frame(frame)
    }

    fn frame(frame: Box<Frame>) -> Self {
        let key = frame.key;
        let _ = Local::with(|local| local.push(frame));
        Self {
            key,
            not_send: PhantomData,
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // `_above` has the frames of guards that outlived the block. They are dropped here, and not within `pop`,
        // which borrows the stack: a policy's destructor may use it.
        if let Some((Some(frame), _above)) = Local::with(|local| local.pop(self.key)) {
            recycle(frame);
        }
    }
}

/// Puts a future's frames on this thread's stack for one poll. Its drop moves them back into the future.
pub(crate) struct Polled<'f> {
    /// Empty while the frames are on the stack.
    frames: &'f mut Frames,
    base: u64,
}

impl<'f> Polled<'f> {
    /// Moves the frames onto the stack. `base` is the key of the outermost one.
    #[inline]
    pub(crate) fn enter(frames: &'f mut Frames, base: u64) -> Self {
        match frames.0.take_if(|frame| frame.key == base) {
            Some(frame) => {
                let mut frame = Some(frame);
                Local::with(|local| {
                    if let Some(frame) = frame.take() {
                        local.push(frame);
                    }
                });
                // While the thread ends there is no stack, and the frame stays in the future. Swapped and not assigned:
                // an assignment checks for a value to drop.
                std::mem::swap(&mut frames.0, &mut frame);
            }
            None => push_segment(frames),
        }
        Self { frames, base }
    }
}

impl Drop for Polled<'_> {
    #[inline]
    fn drop(&mut self) {
        // They never left: the thread has no stack any more.
        if self.frames.0.is_some() {
            return;
        }
        let mut frame = Local::with(|local| local.pop_top(self.base)).flatten();
        std::mem::swap(&mut self.frames.0, &mut frame);
        if self.frames.0.is_none() {
            take_back(self.frames, self.base);
        }
    }
}

/// Takes a future's frames off the stack, together with those of guards that it still holds.
#[cold]
fn take_back(frames: &mut Frames, base: u64) {
    if let Some((Some(frame), above)) = Local::with(|local| local.pop(base)) {
        *frames = joined(above, frame);
    }
}

/// Puts the frames of guards that the future still holds on top of its own frame, and warns about them.
#[cold]
fn joined(mut above: Frames, base: Box<Frame>) -> Frames {
    let mut cursor = &mut above.0;
    while let Some(frame) = cursor {
        if let Some(guard) = &frame.guard {
            warn_once(guard);
        }
        cursor = &mut frame.outer;
    }
    *cursor = Some(base);
    above
}

/// Puts several frames on the stack: the future held guards at the end of its last poll.
#[cold]
fn push_segment(frames: &mut Frames) {
    Local::with(|local| {
        let mut innermost_first = Vec::new();
        let mut next = frames.0.take();
        while let Some(mut frame) = next {
            next = frame.outer.take();
            innermost_first.push(frame);
        }
        while let Some(frame) = innermost_first.pop() {
            // Its guard was dropped while the future was suspended, or out of order in the last poll. Counted, so
            // that `tidy` looks for it.
            if frame.has_left() {
                local.left.set(local.left.get() + 1);
            }
            local.push(frame);
        }
    });
}

/// Warns that a guard is held across an await, once per source line.
fn warn_once(guard: &GuardMark) {
    static WARNED: Mutex<Option<HashSet<(&'static str, u32)>>> = Mutex::new(None);
    let line = (guard.at.file(), guard.at.line());
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    let first = warned.get_or_insert_default().insert(line);
    // The subscriber is user code and may poll another future, which warns as well.
    drop(warned);
    if first {
        tracing::warn!(
            target: "airlock",
            at = %guard.at,
            "a guard is held across an await: it also applies to concurrent branches of the future; run the block in its own future with `.run_async(..)` or `.bind(..)`",
        );
    }
}

/// The entry of a guard that users hold. Dropping it deactivates its frame, wherever the frame is then.
pub(crate) struct GuardEntry {
    key: u64,
    left: Arc<AtomicBool>,
    not_send: PhantomData<*const ()>,
}

impl GuardEntry {
    /// Enters a local policy.
    pub(crate) fn policy(policy: Layer, at: &'static Location<'static>) -> Self {
        Self::frame(local(policy), at)
    }

    /// Enters a scope that was opened here. `at_home` is `false` if the scope is in a separate airlock.
    pub(crate) fn scope(scope: Arc<Shared>, at_home: bool, at: &'static Location<'static>) -> Self {
        let around = scope.head.around.clone();
        let mut frame = frame_of(Holds::Shared(scope), around);
        frame.at_home = at_home;
        Self::frame(frame, at)
    }

    fn frame(mut frame: Box<Frame>, at: &'static Location<'static>) -> Self {
        let left = Arc::new(AtomicBool::new(false));
        frame.guard = Some(GuardMark {
            left: left.clone(),
            at,
        });
        let key = frame.key;
        let _ = Local::with(|local| {
            // Removes the frames of guards that were dropped out of order, so that guards which are reassigned in a
            // loop do not pile up.
            local.tidy();
            local.push(frame);
        });
        Self {
            key,
            left,
            not_send: PhantomData,
        }
    }
}

impl Drop for GuardEntry {
    fn drop(&mut self) {
        // First, so that the frame is deactivated even if it cannot be reached from here.
        self.left.store(true, Ordering::Relaxed);
        // Outlives the borrow of the stack: dropping a frame drops its policies, whose destructors may use it.
        let mut gone = Frames::default();
        Local::with(|local| {
            local.open_effect_scope();
            let mut top = local.top.borrow_mut();
            let Some(first) = top.0.as_deref().filter(|frame| frame.key != self.key) else {
                pop_those_left(local, &mut top, self.key, &mut gone);
                return;
            };
            local.left.set(local.left.get() + 1);
            // `guard = new` drops the old guard directly beneath the new one. Remove its frame at once: its policy
            // would otherwise stay alive until the next access to the stack.
            let was_replaced = first
                .outer
                .as_ref()
                .is_some_and(|frame| frame.key == self.key);
            drop(top);
            if was_replaced {
                local.tidy();
            }
        });
    }
}

/// Takes off the frame of a guard, which is on top, and the frames beneath whose guards were dropped before.
fn pop_those_left(local: &Local, top: &mut Frames, key: u64, gone: &mut Frames) {
    while let Some(mut frame) = top.0.take_if(|frame| frame.has_left()) {
        // `left` counts guards that were dropped out of order. This guard was on top.
        if frame.key != key {
            local.left.set(local.left.get().saturating_sub(1));
        }
        top.0 = frame.outer.take();
        frame.outer = gone.0.take();
        gone.0 = Some(frame);
    }
}
