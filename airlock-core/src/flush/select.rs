//! Stage 2: discards the intents that do not leave under this ending.

use crate::flush::take::Taken;
use crate::intent::{Decision, FireOn, Intent};
use crate::lifecycle::{Ending, Outcome};

/// A scope in which the intents that do not leave are discarded.
pub(super) struct Selected(pub(super) Taken);

/// Discards the intents that do not leave.
#[inline]
pub(super) fn select(mut taken: Taken) -> Selected {
    if taken.ending != Ending::Flush {
        let failed = taken.outcome != Outcome::Success;
        for intent in &mut taken.intents {
            if !leaves(intent, taken.ending, failed) {
                intent.info.decide(Decision::Discarded);
            }
        }
    }
    Selected(taken)
}

/// Returns whether an intent leaves.
fn leaves(intent: &Intent, ending: Ending, failed: bool) -> bool {
    match (ending, intent.fire_on()) {
        (Ending::Flush, _) | (Ending::FlushOnFailure, FireOn::Always) => true,
        (Ending::FlushOnFailure, FireOn::Failure) => failed || intent.info.is_due(),
        (Ending::Discard, _) | (Ending::FlushOnFailure, FireOn::Success) => false,
    }
}

/// Decides *on failure* intents of a scope that succeeded: they are not due.
///
/// Called after the ancestors have captured what they hold: an intent that is captured may still become due there.
pub(super) fn retire_those_not_due(intents: &mut [Intent], outcome: Outcome) {
    if outcome != Outcome::Success {
        return;
    }
    for intent in intents {
        let data = &mut intent.info;
        if data.is_pending() && data.fire_on() == FireOn::Failure && !data.is_due() {
            data.decide(Decision::NotDue);
        }
    }
}
