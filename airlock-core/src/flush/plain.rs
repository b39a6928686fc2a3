//! The fast path: a scope whose intents are plain, with nobody to ask, under the default executor.
//!
//! Each effect is performed and entered into the report in one pass, so that memory is touched once. At the
//! first one that is not simple or does not just succeed, the rest goes the general way, which decides
//! everything as this does.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::context::{Beneath, Entered, Frame, OnStage, Stage, beneath};
use crate::effect::Performing;
use crate::flush::Flush;
use crate::flush::conclude::{announce, drop_guarded};
use crate::flush::dispatch::Unit;
use crate::flush::take::{Captor, Taken};
use crate::intent::Failure;
use crate::lifecycle::Ending;
use crate::report::{Entries, FlushReport, ReportEntry};
use crate::unwind::Panicked;

/// Flushes a plain scope. Of any other one, and of one in which something was not plain, the rest comes
/// back.
#[inline]
pub(super) fn flush(taken: Taken) -> Result<FlushReport, Box<Flush>> {
    if is_plain(&taken) {
        perform(taken)
    } else {
        Err(Box::new(Flush::prepare(taken)))
    }
}

#[inline]
fn is_plain(taken: &Taken) -> bool {
    let is_captured = match taken.captor {
        Captor::Nobody => false,
        Captor::Shared(_) => true,
        Captor::Beneath => !matches!(beneath(|_, _, _| false), Beneath::Nobody),
    };
    !taken.special
        && !taken.around().asks()
        && taken.ending == Ending::Flush
        && (!is_captured || taken.intents.is_empty())
        && !tracing::level_enabled!(tracing::Level::DEBUG)
}

/// What kept an effect from being plain.
enum Unusual {
    /// It is not simple, and has not begun.
    NotSimple,
    /// It has ended so, with this scope if it needed one.
    Ended(Result<(), Failure>, Option<Box<Frame>>),
}

fn perform(mut taken: Taken) -> Result<FlushReport, Box<Flush>> {
    let mut entries = Entries::with_capacity(taken.intents.len());
    let mut unusual = None;
    let mut is_left = false;
    if !taken.intents.is_empty() {
        let mut intents = std::mem::take(&mut taken.intents);
        let head = taken.head();
        let settings = head.around.settings();
        let stage = OnStage::enter(Stage {
            around: head.around.clone(),
            cause: None,
            origin: head.origin.clone(),
            mode: head.failure_mode(),
            judges_from: head.judges_from,
            others: Vec::new(),
        });
        for intent in &mut intents {
            let facts = &intent.facts;
            if !facts.effect.simple {
                unusual = Some(Unusual::NotSimple);
                break;
            }
            let known = (facts.effect, facts.id, facts.location);
            let (payload, resources) = (&mut intent.payload, &settings.resources);
            let (ended, scope) = stage.perform(known, || {
                catch_unwind(AssertUnwindSafe(|| payload.perform(resources)))
            });
            if let (Ok(Performing::Ready(Ok(()))), None) = (&ended, &scope) {
                intent.facts.set_dispatched();
                is_left |= intent.payload.is_left();
                entries.push(ReportEntry {
                    facts: intent.facts.take(),
                });
                continue;
            }
            let result = match ended {
                Ok(Performing::Ready(result)) => result.map_err(Failure::Effect),
                Ok(Performing::Pending(_)) => Err(Failure::NeedsAwait),
                Err(panic) => Err(Failure::Panicked {
                    message: Panicked::of(panic).message,
                }),
            };
            unusual = Some(Unusual::Ended(result, scope));
            break;
        }
        drop(stage);
        taken.intents = intents;
    }
    let done = entries.len();
    if is_left {
        let _ended = Entered::ended(taken.head().clone());
        let mut performed: Vec<_> = taken.intents.drain(..done).collect();
        drop_guarded(&mut performed);
    } else if unusual.is_some() {
        taken.intents.drain(..done);
    } else {
        taken.intents.clear();
    }
    match unusual {
        None => Ok(report(&taken, entries)),
        Some(unusual) => Err(Box::new(go_on(taken, entries, unusual))),
    }
}

/// The general flush of what is left.
#[cold]
fn go_on(taken: Taken, done: Entries, unusual: Unusual) -> Flush {
    let mut flush = Flush::prepare(taken);
    flush.own += done.len();
    flush.done = done;
    let unit = Unit {
        first: 0,
        rest: Vec::new(),
    };
    match unusual {
        Unusual::NotSimple => {}
        Unusual::Ended(Ok(()), scope) => {
            flush.succeed(&unit);
            if let Some(caused) = scope.and_then(|scope| flush.admit_cascade(scope)) {
                flush.unfinished.push(caused);
            }
        }
        Unusual::Ended(Err(failure), scope) => {
            flush.discard_cascade(scope);
            flush.fail(&unit, failure);
        }
    }
    flush
}

#[inline]
fn report(taken: &Taken, entries: Entries) -> FlushReport {
    let head = taken.head();
    let report = FlushReport {
        scope: Some(head.id),
        name: head.name(),
        origin: head.origin.clone(),
        outcome: taken.outcome,
        ending: taken.ending,
        own: entries.len(),
        entries,
        captors: Vec::new(),
    };
    announce(&report, head, &head.around.settings());
    report
}
