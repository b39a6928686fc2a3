//! The stack of a thread: the frames around the code that runs on it, innermost first.
//!
//! While the stack is borrowed, no user code runs and no user value is dropped: a destructor that enqueues would
//! borrow the stack again and panic.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::thread;

use crate::context::effect::UnderWay;
use crate::context::frame::{Frame, Holds, Parent};
use crate::context::head::{Head, Spec};
use crate::context::here::is_in_scope;
use crate::context::place::Around;
use crate::context::shared::Shared;
use crate::effect::EffectDescriptor;
use crate::intent::{Intent, Origin, ScopeId, Special};

/// The context of a thread.
pub(super) struct Local {
    pub(super) top: RefCell<Frames>,
    pub(super) mode: Cell<Mode>,
    pub(super) under_way: UnderWay,
    /// The scope whose buffer is being inspected, and the number of its intents. Its lock is held meanwhile.
    pub(super) inspected: Cell<Option<(ScopeId, usize)>>,
    /// Ends of scopes, deferred until the closure that inspects a buffer has returned.
    pub(super) put_off: RefCell<Vec<Box<dyn FnOnce()>>>,
    /// A recycled frame, with its buffer.
    spare: Cell<Option<Box<Frame>>>,
    /// A recycled frame, for an intent that waits until the policies and the executor have been consulted.
    waiting: Cell<Option<Box<Frame>>>,
    /// The number of guards that were dropped out of order and whose frames have not been removed yet.
    pub(super) left: Cell<usize>,
}

/// The largest capacity with which a buffer is recycled, in intents.
const KEPT_BUFFER: usize = 64;

thread_local! {
    static LOCAL: Local = const {
        Local {
            top: RefCell::new(Frames(None)),
            mode: Cell::new(Mode::Plain),
            under_way: UnderWay::new(),
            inspected: Cell::new(None),
            put_off: RefCell::new(Vec::new()),
            spare: Cell::new(None),
            waiting: Cell::new(None),
            left: Cell::new(0),
        }
    };
}

/// The kind of code that runs on a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Anything not listed below.
    Plain,
    /// The body of a sync effect that has not needed a scope yet.
    Effect,
    /// A policy, a lifecycle or `Executor::accepts`, which must not enqueue.
    Judging,
    /// A closure that inspects a buffer, whose lock is held.
    Inspecting,
}

/// A list of frames, innermost first: the stack of a thread, or the frames of a future.
#[derive(Default)]
pub(crate) struct Frames(pub(super) Option<Box<Frame>>);

impl Frames {
    /// Puts a single frame on top. Swaps instead of assigning, because an assignment checks for a value to drop.
    #[inline]
    fn put(&mut self, mut frame: Box<Frame>) {
        debug_assert!(frame.outer.is_none());
        std::mem::swap(&mut frame.outer, &mut self.0);
        // The swap has left `None` here. Forgetting it saves the check as well.
        std::mem::forget(self.0.replace(frame));
    }

    /// Takes off the top frame if it has this key.
    #[inline]
    fn take_top(&mut self, key: u64) -> Option<Box<Frame>> {
        let mut frame = self.0.take_if(|frame| frame.key == key)?;
        std::mem::swap(&mut frame.outer, &mut self.0);
        Some(frame)
    }

    /// Makes a list of one frame.
    #[inline]
    pub(crate) fn from_frame(frame: Box<Frame>) -> Self {
        Self(Some(frame))
    }

    /// Takes the frame with this key, which is the outermost, and drops the frames of guards above it.
    #[inline]
    pub(crate) fn take_base(&mut self, base: u64) -> Option<Box<Frame>> {
        match self.0.take_if(|frame| frame.key == base) {
            None if self.0.is_some() => self.take_base_beneath(base),
            base => base,
        }
    }

    #[cold]
    fn take_base_beneath(&mut self, base: u64) -> Option<Box<Frame>> {
        let mut next = self.0.take();
        while let Some(mut frame) = next {
            if frame.key == base {
                return Some(frame);
            }
            next = frame.outer.take();
        }
        None
    }
}

impl Frames {
    /// Frees the frames in a loop: the list may be a hundred thousand frames long, and recursion would overflow the
    /// stack.
    #[cold]
    fn free(&mut self) {
        let mut next = self.0.take();
        while let Some(mut frame) = next {
            next = frame.outer.take();
        }
    }
}

impl Drop for Frames {
    #[inline]
    fn drop(&mut self) {
        if self.0.is_some() {
            self.free();
        }
    }
}

impl Local {
    /// Calls a closure with the context of this thread. Returns `None` while the thread ends.
    #[inline]
    pub(super) fn with<T>(work: impl FnOnce(&Local) -> T) -> Option<T> {
        LOCAL.try_with(work).ok()
    }

    /// Puts a frame on top.
    #[inline]
    pub(super) fn push(&self, frame: Box<Frame>) {
        self.open_effect_scope();
        self.top.borrow_mut().put(frame);
    }

    /// Takes off the top frame if it has this key.
    #[inline]
    pub(super) fn pop_top(&self, key: u64) -> Option<Box<Frame>> {
        self.top.borrow_mut().take_top(key)
    }

    /// Takes off the frame with this key and all frames above it. The caller drops those outside of the borrow.
    #[inline]
    pub(super) fn pop(&self, key: u64) -> (Option<Box<Frame>>, Frames) {
        match self.pop_top(key) {
            Some(frame) => (Some(frame), Frames(None)),
            None => self.pop_with_those_above(key),
        }
    }

    /// Takes off the frames of guards that outlived the block, too. They are no longer active.
    #[cold]
    fn pop_with_those_above(&self, key: u64) -> (Option<Box<Frame>>, Frames) {
        let mut top = self.top.borrow_mut();
        let mut above = std::mem::take(&mut *top);
        let mut cursor = &mut above.0;
        while cursor.as_ref().is_some_and(|frame| frame.key != key) {
            match cursor {
                Some(frame) => cursor = &mut frame.outer,
                None => break,
            }
        }
        let Some(mut found) = cursor.take() else {
            *top = above;
            return (None, Frames(None));
        };
        top.0 = found.outer.take();
        (Some(found), above)
    }

    /// Opens the scope of the sync effect under way, if there is one and it has none yet.
    #[inline]
    pub(super) fn open_effect_scope(&self) {
        if self.mode.get() == Mode::Effect {
            self.make_effect_scope();
        }
    }

    #[cold]
    fn make_effect_scope(&self) {
        // First: `push` comes back here through `open_effect_scope`.
        self.mode.set(Mode::Plain);
        let mut frame = self.spare_frame();
        self.under_way.set_up(&mut frame.head, &self.top.borrow());
        frame.hold_own(Parent::None);
        self.under_way.made(frame.key);
        self.push(frame);
    }

    /// Takes the recycled frame, or allocates one.
    #[inline]
    pub(super) fn spare_frame(&self) -> Box<Frame> {
        match self.spare.take() {
            Some(frame) => frame,
            None => Frame::idle(),
        }
    }

    /// Removes the frames of guards that were dropped out of order, and moves the frames above them into their new
    /// places.
    #[inline]
    pub(super) fn tidy(&self) {
        if self.left.get() > 0 {
            self.remove_those_left();
        }
    }

    #[cold]
    fn remove_those_left(&self) {
        // Outlives the borrow of the stack: the destructors of policies may use it.
        let mut gone = Vec::new();
        let mut top = self.top.borrow_mut();
        let mut frames = Vec::new();
        let mut next = std::mem::take(&mut *top).0.take();
        // The frames of suspended futures are not found here. They are removed when their future is polled.
        let mut missing = self.left.replace(0);
        while missing > 0
            && let Some(mut frame) = next
        {
            next = frame.outer.take();
            missing -= usize::from(frame.has_left());
            frames.push(frame);
        }
        top.0 = next;
        let mut moved = false;
        while let Some(mut frame) = frames.pop() {
            if frame.has_left() {
                moved = true;
                gone.push(frame);
                continue;
            }
            // What is above a barrier does not depend on the frame that was removed.
            if frame.is_barrier() {
                moved = false;
            } else if moved {
                match top.0.as_deref() {
                    Some(beneath) => frame.enclose(beneath.around()),
                    None => frame.enclose(&Around::root()),
                }
            }
            frame.outer = top.0.take();
            top.0 = Some(frame);
        }
        drop(top);
        drop(gone);
    }
}

/// A frame in whose buffer an intent is built.
///
/// On the fast path it is the frame of the current scope, taken off the stack until [`put_back`](Self::put_back);
/// no user code runs in between. Otherwise it is a spare frame: the intent waits there while policies and the
/// executor are consulted, and is then appended to the buffer of its scope. An intent is large, and each move
/// costs a store-forwarding stall, so it is built where it stays.
///
/// Not a closure that builds under the borrow: captured arguments would go through memory twice.
pub(crate) struct Building(Box<Frame>);

impl Building {
    /// Takes the frame of the current scope, if the intent may be plain and the scope is; otherwise a spare one.
    #[inline]
    pub(crate) fn begin(may_be_plain: bool) -> Self {
        if may_be_plain && !thread::panicking() {
            let plain = Local::with(|local| {
                // In `Mode::Effect` the top frame is not the effect's; other modes refuse.
                if local.mode.get() != Mode::Plain {
                    return None;
                }
                local.top.borrow_mut().0.take_if(|frame| frame.plain)
            });
            if let Some(plain) = plain.flatten() {
                return Self(plain);
            }
        }
        Self::waiting()
    }

    /// Takes the spare frame. A policy that is consulted enqueues nothing, so one spare is enough.
    #[cold]
    fn waiting() -> Self {
        let waiting = Local::with(|local| local.waiting.take());
        Self(waiting.flatten().unwrap_or_else(Frame::idle))
    }

    /// Returns whether the intent is built in the buffer of its scope.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.0.plain
    }

    /// Returns the scope of the intent. Meaningful only on the fast path; `ask` clears it otherwise.
    #[inline]
    pub(crate) fn scope(&self) -> ScopeId {
        self.0.head.id
    }

    #[inline]
    pub(crate) fn buffer(&mut self) -> &mut Vec<Intent> {
        &mut self.0.buffer
    }

    /// Puts the frame of the scope back, with an intent of this effect in it.
    #[inline]
    pub(crate) fn put_back(mut self, effect: &'static EffectDescriptor) {
        if effect.is_grouped() {
            self.0.special.add(Special::GROUPED);
        }
        let mut frame = Some(self.0);
        // `begin` took the frame with all beneath it, so the stack is empty, and this swaps in `None`: nothing is
        // dropped under the borrow.
        Local::with(|local| std::mem::swap(&mut local.top.borrow_mut().0, &mut frame));
    }

    /// Keeps the frame for the next intent that waits. This intent has been moved out.
    pub(crate) fn recycle(self) {
        if self.0.buffer.is_empty() {
            let _ = Local::with(|local| local.waiting.set(Some(self.0)));
        }
    }
}

/// The entry of a scope on the stack, until it is [closed](Self::close). Two words, so that it is passed in
/// registers.
pub(crate) struct Opened {
    key: u64,
    /// The frame itself, while the thread ends and has no stack any more.
    kept: Option<Box<Frame>>,
}

/// Opens a scope around the code that runs next on this thread.
#[inline]
pub(crate) fn open(spec: &mut Spec) -> Opened {
    let key = Local::with(|local| {
        let parent = match &spec.airlock {
            Some(_) => Parent::None,
            None => Parent::Beneath,
        };
        let frame = local.frame_for(parent, |head, around, origin| {
            head.open(spec, around, origin);
        });
        let key = frame.key;
        local.top.borrow_mut().put(frame);
        key
    });
    match key {
        Some(key) => Opened { key, kept: None },
        None => open_without_stack(spec),
    }
}

/// Opens a scope while the thread ends. Code cannot run in it, but its handles work.
#[cold]
fn open_without_stack(spec: &mut Spec) -> Opened {
    let mut frame = frame_without_stack(|head| head.open(spec, &Around::root(), None));
    frame.publish(None);
    Opened {
        key: frame.key,
        kept: Some(frame),
    }
}

/// Makes a frame for a scope while the thread ends.
#[cold]
fn frame_without_stack(set_up: impl FnOnce(&mut Head)) -> Box<Frame> {
    let mut frame = Frame::idle();
    set_up(&mut frame.head);
    frame.head.trace();
    frame.hold_own(Parent::None);
    frame
}

impl Local {
    /// Makes a frame for a scope that opens here and is not entered yet. `set_up` gets the places around it, and
    /// the origin.
    #[inline]
    fn frame_for(
        &self,
        parent: Parent,
        set_up: impl FnOnce(&mut Head, &Around, Option<&Origin>),
    ) -> Box<Frame> {
        self.open_effect_scope();
        self.tidy();
        let mut frame = self.spare_frame();
        match self.top.borrow().0.as_deref() {
            None => set_up(&mut frame.head, &Around::root(), None),
            Some(top) => set_up(&mut frame.head, top.around(), origin_at(top)),
        }
        // The borrow has ended: making a span calls the subscriber, which is user code.
        frame.head.trace();
        frame.hold_own(parent);
        frame
    }
}

/// Makes a frame for the scope of a future. The future may be polled on another thread, so the frame refers to
/// the scope that captures it by a handle.
pub(crate) fn open_for_future(spec: &mut Spec) -> Box<Frame> {
    for_future(spec.airlock.is_some(), |head, around, origin| {
        head.open(spec, around, origin);
    })
}

/// Like [`open_for_future`], for one of several scopes that are opened alike.
#[inline]
pub(crate) fn open_alike(spec: &Spec, origin: Option<Origin>) -> Box<Frame> {
    let mut own = origin;
    for_future(spec.airlock.is_some(), |head, around, origin| {
        head.open_alike(spec, own.take(), around, origin);
    })
}

#[inline]
fn for_future(
    has_airlock: bool,
    mut set_up: impl FnMut(&mut Head, &Around, Option<&Origin>),
) -> Box<Frame> {
    let captor = match has_airlock {
        false if is_in_scope() => current(),
        _ => None,
    };
    let mut parent = match captor {
        Some((shared, _)) => Parent::Shared(shared),
        None => Parent::None,
    };
    let frame = Local::with(|local| {
        let parent = std::mem::replace(&mut parent, Parent::None);
        local.frame_for(parent, &mut set_up)
    });
    frame.unwrap_or_else(|| frame_without_stack(|head| set_up(head, &Around::root(), None)))
}

/// Publishes the scope of a future, whose frame this is. Without a frame, returns a scope that has ended.
pub(crate) fn handle_to(frame: Option<&mut Frame>) -> Arc<Shared> {
    let shared = frame.and_then(|frame| {
        frame.publish(None);
        frame.shared().cloned()
    });
    shared.unwrap_or_else(Shared::ended)
}

impl Opened {
    /// Returns the span of the scope, if tracing is enabled.
    #[inline]
    pub(crate) fn span(&self) -> Option<Arc<tracing::Span>> {
        if !tracing::level_enabled!(tracing::Level::DEBUG) {
            return None;
        }
        let span = Local::with(|local| local.top.borrow().0.as_deref()?.span());
        span.flatten()
    }

    /// Publishes the scope and returns its shared part.
    pub(crate) fn publish(&self) -> Option<Arc<Shared>> {
        match &self.kept {
            Some(frame) => frame.shared().cloned(),
            None => Some(publish(Some(self.key))?.0),
        }
    }

    /// Takes the scope off the stack.
    #[inline]
    pub(crate) fn close(self) -> Box<Frame> {
        let Some(frame) = self.kept else {
            let popped = Local::with(|local| local.pop(self.key));
            let (frame, above) = popped.unwrap_or_default();
            drop(above);
            return frame.unwrap_or_else(Frame::idle);
        };
        frame
    }
}

/// Recycles a frame whose buffer is empty.
#[inline]
pub(crate) fn recycle(mut frame: Box<Frame>) {
    if frame.buffer.capacity() > KEPT_BUFFER {
        frame.buffer = Vec::new();
    }
    frame.reset();
    let mut frame = Some(frame);
    let _ = Local::with(|local| local.spare.set(frame.take()));
}

/// Returns the origin of the scope that encloses code directly under a frame.
fn origin_at(frame: &Frame) -> Option<&Origin> {
    holder_of(Some(frame))?.scope_head()?.origin.as_ref()
}

/// Returns the frame of the scope that buffers the intents enqueued under a frame.
pub(super) fn holder_of(frame: Option<&Frame>) -> Option<&Frame> {
    let mut next = frame;
    while let Some(frame) = next {
        match frame.holds {
            Holds::Own | Holds::Shared(_) if !frame.has_left() => return Some(frame),
            Holds::Nobody => return None,
            _ => next = frame.outer.as_deref(),
        }
    }
    None
}

/// Returns the scope around the running code and the places around the code, or `None` outside a scope.
/// Publishes the scope.
pub(crate) fn current() -> Option<(Arc<Shared>, Around)> {
    publish(None)
}

/// Returns the places around the running code.
pub(crate) fn around() -> Around {
    let around = Local::with(|local| {
        local.open_effect_scope();
        local.tidy();
        local
            .top
            .borrow()
            .0
            .as_deref()
            .map(|frame| frame.around().clone())
    });
    around.flatten().unwrap_or_else(Around::root)
}

/// Publishes the scope with this key, or the innermost one if `key` is `None`: its buffer, and those of the scopes
/// that may capture it, move behind locks. Returns its shared part and the places around the code in it.
fn publish(key: Option<u64>) -> Option<(Arc<Shared>, Around)> {
    Local::with(|local| {
        local.open_effect_scope();
        local.tidy();
        let mut top = local.top.borrow_mut();
        let around = top.0.as_deref()?.around().clone();
        if key.is_none()
            && let Some(shared) = holder_of(top.0.as_deref()).and_then(Frame::shared)
        {
            return Some((shared.clone(), around));
        }
        // Takes off frames up to the outermost one that may capture the wanted scope, or up to one that is
        // published already. A scope needs the shared part of its parent, so the frames are published from the
        // outermost inwards. Two loops, since recursion would overflow the stack where scopes nest deeply.
        let mut frames = Vec::new();
        let mut found = false;
        while let Some(mut frame) = top.0.take() {
            top.0 = frame.outer.take();
            let wanted = match key {
                Some(key) => frame.key == key,
                None => matches!(frame.holds, Holds::Own),
            };
            found |= wanted;
            let ends = match &frame.holds {
                Holds::Own => !matches!(frame.parent, Parent::Beneath),
                Holds::Shared(_) | Holds::Nobody => true,
                Holds::Beneath => false,
            };
            frames.push(frame);
            if found && ends {
                break;
            }
        }
        let mut beneath: Option<Arc<Shared>> = None;
        let mut published = None;
        while let Some(mut frame) = frames.pop() {
            if found {
                frame.publish(beneath.as_ref());
            }
            match &frame.holds {
                Holds::Shared(shared) if !frame.has_left() => {
                    beneath = Some(shared.clone());
                    if key.is_none() || key == Some(frame.key) {
                        published = Some((shared.clone(), frame.around().clone()));
                    }
                }
                Holds::Nobody => {
                    beneath = None;
                    if key.is_none() {
                        published = None;
                    }
                }
                _ => {}
            }
            let above_wanted = key.is_some() && key == Some(frame.key);
            frame.outer = top.0.take();
            top.0 = Some(frame);
            if above_wanted {
                // The frames above the wanted one need not be published.
                while let Some(mut frame) = frames.pop() {
                    frame.outer = top.0.take();
                    top.0 = Some(frame);
                }
            }
        }
        match key {
            None => published.map(|(shared, _)| (shared, around)),
            Some(_) => published,
        }
    })
    .flatten()
}
