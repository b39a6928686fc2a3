//! Finding the current scope and places, for an enqueue.

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

/// The scope that would buffer an intent enqueued now, and the places around the code.
pub(crate) struct Here {
    /// The key of the frame that lent the place.
    top: u64,
    /// The key of the scope's frame.
    holder: u64,
    scope: Option<ScopeId>,
    /// Set if the scope is published.
    shared: Option<Arc<Shared>>,
    place: Option<Arc<Place>>,
    /// `true` if the code is directly in the scope, so that the intent need not remember its place.
    pub(crate) is_direct: bool,
    is_open: bool,
    pub(crate) origin: Option<Origin>,
    name: OnceCell<Option<Cow<'static, str>>>,
}

/// The result of looking for the current scope: found, or why an enqueue is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    Scope,
    NoScope,
    /// A policy, a lifecycle or an executor is being consulted.
    Judging,
    /// A closure is inspecting a buffer.
    Inspecting,
}

impl Here {
    /// Makes a value to be filled by [`find`](Self::find). It is filled in place: returned from `find`, it would be
    /// moved and read back before its stores have settled.
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
            // Lent, and given back by `Drop`: counting a reference is an atomic operation, twice per enqueue.
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

    /// Returns the innermost place around the code.
    #[inline]
    pub(crate) fn place(&self) -> Option<&Arc<Place>> {
        self.place.as_ref()
    }

    /// Returns the shared part of the scope, if it was published when it was found.
    pub(crate) fn shared(&self) -> Option<&Arc<Shared>> {
        self.shared.as_ref()
    }

    /// Returns the id of the scope.
    #[inline]
    pub(crate) fn scope(&self) -> ScopeId {
        match self.scope {
            Some(scope) => scope,
            None => unreachable!("it was found"),
        }
    }

    /// Returns whether the scope accepts intents. Another thread may end a shared scope right afterwards.
    pub(crate) fn is_open(&self) -> bool {
        match &self.shared {
            None => self.is_open,
            Some(shared) => shared.state().phase == Phase::Open,
        }
    }

    /// Returns the name or, without a name, the id of the scope, for messages.
    pub(crate) fn label(&self) -> String {
        let name = Holder::name(self).map(str::to_owned);
        name.unwrap_or_else(|| self.scope().to_string())
    }

    /// Moves the waiting intent into the buffer, unless the scope has ended. Returns whether it did.
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
        // A policy has published the scope since it was found, by asking for a handle.
        if let Some(shared) = published.flatten() {
            shared.buffer(waiting);
        }
        waiting.is_empty()
    }

    /// Calls a closure with the frame of the scope. The stack is borrowed: `work` must not run user code.
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
                // Not if a policy has dropped a guard meanwhile: then the place around the code is another one.
                if let Some(top) = stack.0.as_deref_mut()
                    && top.key == self.top
                    && top.around().place().map(Arc::as_ptr) == place.as_ref().map(Arc::as_ptr)
                {
                    std::mem::swap(&mut top.lent, &mut place);
                }
            });
        }
    }
}

/// Finds the frame with this key.
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
        // Dropped last, after the unlock: it ends scopes that the closure has dropped.
        let _after = AfterLooking::new();
        let published = || self.frame(|frame| frame.shared().cloned()).flatten();
        if let Some(shared) = self.shared.clone().or_else(published) {
            let state = shared.state();
            let _inspecting = inspecting(self.scope(), state.buffer.len());
            return look(&state.buffer);
        }
        // Taken out of the frame, since the stack must not be borrowed while the closure runs.
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

/// A buffer that is being inspected. Its drop puts it back, also if the closure panics.
struct Lent<'a> {
    own: &'a Here,
    buffer: Vec<Intent>,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let published = self.own.frame(|frame| match frame.shared() {
            None => {
                std::mem::swap(&mut frame.buffer, &mut buffer);
                None
            }
            shared => shared.cloned(),
        });
        // The closure asked for a handle of the scope, which moved the frame's buffer behind a lock.
        if let Some(shared) = published.flatten() {
            shared.put_back(buffer);
        }
    }
}

/// The scope around one that has just been taken off the stack.
pub(crate) enum Beneath {
    Nobody,
    /// A scope in a frame, and the result of the closure.
    Own(bool),
    /// A scope in a frame that has ended, with its label: a destructor of its arguments is running.
    Ended(String),
    Shared(Arc<Shared>),
}

/// Calls a closure with the scope around the running code: its head, its buffer, and what is special in that.
/// The stack is borrowed: `work` must not run user code.
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

/// Returns whether the running code is in a scope.
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

/// Returns whether the scope around the running code has an origin.
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

/// The number of frames that are searched for an entered scope. Code is assumed not to be deeper in a scope that it
/// ends. Searching all frames would make ending n nested scopes quadratic.
const SEARCHED: usize = 64;

/// Returns whether the running code is in this scope. Searches the innermost [`SEARCHED`] frames.
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
