//! Stage 6: ending cascades that are too deep. After the policies, which could have broken the loop.

use std::sync::Arc;

use crate::executor::FailureMode;
use crate::flush::coalesce::Coalesced;
use crate::flush::judge::Leaving;
use crate::intent::{Decision, Failure};

/// Intents that are not too deep.
pub(super) struct Limited<'a>(pub(super) Leaving<'a>);

pub(super) fn limit_depth(Coalesced(mut leaving): Coalesced<'_>, limit: u32) -> Limited<'_> {
    if leaving.special.is_marked() {
        for intent in leaving.intents.iter_mut() {
            let data = &mut intent.data;
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
