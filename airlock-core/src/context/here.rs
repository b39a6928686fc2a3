//! Where an enqueue takes place: the scope that would buffer, and the places around the code.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use crate::context::frame::{Frame, Holds};
use crate::context::head::Head;
use crate::context::mode::{inspected, inspecting};
use crate::context::place::Place;
use crate::context::shared::{Phase, Shared};
use crate::context::stack::{Frames, Local, holder_of};
use crate::intent::{Intent, Origin, ScopeId};
use crate::policy::Holder;

/// Where an enqueue takes place.
pub(crate) struct Here {
    /// The frame that lent the place.
    top: u64,
    place: Option<Arc<Place>>,
    pub(crate) target: Target,
    /// Whether the code is directly in the scope, so that its intents need not remember the place.
    pub(crate) is_direct: bool,
    pub(crate) origin: Option<Origin>,
}

/// The scope that would buffer.
pub(crate) enum Target {
    Own(Own),
    Shared(Arc<Shared>),
}

/// A scope in a frame of this thread.
pub(crate) struct Own {
    key: u64,
    pub(crate) id: ScopeId,
    pub(crate) is_open: bool,
    name: OnceCell<Option<Cow<'static, str>>>,
}

/// The scope and the places around the running code; `None` outside of scopes.
pub(crate) fn here() -> Option<Here> {
    Local::with(|local| {
        local.settle();
        local.tidy();
        let mut stack = local.top.borrow_mut();
        let top = stack.0.as_deref_mut()?;
        let place = match top.lent.take() {
            Some(place) => Some(place),
            None => top.around().place().cloned(),
        };
        let top = &*top;
        let holder = holder_of(Some(top))?;
        let (target, is_direct) = match &holder.holds {
            Holds::Own => {
                let own = Own {
                    key: holder.key,
                    id: holder.head.id,
                    is_open: holder.phase == Phase::Open,
                    name: OnceCell::new(),
                };
                (Target::Own(own), holder.key == top.key)
            }
            Holds::Shared(shared) => {
                let is_direct = top.around().is(&shared.head.around);
                (Target::Shared(shared.clone()), is_direct)
            }
            Holds::Beneath | Holds::Nobody => return None,
        };
        let origin = holder.scope_head().and_then(|head| head.origin.clone());
        Some(Here {
            top: top.key,
            place,
            target,
            is_direct,
            origin,
        })
    })
    .flatten()
}

impl Here {
    pub(crate) fn place(&self) -> Option<&Arc<Place>> {
        self.place.as_ref()
    }

    pub(crate) fn scope(&self) -> ScopeId {
        match &self.target {
            Target::Own(own) => own.id,
            Target::Shared(shared) => shared.head.id,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        match &self.target {
            Target::Own(own) => own.is_open,
            Target::Shared(shared) => shared.state().phase == Phase::Open,
        }
    }

    /// How people call the scope.
    pub(crate) fn label(&self) -> String {
        let name = match &self.target {
            Target::Own(own) => own.name().map(str::to_owned),
            Target::Shared(shared) => shared.head.name_str().map(str::to_owned),
        };
        name.unwrap_or_else(|| self.scope().to_string())
    }

    /// Moves an intent into the buffer, unless the scope has ended meanwhile. Returns whether it did.
    pub(crate) fn buffer(&self, intent: &mut Option<Intent>) -> bool {
        match &self.target {
            Target::Own(own) => own.buffer(intent),
            Target::Shared(shared) => shared.buffer(intent),
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            let mut place = Some(place);
            Local::with(|local| {
                let mut stack = local.top.borrow_mut();
                if let Some(top) = stack.0.as_deref_mut()
                    && top.key == self.top
                {
                    top.lent = place.take();
                }
            });
        }
    }
}

impl Own {
    /// Does something with the frame of the scope. Nothing of the program's may run in `work`.
    fn frame<T>(&self, work: impl FnOnce(&mut Frame) -> T) -> Option<T> {
        Local::with(|local| {
            let mut stack = local.top.borrow_mut();
            let frame = find(&mut stack, self.key)?;
            Some(work(frame))
        })
        .flatten()
    }

    fn buffer(&self, intent: &mut Option<Intent>) -> bool {
        let published = self.frame(|frame| {
            if let Some(shared) = frame.shared() {
                return Some(shared.clone());
            }
            if frame.phase == Phase::Open
                && let Some(intent) = intent.take()
            {
                frame.special |= !intent.is_plain();
                frame.buffer.push(intent);
            }
            None
        });
        // A policy may have asked for a handle.
        if let Some(shared) = published.flatten() {
            shared.buffer(intent);
        }
        intent.is_none()
    }
}

fn find(stack: &mut Frames, key: u64) -> Option<&mut Frame> {
    let mut next = stack.0.as_deref_mut();
    while let Some(frame) = next {
        if frame.key == key {
            return Some(frame);
        }
        next = frame.outer.as_deref_mut();
    }
    None
}

impl Holder for Own {
    fn id(&self) -> ScopeId {
        self.id
    }

    fn name(&self) -> Option<&str> {
        let name = self
            .name
            .get_or_init(|| self.frame(|frame| frame.scope_head()?.name()).flatten());
        name.as_deref()
    }

    fn len(&self) -> usize {
        let own = self.frame(|frame| match &frame.holds {
            Holds::Shared(shared) => shared.state().buffer.len(),
            _ => frame.buffer.len(),
        });
        inspected(self.id).or(own).unwrap_or(0)
    }

    fn look(&self, look: &mut dyn FnMut(&[Intent])) {
        let shared = self.frame(|frame| frame.shared().cloned()).flatten();
        if let Some(shared) = shared {
            return shared.look(look);
        }
        let buffer = self.frame(|frame| std::mem::take(&mut frame.buffer));
        let lent = Lent {
            own: self,
            buffer: buffer.unwrap_or_default(),
        };
        let _inspecting = inspecting(self.id, lent.buffer.len());
        look(&lent.buffer);
    }
}

/// A buffer that is looked at. It goes back also when the look panics.
struct Lent<'a> {
    own: &'a Own,
    buffer: Vec<Intent>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.buffer);
        self.own
            .frame(|frame| std::mem::swap(&mut frame.buffer, &mut buffer));
    }
}

impl Holder for Arc<Shared> {
    fn id(&self) -> ScopeId {
        self.head.id
    }

    fn name(&self) -> Option<&str> {
        self.head.name_str()
    }

    fn len(&self) -> usize {
        inspected(self.head.id).unwrap_or_else(|| self.state().buffer.len())
    }

    fn look(&self, look: &mut dyn FnMut(&[Intent])) {
        let state = self.state();
        let _inspecting = inspecting(self.head.id, state.buffer.len());
        look(&state.buffer);
    }
}

/// What encloses a scope that has just been taken off the stack.
pub(crate) enum Beneath {
    Nobody,
    /// A scope in a frame, and what was answered about it.
    Own(bool),
    Shared(Arc<Shared>),
}

/// Shows the scope around the running code: what it says, its buffer, and whether that has special
/// intents. Nothing of the program's may run in `work`.
pub(crate) fn beneath(work: impl FnOnce(&Head, &mut Vec<Intent>, &mut bool) -> bool) -> Beneath {
    let beneath = Local::with(|local| {
        let mut stack = local.top.borrow_mut();
        let Some(key) = holder_of(stack.0.as_deref()).map(|frame| frame.key) else {
            return Beneath::Nobody;
        };
        let Some(frame) = find(&mut stack, key) else {
            return Beneath::Nobody;
        };
        match &frame.holds {
            Holds::Own => Beneath::Own(work(&frame.head, &mut frame.buffer, &mut frame.special)),
            Holds::Shared(shared) => Beneath::Shared(shared.clone()),
            Holds::Beneath | Holds::Nobody => Beneath::Nobody,
        }
    });
    beneath.unwrap_or(Beneath::Nobody)
}

/// Whether a scope encloses the running code.
#[inline]
pub(crate) fn is_in_scope() -> bool {
    let is_in_scope = Local::with(|local| match local.top.borrow().0.as_deref() {
        None => false,
        top => holder_of(top).is_some(),
    });
    is_in_scope.unwrap_or(false)
}

/// How many frames are searched for an entered scope. Code does not stand deeper in the scope that it
/// ends.
const SEARCHED: usize = 64;

/// Whether the running code is in this scope.
pub(crate) fn is_entered(scope: &Arc<Shared>) -> bool {
    let entered = Local::with(|local| {
        let stack = local.top.borrow();
        let frames = std::iter::successors(stack.0.as_deref(), |frame| frame.outer.as_deref());
        let mut scopes = frames.take(SEARCHED).filter(|frame| !frame.has_left());
        scopes.any(|frame| frame.shared().is_some_and(|shared| Arc::ptr_eq(shared, scope)))
    });
    entered.unwrap_or(false)
}
