//! Frames: the enclosing things of one thread, or of one future.

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::context::head::Head;
use crate::context::place::{Around, Place, PlaceKind};
use crate::context::shared::{Phase, Shared, State};
use crate::intent::{Intent, ScopeId, next_id};

/// One enclosing thing. It is owned by a thread's stack, or by the future that carries it, and linked
/// outwards. A plain scope's buffer is in its frame: without a lock, without a count.
pub(crate) struct Frame {
    pub(super) outer: Option<Box<Frame>>,
    /// Tells this entry apart from every other one.
    pub(super) key: u64,
    /// Fast path: an open scope of this frame, with nobody to ask and nothing to add to its intents.
    pub(super) plain: bool,
    /// Whether an intent in the buffer needs more than to be performed.
    pub(crate) special: bool,
    pub(super) phase: Phase,
    /// The scope that an enqueue here is for, where `plain` is set.
    pub(super) id: ScopeId,
    pub(crate) buffer: Vec<Intent>,
    pub(crate) holds: Holds,
    pub(crate) parent: Parent,
    /// A second reference to the innermost place, lent to each enqueue that asks: to count references
    /// anew each time would cost more than a policy.
    pub(super) lent: Option<Arc<Place>>,
    /// Whether the scope was opened where the frame stands. One that a handle entered brings what is
    /// around it along.
    pub(super) at_home: bool,
    /// Set for a frame that a guard owns.
    pub(super) guard: Option<GuardMark>,
}

/// Who buffers what is enqueued directly under a frame.
pub(crate) enum Holds {
    /// The frame itself.
    Own(Head),
    /// A scope that handles refer to, under these places.
    Shared(Arc<Shared>, Around),
    /// The scope of the frame beneath: a local policy stands here.
    Beneath(Around),
    /// Nobody: an airlock was entered, or a local policy outside of scopes.
    Nobody(Around),
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
    pub(super) fn idle() -> Box<Self> {
        Box::new(Self {
            outer: None,
            key: 0,
            plain: false,
            special: false,
            phase: Phase::Open,
            id: ScopeId(std::num::NonZeroU64::MIN),
            buffer: Vec::new(),
            holds: Holds::Nobody(Around::Nothing),
            parent: Parent::None,
            lent: None,
            at_home: true,
            guard: None,
        })
    }

    /// Sets a recycled frame up.
    #[inline]
    pub(super) fn set(&mut self, holds: Holds, parent: Parent) {
        self.phase = Phase::Open;
        self.special = false;
        self.at_home = true;
        self.lent = None;
        self.parent = parent;
        match &holds {
            Holds::Own(head) => {
                self.key = head.id.get();
                self.id = head.id;
                self.plain = !head.around.asks() && head.origin.is_none();
            }
            _ => {
                self.key = next_id().get();
                self.plain = false;
            }
        }
        self.holds = holds;
    }

    pub(crate) fn key(&self) -> u64 {
        self.key
    }

    /// Where an enqueue directly under this frame takes place.
    pub(crate) fn around(&self) -> &Around {
        match &self.holds {
            Holds::Own(head) => &head.around,
            Holds::Shared(_, around) | Holds::Beneath(around) | Holds::Nobody(around) => around,
        }
    }

    pub(super) fn head(&self) -> Option<&Head> {
        match &self.holds {
            Holds::Own(head) => Some(head),
            Holds::Shared(shared, _) => Some(&shared.head),
            Holds::Beneath(_) | Holds::Nobody(_) => None,
        }
    }

    pub(crate) fn span(&self) -> Option<tracing::Span> {
        self.head()?.span.as_deref().cloned()
    }

    pub(super) fn has_left(&self) -> bool {
        let guard = self.guard.as_ref();
        guard.is_some_and(|guard| guard.left.load(Ordering::Relaxed))
    }

    /// Accepts nothing more from code; what nested scopes hold can still be captured.
    pub(crate) fn close(&mut self) {
        match &self.holds {
            Holds::Own(_) if self.phase == Phase::Open => {
                self.phase = Phase::Closing;
                self.plain = false;
            }
            Holds::Shared(shared, _) => shared.close(),
            _ => {}
        }
    }

    /// Moves the scope of this frame behind a lock, for handles.
    pub(super) fn publish(&mut self, beneath: Option<&Arc<Shared>>) {
        let Holds::Own(head) = &self.holds else {
            return;
        };
        let (head, around) = (head.clone(), head.around.clone());
        let parent = match std::mem::replace(&mut self.parent, Parent::None) {
            Parent::Beneath => beneath.cloned(),
            Parent::None => None,
            Parent::Shared(parent) => Some(parent),
        };
        let state = State {
            phase: self.phase,
            buffer: std::mem::take(&mut self.buffer),
            special: self.special,
        };
        self.plain = false;
        self.holds = Holds::Shared(Shared::new(head, parent, state), around);
    }

    /// Stands within other places from now on, since something around it has left out of turn.
    pub(super) fn enclose(&mut self, outer: &Around) {
        let around = match &self.holds {
            Holds::Own(head) if head.effect.is_none() => &head.around,
            Holds::Shared(_, around) if self.at_home => around,
            Holds::Beneath(around) => around,
            // What a handle brought stays, and so does the place of an effect and of an airlock.
            _ => return,
        };
        self.lent = None;
        let innermost = match around.place() {
            // Plain scopes add nothing to what is around them.
            Some(place) if self.adds(place) => around.innermost_within(outer),
            _ => outer.clone(),
        };
        let before = match &mut self.holds {
            Holds::Own(head) => {
                head.judges_from = outer.depth() + 1;
                std::mem::replace(&mut head.around, innermost)
            }
            // An intent in the buffer of a shared scope without a place has those of the scope's opening.
            Holds::Shared(_, around) | Holds::Beneath(around) => {
                std::mem::replace(around, innermost)
            }
            Holds::Nobody(_) => return,
        };
        if let Holds::Own(head) = &self.holds {
            // What was enqueued until now has passed the places that were in force then.
            for intent in &mut self.buffer {
                if intent.facts.place().is_none() && !before.is(&head.around) {
                    before.remember(&mut intent.facts);
                    self.special = true;
                }
            }
            self.plain = self.phase == Phase::Open && !head.around.asks() && head.origin.is_none();
        }
    }

    /// Whether the innermost place around code here is this frame's own.
    fn adds(&self, place: &Place) -> bool {
        match (&self.holds, &place.kind) {
            (Holds::Own(head), PlaceKind::Scope { id, .. }) => *id == head.id,
            (Holds::Shared(shared, _), PlaceKind::Scope { id, .. }) => *id == shared.head.id,
            (Holds::Beneath(_), _) => true,
            _ => false,
        }
    }

    /// Whether what is beneath this frame means nothing to the code above it.
    pub(super) fn is_barrier(&self) -> bool {
        match &self.holds {
            Holds::Own(head) => head.effect.is_some() || !matches!(self.parent, Parent::Beneath),
            Holds::Shared(..) => !self.at_home,
            Holds::Nobody(_) => true,
            Holds::Beneath(_) => false,
        }
    }
}
