//! The fast path for a scope of plain intents under the default executor, with nothing to consult.
//!
//! Effects are performed and reported in one pass, so that each intent is touched once. At the first effect that
//! is not simple, fails or causes something, the general flush takes over. Both follow the same rules.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crate::context::{self, Frame, Head, Mode, Parent, Shared, Standing, recycle};
use crate::effect::{Performing, Resources};
use crate::flush::Flush;
use crate::flush::conclude::{announce, drop_guarded};
use crate::flush::dispatch::Unit;
use crate::flush::take::Taken;
use crate::intent::{Failure, Intent, IntentInfo};
use crate::lifecycle::Outcome;
use crate::report::{FlushReport, Page};
use crate::unwind::Panicked;

/// Returns whether a scope is plain: no scope captures its intents, no policy judges them, and they have no other
/// executor.
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
        && context::mode() != Mode::Inspecting
        && !tracing::level_enabled!(tracing::Level::DEBUG)
}

/// Ends a published scope if it is plain, and returns a frame with its buffer. Returns `None` if it is not plain.
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

/// The reason why the fast path ended.
enum Unusual {
    /// The effect is not simple. It has not begun.
    NotSimple,
    /// The effect ended with this result, and this scope if it needed one.
    Ended(Result<(), Failure>, Option<Box<Frame>>),
}

/// Flushes a plain scope. If something is not plain, returns the general flush of the rest. The report's entries
/// lack the scope's origin: see [`FlushReport::with_origins`].
pub(super) fn flush(frame: Box<Frame>) -> Result<FlushReport, Box<Flush>> {
    let mut page = Page::new();
    let frame = perform_all(frame, Some(&mut page))?;
    Ok(report(frame, page))
}

/// Like [`flush`], for a caller that does not use the report. Makes none unless there is an `on_report` hook.
#[inline]
pub(super) fn flush_unseen(frame: Box<Frame>) -> Result<(), Box<Flush>> {
    if frame.own_head().is_some_and(Head::is_reported) {
        return flush(frame).map(drop);
    }
    recycle(perform_all(frame, None)?);
    Ok(())
}

/// Performs the intents of a plain scope, and reports them on a page if one is given. Returns the empty scope.
#[inline]
fn perform_all(
    mut frame: Box<Frame>,
    mut page: Option<&mut Page>,
) -> Result<Box<Frame>, Box<Flush>> {
    if frame.buffer.is_empty() {
        return Ok(frame);
    }
    let mut intents = std::mem::take(&mut frame.buffer);
    let mut entries = page.as_deref_mut().map(|page| &mut page.entries);
    if let Some(entries) = &mut entries {
        entries.reserve_exact(intents.len());
    }
    let settings = frame.around().settings();
    // The ended scope stays on the stack: scopes of effects are made from it, and what destructors enqueue is
    // refused.
    let standing = Standing::enter(frame);
    let mut done = Done::default();
    let unusual = perform(
        &standing,
        &mut intents,
        entries,
        &settings.resources,
        &mut done,
    );
    // Before the scope leaves the stack, for the destructors.
    if done.left {
        drop_guarded(&mut intents[..done.number]);
    }
    let Some(unusual) = unusual else {
        intents.clear();
        let mut frame = standing.leave();
        frame.buffer = intents;
        return Ok(frame);
    };
    let performed = intents.drain(..done.number);
    let page = match page {
        Some(page) => {
            drop(performed);
            std::mem::replace(page, Page::new())
        }
        None => page_of(performed),
    };
    let mut frame = standing.leave();
    frame.buffer = intents;
    Err(go_on(frame, page, unusual))
}

/// The progress of the fast path.
#[derive(Default)]
struct Done {
    number: usize,
    /// `true` if arguments with destructors may be left.
    left: bool,
}

/// Makes the page of the intents that were performed, for a general flush that needs one.
#[cold]
fn page_of(performed: impl Iterator<Item = Intent>) -> Page {
    let mut page = Page::new();
    page.entries
        .extend(performed.map(|mut intent| intent.info.take()));
    page
}

/// Performs simple effects, up to the first that is not simple, fails or causes something.
#[inline]
fn perform(
    standing: &Standing,
    intents: &mut [Intent],
    mut entries: Option<&mut Vec<IntentInfo>>,
    resources: &Resources,
    done: &mut Done,
) -> Option<Unusual> {
    let stage = standing.stage();
    for intent in intents {
        let data = &intent.info;
        if !data.effect.simple {
            return Some(Unusual::NotSimple);
        }
        let known = (data.effect, data.id, data.location);
        let payload = &mut intent.payload;
        let (ended, scope) = stage.perform(known, || {
            catch_unwind(AssertUnwindSafe(|| payload.perform(resources)))
        });
        if let (Ok(Performing::Ready(Ok(()))), None) = (&ended, &scope) {
            intent.info.set_dispatched();
            done.left |= known.0.spec.needs_drop;
            done.number += 1;
            if let Some(entries) = &mut entries {
                entries.push(intent.info.take());
            }
            continue;
        }
        return Some(unusual(ended, scope));
    }
    None
}

/// Turns the end of an effect into a reason to leave the fast path.
#[cold]
fn unusual(ended: thread::Result<Performing<'_>>, scope: Option<Box<Frame>>) -> Unusual {
    let result = match ended {
        Ok(Performing::Ready(result)) => result.map_err(Failure::from_effect),
        Ok(Performing::Pending(_)) => Err(Failure::NeedsAwait),
        Err(panic) => Err(Failure::Panicked {
            message: Panicked::new(panic).message,
        }),
    };
    Unusual::Ended(result, scope)
}

/// Makes the general flush of the rest, and enters the effect that ended the fast path.
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

/// Makes the report, shows it to the hooks, and recycles the frame.
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
