//! Frames: the scopes, policies, airlocks and effects around the code of one thread or one future.

use std::num::NonZeroU64;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::context::head::Head;
use crate::context::mode::inspected;
use crate::context::place::{Around, Place, PlaceKind};
use crate::context::shared::{Phase, Shared, State};
use crate::context::stack::Local;
use crate::intent::{Intent, Origin, ScopeId, Special, next_id};

/// One enclosing scope, local policy, airlock or effect.
///
/// It is owned by the stack of a thread or by the future that carries it, and linked outwards. The buffer of a
/// scope is in its frame, without a lock or a reference count, until a handle is needed ([`Frame::publish`]).
pub(crate) struct Frame {
    pub(super) outer: Option<Box<Frame>>,
    /// Identifies the frame. The id of the scope, if the frame was made for one.
    pub(super) key: u64,
    /// Fast path: the scope of this frame is open, and there is no policy, executor, `emits` or cause to consult.
    pub(super) plain: bool,
    /// `true` if scopes within this one dispatch when they end: see [`Self::release_within`].
    pub(crate) releases: bool,
    /// `true` if the scope may wait for the body of its response.
    pub(super) may_wait: bool,
    /// The features of its intents that the stages of a flush must look for.
    pub(crate) special: Special,
    pub(super) phase: Phase,
    /// `true` if the scope was opened here, within the frames beneath. A scope that a handle entered, or that is in a
    /// separate airlock, brings its own places along.
    pub(super) at_home: bool,
    pub(crate) buffer: Vec<Intent>,
    /// The scope of the frame. Frames without a scope use only its places.
    pub(super) head: Head,
    pub(super) holds: Holds,
    pub(crate) parent: Parent,
    /// A second reference to the innermost place, lent to each enqueue that consults it. Counting a reference for
    /// each enqueue would cost more than a policy.
    pub(super) lent: Option<Arc<Place>>,
    /// Set if a guard owns the frame.
    pub(super) guard: Option<GuardMark>,
}

/// The scope that buffers the intents enqueued directly under a frame.
pub(crate) enum Holds {
    /// The frame itself.
    Own,
    /// A published scope.
    Shared(Arc<Shared>),
    /// The scope of a frame beneath: this frame is a local policy.
    Beneath,
    /// None: an entered airlock, or a local policy outside of scopes.
    Nobody,
}

/// The scope that captures what the frame's scope would dispatch.
pub(crate) enum Parent {
    /// The nearest scope beneath this frame, on the same thread.
    Beneath,
    None,
    Shared(Arc<Shared>),
}

/// The link between a guard and its frame, by which the guard deactivates the frame, even while the frame is in a
/// suspended future.
pub(super) struct GuardMark {
    pub(super) left: Arc<AtomicBool>,
    pub(super) at: &'static Location<'static>,
}

impl Frame {
    /// Makes a frame that holds nothing yet.
    #[cold]
    pub(super) fn idle() -> Box<Self> {
        Box::new(Self {
            outer: None,
            key: 0,
            plain: false,
            releases: false,
            may_wait: false,
            special: Special::NOTHING,
            phase: Phase::Open,
            at_home: true,
            buffer: Vec::new(),
            head: Head::idle(),
            holds: Holds::Nobody,
            parent: Parent::None,
            lent: None,
            guard: None,
        })
    }

    /// Makes the frame of a scope that has ended with this buffer, for its flush.
    pub(crate) fn of_ended(head: Head, buffer: Vec<Intent>) -> Box<Self> {
        let frame = Local::with(Local::spare_frame);
        let mut frame = frame.unwrap_or_else(Frame::idle);
        frame.head = head;
        frame.buffer = buffer;
        frame.hold_own(Parent::None);
        frame
    }

    /// Turns an idle frame into that of a scope, whose head has been set up.
    #[inline]
    pub(super) fn hold_own(&mut self, parent: Parent) {
        self.key = self.head.id.get();
        self.plain = self.head.is_plain();
        self.special = Special::NOTHING;
        self.phase = Phase::Open;
        self.at_home = true;
        self.holds = Holds::Own;
        self.parent = parent;
    }

    /// Turns an idle frame into one without its own scope.
    pub(super) fn hold(&mut self, holds: Holds, around: Around) {
        self.key = next_id().get();
        self.plain = false;
        self.at_home = true;
        self.head.around = around;
        self.holds = holds;
        self.parent = Parent::None;
    }

    /// Makes the frame idle, so that it can be recycled. Its buffer is empty.
    #[inline]
    pub(super) fn reset(&mut self) {
        self.plain = false;
        self.releases = false;
        self.may_wait = false;
        self.head.reset();
        // `Own` and `Beneath` own nothing. `hold_own` and `hold` overwrite them.
        if !matches!(self.holds, Holds::Own) {
            self.holds = Holds::Nobody;
        }
        if !matches!(self.parent, Parent::Beneath) {
            self.parent = Parent::None;
        }
        self.lent = None;
        self.guard = None;
    }

    pub(crate) fn key(&self) -> u64 {
        self.key
    }

    /// Returns the places around code directly under this frame.
    pub(crate) fn around(&self) -> &Around {
        &self.head.around
    }

    /// Returns the head of the frame's scope, if it has one.
    pub(super) fn scope_head(&self) -> Option<&Head> {
        match &self.holds {
            Holds::Own => Some(&self.head),
            Holds::Shared(shared) => Some(&shared.head),
            Holds::Beneath | Holds::Nobody => None,
        }
    }

    /// Returns the head of the scope that the frame itself holds. `None` once the scope is published.
    #[inline]
    pub(crate) fn own_head(&self) -> Option<&Head> {
        matches!(self.holds, Holds::Own).then_some(&self.head)
    }

    /// Takes the origin of the scope.
    pub(crate) fn take_origin(&mut self) -> Option<Origin> {
        self.head.origin.take()
    }

    /// Returns the scope that captures what the scope of a future would dispatch.
    pub(crate) fn captor(&self) -> Option<&Arc<Shared>> {
        match (&self.holds, &self.parent) {
            (Holds::Shared(shared), _) => shared.parent.as_ref(),
            (_, Parent::Shared(parent)) => Some(parent),
            _ => None,
        }
    }

    /// Notes that the scope may wait for the body of its response.
    pub(crate) fn set_may_wait(&mut self) {
        match &self.holds {
            Holds::Shared(shared) => shared.state().may_wait = true,
            _ => self.may_wait = true,
        }
    }

    /// Returns the shared part of the scope, if it is published.
    pub(crate) fn shared(&self) -> Option<&Arc<Shared>> {
        match &self.holds {
            Holds::Shared(shared) => Some(shared),
            _ => None,
        }
    }

    /// Returns the span of the scope, if tracing is enabled.
    pub(crate) fn span(&self) -> Option<Arc<tracing::Span>> {
        self.scope_head()?.span.clone()
    }

    /// Returns whether the guard that owns this frame was dropped.
    pub(super) fn has_left(&self) -> bool {
        let guard = self.guard.as_ref();
        guard.is_some_and(|guard| guard.left.load(Ordering::Relaxed))
    }

    /// Makes the scope refuse enqueues. It still captures nested scopes.
    pub(crate) fn close(&mut self) {
        match &self.holds {
            Holds::Own if self.phase == Phase::Open => {
                self.phase = Phase::Closing;
                self.plain = false;
            }
            // A closure on this thread inspects it and holds the lock. The scope ends after the closure.
            Holds::Shared(shared) if inspected(shared.head.id).is_some() => {}
            Holds::Shared(shared) => shared.close(),
            _ => {}
        }
    }

    /// Lets scopes within this one dispatch when they end, from now on. If this scope has a lifecycle, the lifecycle
    /// decides instead.
    pub(crate) fn release_within(&mut self) {
        match &self.holds {
            // A closure on this thread inspects it and holds the lock.
            Holds::Shared(shared) if inspected(shared.head.id).is_some() => {}
            Holds::Shared(shared) => shared.state().releases = true,
            _ => self.releases = true,
        }
    }

    /// Returns the number of intents in the scope.
    pub(crate) fn len(&self) -> usize {
        match &self.holds {
            Holds::Shared(shared) => {
                inspected(shared.head.id).unwrap_or_else(|| shared.state().buffer.len())
            }
            _ => self.buffer.len(),
        }
    }

    /// Ends the scope: it refuses enqueues.
    #[inline]
    pub(super) fn end(&mut self) {
        self.phase = Phase::Ended;
        self.plain = false;
    }

    /// Enters the scope's origin into the intents in the buffer; see [`Head::share_origin`].
    pub(crate) fn share_origin(&mut self) {
        let data = self.buffer.iter_mut().map(|intent| &mut intent.info);
        self.head.share_origin(data);
    }

    /// Moves the scope of this frame behind a lock, for handles. Does nothing if it has no scope of its own, or the
    /// scope is published.
    pub(super) fn publish(&mut self, beneath: Option<&Arc<Shared>>) {
        if !matches!(self.holds, Holds::Own) {
            return;
        }
        // Read before `parent` and `holds` change. In a separate airlock or for an effect, its places stay when a
        // guard beneath it is dropped.
        let depends = !self.is_barrier();
        let parent = match std::mem::replace(&mut self.parent, Parent::None) {
            Parent::Beneath => beneath.cloned(),
            Parent::None => None,
            Parent::Shared(parent) => Some(parent),
        };
        self.share_origin();
        let state = State {
            phase: self.phase,
            releases: self.releases,
            may_wait: self.may_wait,
            buffer: std::mem::take(&mut self.buffer),
            special: self.special,
        };
        self.plain = false;
        self.at_home = depends;
        self.holds = Holds::Shared(Shared::new(self.head.clone(), parent, state));
    }

    /// Moves the frame into other places, because a guard beneath it was dropped out of order.
    pub(super) fn enclose(&mut self, outer: &Around) {
        // The places that a handle brought along stay, and so do those of an effect and of an airlock.
        let moves = match &self.holds {
            Holds::Own => self.head.effect.is_none(),
            Holds::Shared(_) => self.at_home,
            Holds::Beneath => true,
            Holds::Nobody => false,
        };
        if !moves {
            return;
        }
        self.lent = None;
        let innermost = match self.head.around.place() {
            // Scopes without settings add no place: they have that of the frame beneath.
            Some(place) if self.adds(place) => self.head.around.innermost_within(outer),
            _ => outer.clone(),
        };
        let before = std::mem::replace(&mut self.head.around, innermost);
        // A shared scope keeps the head with which it was published, and its intents without a place refer to that.
        if let Holds::Own = self.holds {
            self.head.judges_from = outer.depth() + 1;
            // The intents enqueued until now have passed the old places, and must be judged by those.
            for intent in &mut self.buffer {
                if intent.info.place().is_none() && !before.is(&self.head.around) {
                    before.remember(&mut intent.info);
                    self.special.add(Special::MARKED);
                }
            }
            self.plain = self.phase == Phase::Open && self.head.is_plain();
        }
    }

    /// Returns whether this is the frame's own place, and not that of a frame beneath.
    fn adds(&self, place: &Place) -> bool {
        match (&self.holds, &place.kind) {
            (Holds::Beneath, _) => true,
            (Holds::Own | Holds::Shared(_), PlaceKind::Scope { id, .. }) => *id == self.scope_id(),
            _ => false,
        }
    }

    /// Returns the id of the scope, or a placeholder.
    fn scope_id(&self) -> ScopeId {
        self.scope_head()
            .map_or(ScopeId(NonZeroU64::MIN), |head| head.id)
    }

    /// Returns whether the places above this frame are independent of the frames beneath it.
    pub(super) fn is_barrier(&self) -> bool {
        match &self.holds {
            Holds::Own => self.head.effect.is_some() || !matches!(self.parent, Parent::Beneath),
            Holds::Shared(_) => !self.at_home,
            Holds::Nobody => true,
            Holds::Beneath => false,
        }
    }
}
