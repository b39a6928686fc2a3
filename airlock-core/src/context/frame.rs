//! Frames: the enclosing things of one thread, or of one future.

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

/// One enclosing thing. It is owned by a thread's stack, or by the future that carries it, and linked
/// outwards. A plain scope's buffer is in its frame: without a lock, without a count.
pub(crate) struct Frame {
    pub(super) outer: Option<Box<Frame>>,
    /// Tells this entry apart from every other one.
    pub(super) key: u64,
    /// Fast path: an open scope of this frame, with nobody to ask and nothing to add to its intents.
    pub(super) plain: bool,
    /// Whether scopes within this one dispatch when they end: see [`Self::release_within`].
    pub(crate) releases: bool,
    /// Whether its scope may wait for the body of its response.
    pub(super) may_wait: bool,
    /// What has to be looked for in the buffer.
    pub(crate) special: Special,
    pub(super) phase: Phase,
    /// Whether the scope was opened where the frame stands, within what is beneath. One that a handle
    /// entered, or that is in an airlock of its own, brings what is around it along.
    pub(super) at_home: bool,
    pub(crate) buffer: Vec<Intent>,
    /// The scope of the frame; of other frames only what is around code under them.
    pub(super) head: Head,
    pub(super) holds: Holds,
    pub(crate) parent: Parent,
    /// A second reference to the innermost place, lent to each enqueue that asks: to count references
    /// anew each time would cost more than a policy.
    pub(super) lent: Option<Arc<Place>>,
    /// Set for a frame that a guard owns.
    pub(super) guard: Option<GuardMark>,
}

/// Who buffers what is enqueued directly under a frame.
pub(crate) enum Holds {
    /// The frame itself.
    Own,
    /// A scope that handles refer to.
    Shared(Arc<Shared>),
    /// The scope of the frame beneath: a local policy stands here.
    Beneath,
    /// Nobody: an airlock was entered, or a local policy outside of scopes.
    Nobody,
}

/// The scope that captures what the frame's scope would dispatch.
pub(crate) enum Parent {
    /// The nearest one beneath this frame, on the same thread.
    Beneath,
    None,
    Shared(Arc<Shared>),
}

/// Lets a guard take its frame out of force wherever that is: on this thread, or with a future that is
/// not polled now.
pub(super) struct GuardMark {
    pub(super) left: Arc<AtomicBool>,
    pub(super) at: &'static Location<'static>,
}

impl Frame {
    /// A frame that stands for nothing.
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

    /// The frame of a scope that has ended and held this, for its flush.
    pub(crate) fn of_ended(head: Head, buffer: Vec<Intent>) -> Box<Self> {
        let frame = Local::with(Local::spare_frame);
        let mut frame = frame.unwrap_or_else(Frame::idle);
        frame.head = head;
        frame.buffer = buffer;
        frame.hold_own(Parent::None);
        frame
    }

    /// Makes an idle frame that of a scope, whose head has been set up.
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

    /// Makes an idle frame one without a scope of its own.
    pub(super) fn hold(&mut self, holds: Holds, around: Around) {
        self.key = next_id().get();
        self.plain = false;
        self.at_home = true;
        self.head.around = around;
        self.holds = holds;
        self.parent = Parent::None;
    }

    /// Makes the frame idle, so that it can be used again. Its buffer is empty.
    #[inline]
    pub(super) fn reset(&mut self) {
        self.plain = false;
        self.releases = false;
        self.may_wait = false;
        self.head.reset();
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

    /// Where an enqueue directly under this frame takes place.
    pub(crate) fn around(&self) -> &Around {
        &self.head.around
    }

    /// What is known of the frame's scope, if it has one.
    pub(super) fn scope_head(&self) -> Option<&Head> {
        match &self.holds {
            Holds::Own => Some(&self.head),
            Holds::Shared(shared) => Some(&shared.head),
            Holds::Beneath | Holds::Nobody => None,
        }
    }

    /// What is known of the scope that the frame itself holds.
    #[inline]
    pub(crate) fn own_head(&self) -> Option<&Head> {
        matches!(self.holds, Holds::Own).then_some(&self.head)
    }

    pub(crate) fn take_origin(&mut self) -> Option<Origin> {
        self.head.origin.take()
    }

    /// The scope that captures what that of a future's frame would dispatch.
    pub(crate) fn captor(&self) -> Option<&Arc<Shared>> {
        match (&self.holds, &self.parent) {
            (Holds::Shared(shared), _) => shared.parent.as_ref(),
            (_, Parent::Shared(parent)) => Some(parent),
            _ => None,
        }
    }

    /// Notes that its scope may wait for the body of its response.
    pub(crate) fn set_may_wait(&mut self) {
        match &self.holds {
            Holds::Shared(shared) => shared.state().may_wait = true,
            _ => self.may_wait = true,
        }
    }

    /// The scope as handles refer to it, if it is published.
    pub(crate) fn shared(&self) -> Option<&Arc<Shared>> {
        match &self.holds {
            Holds::Shared(shared) => Some(shared),
            _ => None,
        }
    }

    /// The span of its scope, if somebody traces.
    pub(crate) fn span(&self) -> Option<Arc<tracing::Span>> {
        self.scope_head()?.span.clone()
    }

    pub(super) fn has_left(&self) -> bool {
        let guard = self.guard.as_ref();
        guard.is_some_and(|guard| guard.left.load(Ordering::Relaxed))
    }

    /// Accepts nothing more from code; what nested scopes hold can still be captured.
    pub(crate) fn close(&mut self) {
        match &self.holds {
            Holds::Own if self.phase == Phase::Open => {
                self.phase = Phase::Closing;
                self.plain = false;
            }
            // Its lock is held by a closure that looks at it, which ends it afterwards.
            Holds::Shared(shared) if inspected(shared.head.id).is_some() => {}
            Holds::Shared(shared) => shared.close(),
            _ => {}
        }
    }

    /// Lets scopes within this one dispatch when they end, from now on, unless a lifecycle decides that.
    pub(crate) fn release_within(&mut self) {
        match &self.holds {
            // Its lock is held by a closure that looks at it.
            Holds::Shared(shared) if inspected(shared.head.id).is_some() => {}
            Holds::Shared(shared) => shared.state().releases = true,
            _ => self.releases = true,
        }
    }

    /// How much its scope holds.
    pub(crate) fn len(&self) -> usize {
        match &self.holds {
            Holds::Shared(shared) => {
                inspected(shared.head.id).unwrap_or_else(|| shared.state().buffer.len())
            }
            _ => self.buffer.len(),
        }
    }

    /// Accepts nothing any more: what is enqueued now is refused.
    #[inline]
    pub(super) fn end(&mut self) {
        self.phase = Phase::Ended;
        self.plain = false;
    }

    /// Lets the intents in the buffer tell their scope's origin; see [`Head::share_origin`].
    pub(crate) fn share_origin(&mut self) {
        let data = self.buffer.iter_mut().map(|intent| &mut intent.data);
        self.head.share_origin(data);
    }

    /// Moves the scope of this frame behind a lock, for handles.
    pub(super) fn publish(&mut self, beneath: Option<&Arc<Shared>>) {
        if !matches!(self.holds, Holds::Own) {
            return;
        }
        // Its own airlock, or the effect that it is for, stays whatever leaves beneath it.
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

    /// Stands within other places from now on, since something around it has left out of turn.
    pub(super) fn enclose(&mut self, outer: &Around) {
        // What a handle brought stays, and so does the place of an effect and of an airlock.
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
            // Plain scopes add nothing to what is around them.
            Some(place) if self.adds(place) => self.head.around.innermost_within(outer),
            _ => outer.clone(),
        };
        let before = std::mem::replace(&mut self.head.around, innermost);
        // An intent in the buffer of a shared scope without a place has those of the scope's opening.
        if let Holds::Own = self.holds {
            self.head.judges_from = outer.depth() + 1;
            // What was enqueued until now has passed the places that were in force then.
            for intent in &mut self.buffer {
                if intent.data.place().is_none() && !before.is(&self.head.around) {
                    before.remember(&mut intent.data);
                    self.special.add(Special::MARKED);
                }
            }
            self.plain = self.phase == Phase::Open && self.head.is_plain();
        }
    }

    /// Whether the innermost place around code here is this frame's own.
    fn adds(&self, place: &Place) -> bool {
        match (&self.holds, &place.kind) {
            (Holds::Beneath, _) => true,
            (Holds::Own | Holds::Shared(_), PlaceKind::Scope { id, .. }) => *id == self.scope_id(),
            _ => false,
        }
    }

    fn scope_id(&self) -> ScopeId {
        self.scope_head()
            .map_or(ScopeId(NonZeroU64::MIN), |head| head.id)
    }

    /// Whether what is beneath this frame means nothing to the code above it.
    pub(super) fn is_barrier(&self) -> bool {
        match &self.holds {
            Holds::Own => self.head.effect.is_some() || !matches!(self.parent, Parent::Beneath),
            Holds::Shared(_) => !self.at_home,
            Holds::Nobody => true,
            Holds::Beneath => false,
        }
    }
}
