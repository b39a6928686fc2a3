//! Stage 3: moves the intents that ancestors hold into their buffers, and leaves those that all release (R8).

use std::borrow::Cow;
use std::sync::Arc;

use crate::context::{self, Around, Beneath, Head, Phase, Shared};
use crate::flush::select::{Selected, retire_those_not_due};
use crate::flush::take::{Captor, Taken};
use crate::intent::{Decision, Failure, FireOn, Intent, IntentInfo, ScopeId, Special};
use crate::lifecycle::{Lifecycle, Outcome, Release};
use crate::report::Page;
use crate::unwind::catch;

/// A scope whose ancestors have captured the intents that they hold. Those still pending may leave.
pub(super) struct Released {
    pub(super) scope: Taken,
    /// The report entries of the intents, if all of them were captured at once.
    pub(super) page: Page,
    /// The scopes that captured something, with their names.
    pub(super) captors: Vec<(ScopeId, Cow<'static, str>)>,
    /// `true` if an intent failed because its ancestor had ended.
    pub(super) failed: bool,
    /// The smallest depth at which policies of scopes judge the intents.
    pub(super) judges_from: u32,
}

/// Asks each ancestor in turn, nearest first. The intents that it holds move into its buffer, in order. Those that
/// all ancestors release stay.
pub(super) fn release(selected: Selected) -> Released {
    let scope = selected.0;
    let mut released = Released {
        judges_from: scope.head().judges_from,
        scope,
        page: Page::new(),
        captors: Vec::new(),
        failed: false,
    };
    if !released.scope.intents.is_empty() {
        match std::mem::replace(&mut released.scope.captor, Captor::Nobody) {
            Captor::Nobody => {}
            Captor::Shared(nearest) => released.ask_ancestors(&nearest),
            Captor::Beneath => released.ask_beneath(),
        }
    }
    let scope = &mut released.scope;
    if scope.special.is_marked() {
        retire_those_not_due(&mut scope.intents, scope.outcome);
    }
    released
}

impl Released {
    /// Asks the scope beneath. Fast path: it is not published, has no lifecycle and does not release.
    fn ask_beneath(&mut self) {
        let Self {
            scope,
            page,
            captors,
            ..
        } = self;
        let asked = context::beneath(|head, buffer, special| {
            if head.has_lifecycle() {
                return false;
            }
            if let Some(name) = head.name() {
                captors.push((head.id, name));
            }
            capture_all(scope, &mut page.entries, head, buffer, special);
            true
        });
        match asked {
            Beneath::Nobody | Beneath::Own(true) => {}
            // It has a lifecycle, or releases. Published first: user code must not run while the stack is borrowed.
            Beneath::Own(false) => {
                if let Some((nearest, _)) = context::current() {
                    self.ask_ancestors(&nearest);
                }
            }
            Beneath::Shared(nearest) => self.ask_ancestors(&nearest),
            Beneath::Ended(scope) => {
                let pending = self.scope.intents.iter().enumerate();
                let pending = pending.filter(|(_, intent)| intent.info.is_pending());
                let pending: Vec<_> = pending.map(|(position, _)| position).collect();
                self.fail_in_ended(scope, &pending);
            }
        }
    }

    /// Fails the intents whose ancestor has ended.
    fn fail_in_ended(&mut self, scope: String, positions: &[usize]) {
        let failure = Arc::new(Failure::AncestorEnded { scope });
        for &position in positions {
            let failed = Decision::Failed(failure.clone());
            self.scope.intents[position].info.decide(failed);
        }
        self.failed = true;
    }

    /// Asks published ancestors, nearest first, until nothing is pending.
    fn ask_ancestors(&mut self, nearest: &Arc<Shared>) {
        for ancestor in nearest.outwards() {
            // A closure that inspects the ancestor holds its lock on this thread: `releases_all` would deadlock.
            let may_release =
                !self.scope.releases && context::inspected(ancestor.head.id).is_none();
            if may_release && ancestor.releases_all() {
                // It releases without looking at single intents, so its policies still judge them.
                self.judges_from = self.judges_from.min(ancestor.head.judges_from);
                continue;
            }
            // Before the lock: the lifecycle is user code and may use a handle to the ancestor.
            let holds = held_by(&ancestor.head, &self.scope.intents);
            if !holds.is_empty() {
                self.capture(ancestor, &holds);
            }
            if !self
                .scope
                .intents
                .iter()
                .any(|intent| intent.info.is_pending())
            {
                return;
            }
        }
    }

    /// Moves these intents into the buffer of an ancestor.
    fn capture(&mut self, ancestor: &Arc<Shared>, holds: &[usize]) {
        let intents = &mut self.scope.intents;
        if context::inspected(ancestor.head.id).is_some() {
            // A closure that inspects the ancestor panicked, and this scope is dropped by the unwinding. The lock
            // is still held, so the ancestor cannot capture.
            for &position in holds {
                intents[position].info.decide(Decision::Discarded);
            }
            return;
        }
        let mut state = ancestor.state();
        if state.phase == Phase::Ended {
            drop(state);
            return self.fail_in_ended(ancestor.head.label(), holds);
        }
        if let Some(name) = ancestor.head.name() {
            self.captors.push((ancestor.head.id, name));
        }
        let failed = self.scope.outcome != Outcome::Success;
        let around = self.scope.around().clone();
        let moves = Moves {
            around: &around,
            into: &ancestor.head.around,
            failed,
        };
        for &position in holds {
            let intent = &mut self.scope.intents[position];
            let mut captured = intent.move_out();
            intent.info.decide(Decision::Captured(ancestor.head.id));
            moves.apply(&mut captured);
            state.accept(captured);
        }
    }
}

/// The changes to intents that move from one scope to another.
struct Moves<'a> {
    around: &'a Around,
    into: &'a Around,
    failed: bool,
}

impl Moves<'_> {
    /// Changes one intent.
    fn apply(&self, intent: &mut Intent) {
        let data = &mut intent.info;
        data.set_captured();
        data.keep_origin();
        if data.place().is_none() && !self.around.is(self.into) {
            self.around.remember(data);
        }
        if self.failed && data.fire_on() == FireOn::Failure {
            // The failure that it waited for has happened, so it leaves whatever the outcome of the ancestor is.
            data.set_due();
        }
    }
}

/// Moves all pending intents into the buffer of the scope around.
fn capture_all(
    scope: &mut Taken,
    captured: &mut Vec<IntentInfo>,
    head: &Head,
    buffer: &mut Vec<Intent>,
    special: &mut Special,
) {
    let same_origin = match (&scope.head().origin, &head.origin) {
        (None, None) => true,
        (Some(one), Some(other)) => one.is(other),
        _ => false,
    };
    // With the same places and origin, captured intents need only the mark: the whole buffer moves at once.
    let stays_put = !scope.special.is_marked() && same_origin && scope.around().is(&head.around);
    let all_pending = scope.intents.iter().all(|intent| intent.info.is_pending());
    if stays_put && all_pending {
        special.add(scope.special);
        captured.reserve_exact(scope.intents.len());
        for intent in &mut scope.intents {
            captured.push(intent.info.for_report().into_captured(head.id));
            intent.info.set_captured();
        }
        if buffer.is_empty() {
            std::mem::swap(buffer, &mut scope.intents);
        } else {
            buffer.append(&mut scope.intents);
        }
        return;
    }
    let around = scope.around().clone();
    let moves = Moves {
        around: &around,
        into: &head.around,
        failed: scope.outcome != Outcome::Success,
    };
    for intent in &mut scope.intents {
        if !intent.info.is_pending() {
            continue;
        }
        let mut moved = intent.move_out();
        intent.info.decide(Decision::Captured(head.id));
        moves.apply(&mut moved);
        special.add(Special::from_intent(&moved));
        buffer.push(moved);
    }
}

/// Returns the positions of the pending intents that an ancestor holds.
fn held_by(head: &Head, intents: &[Intent]) -> Vec<usize> {
    let pending = intents
        .iter()
        .enumerate()
        .filter(|(_, intent)| intent.info.is_pending());
    let Some(lifecycle) = head.lifecycle() else {
        return pending.map(|(position, _)| position).collect();
    };
    let _judging = context::judging();
    let is_held = |intent: &Intent| {
        // After a panic the intent is held: the lifecycle has not released it.
        catch(|| lifecycle.release(intent)).unwrap_or(Release::Hold) == Release::Hold
    };
    pending
        .filter(|(_, intent)| is_held(intent))
        .map(|(position, _)| position)
        .collect()
}
