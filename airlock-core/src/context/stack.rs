//! The stack of a thread: what encloses the code that runs on it, innermost first.
//!
//! No code of the program's runs, and nothing of it is dropped, while the stack is borrowed.

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

/// What a thread knows of its context.
pub(super) struct Local {
    pub(super) top: RefCell<Frames>,
    pub(super) mode: Cell<Mode>,
    pub(super) under_way: UnderWay,
    /// The scope whose buffer is looked at, and how much it holds: its lock is held meanwhile.
    pub(super) inspected: Cell<Option<(ScopeId, usize)>>,
    /// Ends of scopes, put off until the closure that looks at a buffer has returned.
    pub(super) put_off: RefCell<Vec<Box<dyn FnOnce()>>>,
    /// A recycled frame, with its buffer.
    spare: Cell<Option<Box<Frame>>>,
    /// Another one, for intents that wait.
    waiting: Cell<Option<Box<Frame>>>,
    /// How many guards have left out of turn, so that the frames above theirs have to be enclosed anew.
    pub(super) left: Cell<usize>,
}

/// The largest buffer that a recycled frame keeps, in intents.
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

/// What runs now on a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    Plain,
    /// The body of a sync effect, which has needed no scope yet.
    Effect,
    /// A policy, a lifecycle or an executor's refusal, which may only look.
    Judging,
    /// A closure that looks at a buffer, whose lock is held.
    Inspecting,
}

/// Frames in a row, innermost first, as on a thread's stack or in a future.
#[derive(Default)]
pub(crate) struct Frames(pub(super) Option<Box<Frame>>);

impl Frames {
    /// Puts a single frame on top. Swapped and not assigned, since an assignment looks whether there is
    /// something to drop.
    #[inline]
    fn put(&mut self, mut frame: Box<Frame>) {
        debug_assert!(frame.outer.is_none());
        std::mem::swap(&mut frame.outer, &mut self.0);
        std::mem::forget(self.0.replace(frame));
    }

    /// Takes the frame on top off, if it has this key.
    #[inline]
    fn take_top(&mut self, key: u64) -> Option<Box<Frame>> {
        let mut frame = self.0.take_if(|frame| frame.key == key)?;
        std::mem::swap(&mut frame.outer, &mut self.0);
        Some(frame)
    }

    #[inline]
    pub(crate) fn from_frame(frame: Box<Frame>) -> Self {
        Self(Some(frame))
    }

    /// The frame with this key, which is the outermost. Those above it are out of force.
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
    /// Frees one frame after the other, not by recursion.
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
    /// Does something with the local context; `None` while the thread ends.
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

    /// Takes off the frame with this key, if it is on top.
    #[inline]
    pub(super) fn pop_top(&self, key: u64) -> Option<Box<Frame>> {
        self.top.borrow_mut().take_top(key)
    }

    /// Takes off the frame with this key, and all that stands above it.
    #[inline]
    pub(super) fn pop(&self, key: u64) -> (Option<Box<Frame>>, Frames) {
        match self.pop_top(key) {
            Some(frame) => (Some(frame), Frames(None)),
            None => self.pop_with_those_above(key),
        }
    }

    /// Guards that are still held within a block that ends are out of force.
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

    /// Makes the scope of the effect under way, now that somebody needs it.
    #[inline]
    pub(super) fn open_effect_scope(&self) {
        if self.mode.get() == Mode::Effect {
            self.make_effect_scope();
        }
    }

    #[cold]
    fn make_effect_scope(&self) {
        self.mode.set(Mode::Plain);
        let mut frame = self.spare_frame();
        self.under_way.set_up(&mut frame.head, &self.top.borrow());
        frame.hold_own(Parent::None);
        self.under_way.made(frame.key);
        self.push(frame);
    }

    #[inline]
    pub(super) fn spare_frame(&self) -> Box<Frame> {
        match self.spare.take() {
            Some(frame) => frame,
            None => Frame::idle(),
        }
    }

    /// Removes frames whose guards have left, and encloses those above them anew.
    #[inline]
    pub(super) fn tidy(&self) {
        if self.left.get() > 0 {
            self.remove_those_left();
        }
    }

    #[cold]
    fn remove_those_left(&self) {
        let mut gone = Vec::new();
        let mut top = self.top.borrow_mut();
        let mut frames = Vec::new();
        let mut next = std::mem::take(&mut *top).0.take();
        // Those of suspended futures are not found here, and go when their future is polled.
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
/// Where nobody has to be asked it is the current scope's own frame, taken off the stack for that moment; no
/// code of the program's runs until it is put back. Otherwise it is a spare frame, in which the intent waits
/// while everybody is asked, and from which it is appended to its scope. So large a value is moved as rarely
/// as possible: each move waits for the stores before it.
///
/// Not a closure: arguments that are captured by one go through memory twice.
pub(crate) struct Building(Box<Frame>);

impl Building {
    #[inline]
    pub(crate) fn begin(may_be_plain: bool) -> Self {
        if may_be_plain && !thread::panicking() {
            let plain = Local::with(|local| {
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

    #[cold]
    fn waiting() -> Self {
        let waiting = Local::with(|local| local.waiting.take());
        Self(waiting.flatten().unwrap_or_else(Frame::idle))
    }

    /// Whether the intent is in the buffer of its scope.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.0.plain
    }

    /// The scope that the intent is in, if it is.
    #[inline]
    pub(crate) fn scope(&self) -> ScopeId {
        self.0.head.id
    }

    #[inline]
    pub(crate) fn buffer(&mut self) -> &mut Vec<Intent> {
        &mut self.0.buffer
    }

    /// Puts the scope back, with an intent of this effect.
    #[inline]
    pub(crate) fn put_back(mut self, effect: &'static EffectDescriptor) {
        if effect.is_grouped() {
            self.0.special.add(Special::GROUPED);
        }
        let mut frame = Some(self.0);
        // Nothing is on top of where it was.
        Local::with(|local| std::mem::swap(&mut local.top.borrow_mut().0, &mut frame));
    }

    /// Coalesce the frame for the next intent that waits. This one has been taken out of it.
    pub(crate) fn recycle(self) {
        if self.0.buffer.is_empty() {
            let _ = Local::with(|local| local.waiting.set(Some(self.0)));
        }
    }
}

/// A scope's entry on the stack, until it is [closed](Self::close). Two words, so that it is passed in
/// registers.
pub(crate) struct Opened {
    key: u64,
    /// The frame itself, where the thread ends and has no stack any more.
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

/// Opens a scope while the thread ends: nothing can be under it, but its handles work.
#[cold]
fn open_without_stack(spec: &mut Spec) -> Opened {
    let mut frame = frame_without_stack(|head| head.open(spec, &Around::root(), None));
    frame.publish(None);
    Opened {
        key: frame.key,
        kept: Some(frame),
    }
}

#[cold]
fn frame_without_stack(set_up: impl FnOnce(&mut Head)) -> Box<Frame> {
    let mut frame = Frame::idle();
    set_up(&mut frame.head);
    frame.head.trace();
    frame.hold_own(Parent::None);
    frame
}

impl Local {
    /// A frame for a scope that opens where the code stands, and is not entered yet. `set_up` gets the places
    /// around it, and the origin.
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
        frame.head.trace();
        frame.hold_own(parent);
        frame
    }
}

/// A frame for the scope of a future: it may be polled anywhere, so it knows by a handle which scope
/// captures it.
pub(crate) fn open_for_future(spec: &mut Spec) -> Box<Frame> {
    for_future(spec.airlock.is_some(), |head, around, origin| {
        head.open(spec, around, origin);
    })
}

/// The same for one of several that are opened alike.
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

/// Makes handles possible to the scope of a future, whose frame this is. Without a frame it has ended.
pub(crate) fn handle_to(frame: Option<&mut Frame>) -> Arc<Shared> {
    let shared = frame.and_then(|frame| {
        frame.publish(None);
        frame.shared().cloned()
    });
    shared.unwrap_or_else(Shared::ended)
}

impl Opened {
    /// The span of the scope, if somebody traces.
    #[inline]
    pub(crate) fn span(&self) -> Option<Arc<tracing::Span>> {
        if !tracing::level_enabled!(tracing::Level::DEBUG) {
            return None;
        }
        let span = Local::with(|local| local.top.borrow().0.as_deref()?.span());
        span.flatten()
    }

    /// The scope as handles refer to it.
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

/// Takes an empty frame back.
#[inline]
pub(crate) fn recycle(mut frame: Box<Frame>) {
    if frame.buffer.capacity() > KEPT_BUFFER {
        frame.buffer = Vec::new();
    }
    frame.reset();
    let mut frame = Some(frame);
    let _ = Local::with(|local| local.spare.set(frame.take()));
}

/// The origin of work directly under a frame.
fn origin_at(frame: &Frame) -> Option<&Origin> {
    holder_of(Some(frame))?.scope_head()?.origin.as_ref()
}

/// The frame whose scope buffers what is enqueued under a frame.
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

/// The scope that encloses the running code, and the places around that; `None` outside.
pub(crate) fn current() -> Option<(Arc<Shared>, Around)> {
    publish(None)
}

/// The places around the running code.
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

/// Makes handles possible to the scope with this key, or to the innermost one: it and those that may
/// capture it move behind locks.
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
        // Takes off frames until the wanted one and all that may capture it are off, or one is found
        // that was published before.
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
                // Those above stay what they are.
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
