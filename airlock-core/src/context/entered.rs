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

/// What code can be put under.
#[derive(Clone)]
pub(crate) enum Context {
    /// A scope, by a handle, and the places around the code in it.
    Scope(Arc<Shared>, Around),
    /// No scope, such as an airlock.
    Nobody(Around),
}

impl Context {
    /// What encloses the running code, for code that runs elsewhere.
    pub(crate) fn here() -> Self {
        match current() {
            Some((shared, around)) => Self::Scope(shared, around),
            None => Self::Nobody(around()),
        }
    }

    /// With a local policy.
    pub(crate) fn under(self, policy: Layer) -> Self {
        let kind = PlaceKind::Policy(policy);
        match self {
            Self::Scope(shared, around) => Self::Scope(shared, around.with(kind)),
            Self::Nobody(around) => Self::Nobody(around.with(kind)),
        }
    }

    /// The frame that puts code under this.
    pub(crate) fn frame(self) -> Box<Frame> {
        let (holds, around) = match self {
            Self::Scope(shared, around) => (Holds::Shared(shared), around),
            Self::Nobody(around) => (Holds::Nobody, around),
        };
        let mut frame = frame_of(holds, around);
        frame.at_home = false;
        frame
    }
}

fn frame_of(holds: Holds, around: Around) -> Box<Frame> {
    let frame = Local::with(Local::spare_frame);
    let mut frame = frame.unwrap_or_else(Frame::idle);
    frame.hold(holds, around);
    frame
}

/// A local policy around a block, on top of what encloses the running code.
fn local(policy: Layer) -> Box<Frame> {
    let around = around().with(PlaceKind::Policy(policy));
    frame_of(Holds::Beneath, around)
}

/// Puts the code of a block under a context until it is dropped.
pub(crate) struct Entered {
    key: u64,
    not_send: PhantomData<*const ()>,
}

impl Entered {
    pub(crate) fn context(context: Context) -> Self {
        Self::frame(context.frame())
    }

    pub(crate) fn policy(policy: Layer) -> Self {
        Self::frame(local(policy))
    }

    /// Lets what runs now find an ended scope: what destructors enqueue is refused.
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
        if let Some((Some(frame), _above)) = Local::with(|local| local.pop(self.key)) {
            recycle(frame);
        }
    }
}

/// Puts a future's frames on this thread's stack for one poll, and back into the future when it is
/// dropped.
pub(crate) struct Polled<'f> {
    /// Empty while they are on the stack.
    frames: &'f mut Frames,
    base: u64,
}

impl<'f> Polled<'f> {
    /// `base` is the key of the outermost frame.
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
                // It stays here where there is no stack any more.
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

/// Takes a future's frames off the stack, with those of guards that it still holds.
#[cold]
fn take_back(frames: &mut Frames, base: u64) {
    if let Some((Some(frame), above)) = Local::with(|local| local.pop(base)) {
        *frames = joined(above, frame);
    }
}

/// Frames that guards have left in a future, on top of the future's own.
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

/// Puts several frames on the stack: guards were held at the end of the last poll.
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
            if frame.has_left() {
                local.left.set(local.left.get() + 1);
            }
            local.push(frame);
        }
    });
}

/// Warns, once for each line, that a guard is held across an await.
fn warn_once(guard: &GuardMark) {
    static WARNED: Mutex<Option<HashSet<(&'static str, u32)>>> = Mutex::new(None);
    let line = (guard.at.file(), guard.at.line());
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    let first = warned.get_or_insert_default().insert(line);
    drop(warned);
    if first {
        tracing::warn!(
            target: "airlock",
            at = %guard.at,
            "a guard is held across an await: concurrent branches of the future are under it too; give the block a future of its own with `.run_async(..)` or `.bind(..)`",
        );
    }
}

/// The entry of a guard that users hold. Its frame is out of force when it is dropped, wherever that
/// frame is then.
pub(crate) struct GuardEntry {
    key: u64,
    left: Arc<AtomicBool>,
    not_send: PhantomData<*const ()>,
}

impl GuardEntry {
    pub(crate) fn policy(policy: Layer, at: &'static Location<'static>) -> Self {
        Self::frame(local(policy), at)
    }

    /// A scope that was opened where the guard enters it: `at_home`, unless it is in an airlock of its own.
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
        self.left.store(true, Ordering::Relaxed);
        let mut gone = Frames::default();
        Local::with(|local| {
            local.open_effect_scope();
            let mut top = local.top.borrow_mut();
            let Some(first) = top.0.as_deref().filter(|frame| frame.key != self.key) else {
                pop_those_left(local, &mut top, self.key, &mut gone);
                return;
            };
            local.left.set(local.left.get() + 1);
            // A guard that was replaced by another one goes at once, or its policy would live on.
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

/// Takes off the frame of a guard, which is on top, and those beneath whose guards left before.
fn pop_those_left(local: &Local, top: &mut Frames, key: u64, gone: &mut Frames) {
    while let Some(mut frame) = top.0.take_if(|frame| frame.has_left()) {
        if frame.key != key {
            local.left.set(local.left.get().saturating_sub(1));
        }
        top.0 = frame.outer.take();
        frame.outer = gone.0.take();
        gone.0 = Some(frame);
    }
}
