//! Where an enqueue takes place: the scope that would buffer, and the places around the code.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;

use crate::context::frame::Frame;
use crate::context::head::Head;
use crate::context::mode::{AfterLooking, inspected, inspecting};
use crate::context::place::Place;
use crate::context::shared::{Phase, Shared};
use crate::context::stack::{Frames, Local, Mode, holder_of};
use crate::intent::{Intent, Origin, ScopeId, Special};
use crate::policy::Holder;

/// Where an enqueue takes place: the scope that would buffer, and the places around the code.
pub(crate) struct Here {
    /// The frame that lent the place.
    top: u64,
    /// The frame of the scope.
    holder: u64,
    scope: Option<ScopeId>,
    /// Set for a scope that handles refer to.
    shared: Option<Arc<Shared>>,
    place: Option<Arc<Place>>,
    /// Whether the code is directly in the scope, so that its intents need not remember the place.
    pub(crate) is_direct: bool,
    is_open: bool,
    pub(crate) origin: Option<Origin>,
    name: OnceCell<Option<Cow<'static, str>>>,
}

/// What stands in the way of an enqueue, or the scope that would buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Scope,
    NoScope,
    /// A policy, a lifecycle or an executor is being asked.
    Judging,
    /// A closure looks at a buffer.
    Inspecting,
}

impl Here {
    /// To be [found](Self::find). Filled in place, since it is read at once: moved, it would be read before
    /// its stores have settled.
    #[inline]
    pub(crate) fn unknown() -> Self {
        Self {
            top: 0,
            holder: 0,
            scope: None,
            shared: None,
            place: None,
            is_direct: false,
            is_open: false,
            origin: None,
            name: OnceCell::new(),
        }
    }

    /// Finds the scope and the places around the running code.
    #[inline]
    pub(crate) fn find(&mut self) -> Found {
        let found = Local::with(|local| {
            match local.mode.get() {
                Mode::Plain => {}
                Mode::Effect => local.open_effect_scope(),
                Mode::Judging => return Found::Judging,
                Mode::Inspecting => return Found::Inspecting,
            }
            local.tidy();
            let mut stack = local.top.borrow_mut();
            let Some(top) = stack.0.as_deref_mut() else {
                return Found::NoScope;
            };
            self.place = match top.lent.take() {
                Some(place) => Some(place),
                None => top.around().place().cloned(),
            };
            let top = &*top;
            self.top = top.key;
            let Some(holder) = holder_of(Some(top)) else {
                return Found::NoScope;
            };
            let Some(head) = holder.scope_head() else {
                return Found::NoScope;
            };
            self.holder = holder.key;
            self.scope = Some(head.id);
            if head.origin.is_some() {
                self.origin.clone_from(&head.origin);
            }
            match holder.shared() {
                None => {
                    self.is_open = holder.phase == Phase::Open;
                    self.is_direct = holder.key == top.key;
                }
                Some(shared) => {
                    self.shared = Some(shared.clone());
                    self.is_direct = top.around().is(&head.around);
                }
            }
            Found::Scope
        });
        found.unwrap_or(Found::NoScope)
    }

    #[inline]
    pub(crate) fn place(&self) -> Option<&Arc<Place>> {
        self.place.as_ref()
    }

    /// The scope that handles refer to, if they do.
    pub(crate) fn shared(&self) -> Option<&Arc<Shared>> {
        self.shared.as_ref()
    }

    #[inline]
    pub(crate) fn scope(&self) -> ScopeId {
        match self.scope {
            Some(scope) => scope,
            None => unreachable!("it was found"),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        match &self.shared {
            None => self.is_open,
            Some(shared) => shared.state().phase == Phase::Open,
        }
    }

    /// How people call the scope.
    pub(crate) fn label(&self) -> String {
        let name = Holder::name(self).map(str::to_owned);
        name.unwrap_or_else(|| self.scope().to_string())
    }

    /// Moves the waiting intent into the buffer, unless the scope has ended meanwhile. Returns whether it
    /// did.
    #[inline]
    pub(crate) fn buffer(&self, waiting: &mut Vec<Intent>) -> bool {
        if let Some(shared) = &self.shared {
            return shared.buffer(waiting);
        }
        let published = self.frame(|frame| {
            if let Some(shared) = frame.shared() {
                return Some(shared.clone());
            }
            if frame.phase == Phase::Open {
                for intent in waiting.iter() {
                    frame.special.add(Special::from_intent(intent));
                }
                frame.buffer.append(waiting);
            }
            None
        });
        // A policy may have asked for a handle.
        if let Some(shared) = published.flatten() {
            shared.buffer(waiting);
        }
        waiting.is_empty()
    }

    /// Does something with the frame of the scope. Nothing of the program's may run in `work`.
    #[inline]
    fn frame<T>(&self, work: impl FnOnce(&mut Frame) -> T) -> Option<T> {
        Local::with(|local| {
            let mut stack = local.top.borrow_mut();
            let frame = find(&mut stack, self.holder)?;
            Some(work(frame))
        })
        .flatten()
    }
}

impl Drop for Here {
    #[inline]
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            let mut place = Some(place);
            Local::with(|local| {
                let mut stack = local.top.borrow_mut();
                if let Some(top) = stack.0.as_deref_mut()
                    && top.key == self.top
                {
                    std::mem::swap(&mut top.lent, &mut place);
                }
            });
        }
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

impl Holder for Here {
    fn id(&self) -> ScopeId {
        self.scope()
    }

    fn name(&self) -> Option<&str> {
        if let Some(shared) = &self.shared {
            return shared.head.name_str();
        }
        let name = self
            .name
            .get_or_init(|| self.frame(|frame| frame.scope_head()?.name()).flatten());
        name.as_deref()
    }

    fn len(&self) -> usize {
        let own = || match &self.shared {
            Some(shared) => Some(shared.state().buffer.len()),
            None => self.frame(|frame| match frame.shared() {
                Some(shared) => shared.state().buffer.len(),
                None => frame.buffer.len(),
            }),
        };
        inspected(self.scope()).or_else(own).unwrap_or(0)
    }

    fn look(&self, look: &mut dyn FnMut(&[Intent])) {
        let _after = AfterLooking::new();
        let published = || self.frame(|frame| frame.shared().cloned()).flatten();
        if let Some(shared) = self.shared.clone().or_else(published) {
            let state = shared.state();
            let _inspecting = inspecting(self.scope(), state.buffer.len());
            return look(&state.buffer);
        }
        let buffer = self.frame(|frame| {
            frame.share_origin();
            std::mem::take(&mut frame.buffer)
        });
        let lent = Lent {
            own: self,
            buffer: buffer.unwrap_or_default(),
        };
        let _inspecting = inspecting(self.scope(), lent.buffer.len());
        look(&lent.buffer);
    }
}

/// A buffer that is looked at. It goes back also when the look panics.
struct Lent<'a> {
    own: &'a Here,
    buffer: Vec<Intent>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.buffer);
        self.own
            .frame(|frame| std::mem::swap(&mut frame.buffer, &mut buffer));
    }
}

/// What encloses a scope that has just been taken off the stack.
pub(crate) enum Beneath {
    Nobody,
    /// A scope in a frame, and what was answered about it.
    Own(bool),
    /// A scope in a frame that has ended, by this name: a destructor of its arguments runs.
    Ended(String),
    Shared(Arc<Shared>),
}

/// Shows the scope around the running code: what it says, its buffer, and whether that has special
/// intents. Nothing of the program's may run in `work`.
pub(crate) fn beneath(work: impl FnOnce(&Head, &mut Vec<Intent>, &mut Special) -> bool) -> Beneath {
    let beneath = Local::with(|local| {
        let mut stack = local.top.borrow_mut();
        let Some(key) = holder_of(stack.0.as_deref()).map(|frame| frame.key) else {
            return Beneath::Nobody;
        };
        let Some(frame) = find(&mut stack, key) else {
            return Beneath::Nobody;
        };
        match frame.shared() {
            Some(shared) => Beneath::Shared(shared.clone()),
            None if frame.phase == Phase::Ended => Beneath::Ended(frame.head.label()),
            None if frame.releases => Beneath::Own(false),
            None => Beneath::Own(work(&frame.head, &mut frame.buffer, &mut frame.special)),
        }
    });
    beneath.unwrap_or(Beneath::Nobody)
}

/// Whether a scope encloses the running code.
#[inline]
pub(crate) fn is_in_scope() -> bool {
    let is_in_scope = Local::with(|local| {
        local.open_effect_scope();
        match local.top.borrow().0.as_deref() {
            None => false,
            top => holder_of(top).is_some(),
        }
    });
    is_in_scope.unwrap_or(false)
}

/// Whether a scope around the running code says where its work comes from.
#[inline]
pub(crate) fn has_origin() -> bool {
    is_in_scope() && has_origin_around()
}

#[cold]
fn has_origin_around() -> bool {
    let has_origin = Local::with(|local| {
        local.tidy();
        let stack = local.top.borrow();
        let head = holder_of(stack.0.as_deref())?.scope_head()?;
        Some(head.origin.is_some())
    });
    has_origin.flatten().unwrap_or(false)
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
        scopes.any(|frame| {
            frame
                .shared()
                .is_some_and(|shared| Arc::ptr_eq(shared, scope))
        })
    });
    entered.unwrap_or(false)
}
