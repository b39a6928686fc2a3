//! Stage 6: fails cascades that are too deep. Runs after the policies, which may have broken the loop.

use std::sync::Arc;

use crate::executor::FailureMode;
use crate::flush::coalesce::Coalesced;
use crate::flush::judge::Leaving;
use crate::intent::{Decision, Failure};

/// Intents of which those that are too deep have failed.
pub(super) struct Limited<'a>(pub(super) Leaving<'a>);

/// Fails the intents whose chain of causes is longer than `limit`.
pub(super) fn limit_depth(Coalesced(mut leaving): Coalesced<'_>, limit: u32) -> Limited<'_> {
    if leaving.special.is_marked() {
        for intent in leaving.intents.iter_mut() {
            let data = &mut intent.info;
            let Some(cause) = data.cause().filter(|cause| cause.depth() > limit) else {
                continue;
            };
            if data.is_pending() {
                let chain = format!("{cause} -> {}", data.effect.id());
                let failure = Failure::TooDeep { limit, chain };
                data.decide(Decision::Failed(Arc::new(failure)));
                leaving.stopped |= leaving.mode == FailureMode::Stop;
            }
        }
    }
    Limited(leaving)
}
