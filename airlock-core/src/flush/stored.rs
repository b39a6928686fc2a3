//! Recording the durable intents that are stored with a transaction, and performing intents that an engine has
//! stored.

use std::sync::Arc;
use std::time::Duration;

use crate::context::{Frame, Head, Place, Shared};
use crate::executor::{Batch, Executor, Part, Positions};
use crate::flush::delivery::Terms;
use crate::flush::dispatch::Unit;
use crate::flush::route::identity_of;
use crate::flush::{Ends, Flush};
use crate::intent::{Decision, Intent, Special};
use crate::lifecycle::{Ending, Outcome};
use crate::report::FlushError;

/// Takes out of a scope the durable intents that go to its own executor, and judges them.
pub(crate) fn record(frame: &mut Frame) -> Box<Flush> {
    let shared = frame.shared().cloned();
    let (intents, head) = match &shared {
        Some(shared) => {
            // Not under the lock: `Executor::identity` is user code, which may look at the scope.
            let mut buffer = std::mem::take(&mut shared.state().buffer);
            let intents = take_recorded(&shared.head, &mut buffer);
            shared.put_back(buffer);
            (intents, &shared.head)
        }
        None => {
            frame.share_origin();
            let mut buffer = std::mem::take(&mut frame.buffer);
            let head = frame.own_head();
            let intents = head.map(|head| take_recorded(head, &mut buffer));
            frame.buffer = buffer;
            match frame.own_head() {
                Some(head) => (intents.unwrap_or_default(), head),
                None => unreachable!("only scopes are ended"),
            }
        }
    };
    let mut terms = Terms::from_head(head);
    // No scope around has released them, so the policies of all scopes judge.
    terms.judges_from = 1;
    let mut flush = Flush::new(terms, intents);
    if !flush.intents.is_empty() {
        flush.admit(0, None, Special::ALL, head.is_exempt());
    }
    Box::new(flush)
}

/// Takes the intents that go to the scope's own executor, in order. The others stay in the buffer.
fn take_recorded(head: &Head, buffer: &mut Vec<Intent>) -> Vec<Intent> {
    let named = head
        .config
        .as_ref()
        .and_then(|config| config.executor.as_ref());
    let Some(own) = named.map(|named| identity_of(&named.executor)) else {
        return Vec::new();
    };
    let takes = |executor: Option<&Arc<dyn Executor>>| executor.map(identity_of) == Some(own);
    // Computed once, since most intents are directly in the scope.
    let direct = takes(head.around.executor(true));
    let is_recorded = |intent: &mut Intent| {
        intent.effect().is_durable()
            && leaves_on_success(intent)
            && match Place::of_ref(&intent.info) {
                None => direct,
                Some(place) => takes(place.executor(true)),
            }
    };
    buffer.extract_if(.., is_recorded).collect()
}

/// Returns whether an intent leaves if its scope succeeds.
fn leaves_on_success(intent: &Intent) -> bool {
    intent.fire_on() != crate::intent::FireOn::Failure || intent.info.is_due()
}

/// Performs the only intent of a scope, once. Its cascade is judged and not dispatched.
pub(crate) async fn perform_stored(
    scope: Arc<Shared>,
    timeout: Option<Duration>,
) -> Result<Box<Flush>, FlushError> {
    let mut flush = Box::new(Flush::prepare(Ends::Shared(&scope).take(Outcome::Success)));
    flush.is_stored = true;
    flush.default_timeout = timeout;
    // It has begun: only the cascade is left to dispatch.
    flush.begun = true;
    let unit = Unit {
        first: 0,
        rest: Vec::new(),
    };
    let caused = match (flush.has_failed(), flush.is_ready(&unit)) {
        (true, _) => None, // Its key panicked, say.
        (false, true) => flush.perform_unit(&unit, &mut None),
        (false, false) => flush.perform_unit_async(&unit).await,
    };
    if flush.has_failed() {
        return Err(match flush.conclude() {
            Err(error) => error,
            Ok(_) => unreachable!("something has failed"),
        });
    }
    flush.unfinished.extend(caused);
    // From here on it is a flush like others: the retry rules of the cascade apply, and its failures are logged.
    flush.is_stored = false;
    Ok(flush)
}

impl Flush {
    /// Returns the pending intents that this executor takes, as one batch.
    pub(crate) fn batch_for(&mut self, executor: &dyn Executor) -> Option<Batch<'_>> {
        let route = self.routes.with_identity(executor.identity()?)?;
        self.batch_of(route)
    }

    /// Returns all pending intents as one batch. All of them must have one executor.
    pub(crate) fn pending_batch(&mut self) -> Option<Batch<'_>> {
        self.batch_of(0)
    }

    /// Returns the pending intents of a route, as one batch.
    fn batch_of(&mut self, route: u32) -> Option<Batch<'_>> {
        let is_taken = |(position, intent): (usize, &Intent)| {
            let taken = intent.info.is_pending() && self.routes.of(position) == route;
            taken.then_some(position as u32)
        };
        let all = self.intents.iter().enumerate();
        let positions: Vec<u32> = all.filter_map(is_taken).collect();
        let cursor = *positions.first()? as usize;
        let positions = Positions::Listed(positions);
        let part = Part {
            positions,
            route,
            cursor,
        };
        Some(Batch::new(self, part))
    }

    /// Returns whether an intent failed or was not reached.
    pub(crate) fn has_failed(&self) -> bool {
        self.intents.iter().any(|intent| intent.info.comes_back())
    }

    /// Ends the scope whose intents were recorded, and adds those to its report.
    pub(crate) fn after_recording(
        scope: Ends<'_>,
        mut recorded: Flush,
        outcome: Outcome,
        ending: Option<Ending>,
    ) -> Box<Self> {
        // Its intents move to the report of the scope. Its own `Drop` must not report them.
        recorded.concluded = true;
        let failed = recorded.has_failed();
        let mut taken = scope.take(outcome);
        if outcome != Outcome::Success && !failed {
            // They were not stored. Some of them leave on failure, too, so the scope decides (R6).
            let pending = |intent: &mut Intent| intent.info.is_pending();
            for intent in recorded.intents.extract_if(.., pending) {
                taken.put_back(intent);
            }
        }
        let taken = match ending {
            Some(ending) => taken.ends(ending),
            None => taken,
        };
        let mut flush = Box::new(Self::prepare(taken));
        for mut intent in std::mem::take(&mut recorded.intents) {
            if intent.info.is_pending() {
                intent.info.decide(match failed {
                    true => Decision::NotReached,
                    false => Decision::Discarded,
                });
            }
            flush.intents.push(intent);
            flush.own += 1;
        }
        flush
    }
}
