//! The fast path: a scope whose intents are plain, with nobody to ask, under the default executor.
//!
//! Each effect is performed and entered into the report in one pass, so that memory is touched once. At the
//! first one that is not simple or does not just succeed, the rest goes the general way, which decides
//! everything as this does.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crate::context::{self, Frame, Mode, Parent, Shared, Standing, recycle};
use crate::effect::{Performing, Resources};
use crate::flush::Flush;
use crate::flush::conclude::{announce, drop_guarded};
use crate::flush::dispatch::Unit;
use crate::flush::take::Taken;
use crate::intent::{Failure, Intent};
use crate::lifecycle::Outcome;
use crate::report::{FlushReport, Page, ReportEntry};
use crate::unwind::Panicked;

/// Whether a scope is plain: nobody captures its intents, judges them or takes them elsewhere.
#[inline]
pub(super) fn is_plain(frame: &Frame, outcome: Outcome) -> bool {
    let Some(head) = frame.own_head() else {
        return false;
    };
    let is_captured = match frame.parent {
        Parent::None => false,
        Parent::Shared(_) => true,
        Parent::Beneath => context::is_in_scope(),
    };
    outcome == Outcome::Success
        && frame.special.is_nothing()
        && !head.around.asks()
        && !head.has_lifecycle()
        && (!is_captured || frame.buffer.is_empty())
        && !tracing::level_enabled!(tracing::Level::DEBUG)
}

/// The frame of a plain scope that handles refer to: they find it ended from now on. `None` if it is not
/// plain.
pub(super) fn frame_of(shared: &Arc<Shared>, outcome: Outcome) -> Option<Box<Frame>> {
    let head = &shared.head;
    let asks_nobody = !head.around.asks() && !head.has_lifecycle();
    let is_plain = outcome == Outcome::Success
        && asks_nobody
        && shared.parent.is_none()
        && context::mode() != Mode::Inspecting
        && !tracing::level_enabled!(tracing::Level::DEBUG);
    if !is_plain {
        return None;
    }
    let buffer = shared.end_if_plain()?;
    Some(Frame::of_ended(head.clone(), buffer))
}

/// What kept an effect from being plain.
enum Unusual {
    /// It is not simple, and has not begun.
    NotSimple,
    /// It has ended so, with this scope if it needed one.
    Ended(Result<(), Failure>, Option<Box<Frame>>),
}

/// Flushes a plain scope. Where something was not plain, the rest comes back. The entries of the report
/// lack the scope's origin: see [`FlushReport::with_origins`].
pub(super) fn flush(mut frame: Box<Frame>) -> Result<FlushReport, Box<Flush>> {
    if frame.buffer.is_empty() {
        return Ok(report(frame, Page::new()));
    }
    let mut intents = std::mem::take(&mut frame.buffer);
    let mut page = Page::new();
    page.entries.reserve_exact(intents.len());
    let settings = frame.around().settings();
    let standing = Standing::enter(frame);
    let mut left = false;
    let unusual = perform(
        &standing,
        &mut intents,
        &mut page.entries,
        &settings.resources,
        &mut left,
    );
    let done = page.entries.len();
    if left {
        drop_guarded(&mut intents[..done]);
    }
    match unusual {
        None => {
            intents.clear();
            let mut frame = standing.leave();
            frame.buffer = intents;
            Ok(report(frame, page))
        }
        Some(unusual) => {
            intents.drain(..done);
            let mut frame = standing.leave();
            frame.buffer = intents;
            Err(go_on(frame, page, unusual))
        }
    }
}

/// Performs simple effects, up to the first that is not simple or does not just succeed. `left` tells
/// whether arguments may be left that have destructors.
#[inline]
fn perform(
    standing: &Standing,
    intents: &mut [Intent],
    entries: &mut Vec<ReportEntry>,
    resources: &Resources,
    left: &mut bool,
) -> Option<Unusual> {
    let stage = standing.stage();
    for intent in intents {
        let facts = &intent.facts;
        if !facts.effect.simple {
            return Some(Unusual::NotSimple);
        }
        let known = (facts.effect, facts.id, facts.location);
        let payload = &mut intent.payload;
        let (ended, scope) = stage.perform(known, || {
            catch_unwind(AssertUnwindSafe(|| payload.perform(resources)))
        });
        if let (Ok(Performing::Ready(Ok(()))), None) = (&ended, &scope) {
            intent.facts.set_dispatched();
            *left |= known.0.needs_drop;
            entries.push(ReportEntry {
                facts: intent.facts.take(),
            });
            continue;
        }
        return Some(unusual(ended, scope));
    }
    None
}

#[cold]
fn unusual(ended: thread::Result<Performing<'_>>, scope: Option<Box<Frame>>) -> Unusual {
    let result = match ended {
        Ok(Performing::Ready(result)) => result.map_err(Failure::Effect),
        Ok(Performing::Pending(_)) => Err(Failure::NeedsAwait),
        Err(panic) => Err(Failure::Panicked {
            message: Panicked::of(panic).message,
        }),
    };
    Unusual::Ended(result, scope)
}

/// The general flush of what is left.
#[cold]
fn go_on(frame: Box<Frame>, mut page: Page, unusual: Unusual) -> Box<Flush> {
    let mut flush = Box::new(Flush::prepare(Taken::frame(frame, Outcome::Success)));
    flush.own += page.entries.len();
    page.share_origin(flush.terms.origin.as_ref());
    flush.page = page;
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
fn report(mut frame: Box<Frame>, mut page: Page) -> FlushReport {
    page.origin = frame.take_origin();
    let Some(head) = frame.own_head() else {
        unreachable!("a plain scope is in its frame")
    };
    page.scope = Some(head.id);
    page.name = head.name();
    page.own = page.entries.len();
    let mut report = FlushReport { page };
    if head.is_reported() {
        report = report.with_origins();
        announce(&report, head, &head.around.settings());
    }
    recycle(frame);
    report
}
