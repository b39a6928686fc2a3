//! Stage 2: which intents leave under this ending.

use crate::flush::take::Taken;
use crate::intent::{Decision, FireOn, Intent};
use crate::lifecycle::{Ending, Outcome};

/// A scope whose intents that stay behind are discarded.
pub(super) struct Selected(pub(super) Taken);

#[inline]
pub(super) fn select(mut taken: Taken) -> Selected {
    if taken.ending != Ending::Flush {
        let failed = taken.outcome != Outcome::Success;
        for intent in &mut taken.intents {
            if !leaves(intent, taken.ending, failed) {
                intent.data.decide(Decision::Discarded);
            }
        }
    }
    Selected(taken)
}

fn leaves(intent: &Intent, ending: Ending, failed: bool) -> bool {
    match (ending, intent.fire_on()) {
        (Ending::Flush, _) | (Ending::FlushOnFailure, FireOn::Always) => true,
        (Ending::FlushOnFailure, FireOn::Failure) => failed || intent.data.is_due(),
        (Ending::Discard, _) | (Ending::FlushOnFailure, FireOn::Success) => false,
    }
}

/// What no ancestor holds and what waits for a failure that did not happen is done with.
pub(super) fn retire_those_not_due(intents: &mut [Intent], outcome: Outcome) {
    if outcome != Outcome::Success {
        return;
    }
    for intent in intents {
        let data = &mut intent.data;
        if data.is_pending() && data.fire_on() == FireOn::Failure && !data.is_due() {
            data.decide(Decision::NotDue);
        }
    }
}
