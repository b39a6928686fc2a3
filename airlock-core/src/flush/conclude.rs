//! Stage 9: makes the report, or an error that hands back what did not happen (R14).

use crate::context::Entered;
use crate::effect::Payload;
use crate::flush::{Flush, Scope};
use crate::intent::{Decision, Failure, Fate, Intent};
use crate::lifecycle::{Ending, Outcome};
use crate::report::{FlushError, FlushReport, Page};
use crate::unwind::guarded;

impl Flush {
    /// Makes the report, or an error that hands back what did not happen.
    pub(crate) fn conclude(mut self) -> Result<FlushReport, FlushError> {
        self.wrap_up()
    }

    /// Like [`conclude`](Self::conclude), by reference, since `Drop` does it, too.
    fn wrap_up(&mut self) -> Result<FlushReport, FlushError> {
        // First, so that the drop of `self` does not conclude again.
        self.concluded = true;
        if !self.under_way.is_empty() {
            self.cut_short(Failure::Interrupted);
        }
        let mut intents = std::mem::take(&mut self.intents);
        let mut page = std::mem::replace(&mut self.page, Page::new());
        let entries = &mut page.entries;
        entries.reserve_exact(intents.len());
        let mut returned = Vec::new();
        let mut failed = false;
        // One pass reports and frees the intents. Only those whose arguments have a destructor stay in the buffer:
        // destructors are user code, and have to run guarded.
        intents.retain_mut(|intent| {
            if intent.info.is_pending() {
                intent.info.decide(Decision::NotReached);
            }
            if intent.info.comes_back() {
                // Also set if none has failed: a cancelled flush hands back the intents that it did not reach.
                failed = true;
                returned.extend(self.hand_back(intent));
            }
            entries.push(intent.info.take());
            intent.info.effect.spec.needs_drop && intent.payload.is_present()
        });
        if !intents.is_empty() {
            self.drop_in_ended_scope(&mut intents);
        }
        drop(intents);
        let (outcome, ending) = match &self.scope {
            Scope::Taken(taken) => (taken.outcome, taken.ending),
            Scope::Ended => (Outcome::Success, Ending::Flush),
        };
        page.scope = self.terms.scope;
        page.name = self.terms.name.take();
        page.origin = self.terms.origin.take();
        page.outcome = outcome;
        page.ending = ending;
        page.own = self.own;
        page.captors.append(&mut self.captors);
        let report = FlushReport { page };
        self.announce(&report);
        if failed || self.is_refused {
            let on_unhandled_error = self.settings().on_unhandled_error.clone();
            let error = FlushError::new(report, on_unhandled_error, returned);
            Err(error.of_refused(self.is_refused))
        } else {
            Ok(report)
        }
    }

    /// Returns an intent that failed or was not reached, if its arguments are still there.
    #[cold]
    fn hand_back(&self, intent: &mut Intent) -> Option<Intent> {
        if !self.is_stored
            && let Fate::Failed(failure) = intent.info.fate()
        {
            log_failure(intent, failure);
        }
        if !intent.payload.is_present() {
            return None;
        }
        let mut back = Intent {
            payload: std::mem::replace(&mut intent.payload, Payload::gone()),
            info: intent.info.for_report(),
        };
        if back.info.origin().is_none() {
            back.info.set_origin(self.terms.origin.clone());
        }
        Some(back)
    }

    /// Drops the remaining arguments in the ended scope, so that what their destructors enqueue is refused. A delivery
    /// has no scope to enter.
    fn drop_in_ended_scope(&self, intents: &mut [Intent]) {
        let _ended = match &self.scope {
            Scope::Taken(taken) => Some(Entered::ended(taken.head().clone())),
            Scope::Ended => None,
        };
        drop_guarded(intents);
    }

    /// Shows the report to the hooks of the scope and the airlock.
    fn announce(&self, report: &FlushReport) {
        // The scope of a delivery was reported when it ended.
        if let Scope::Taken(taken) = &self.scope {
            announce(report, taken.head(), self.settings());
        }
    }
}

/// Logs that a scope ended, and calls the `on_report` hooks of the scope and the airlock.
pub(super) fn announce(
    report: &FlushReport,
    head: &crate::context::Head,
    settings: &crate::settings::Settings,
) {
    if tracing::level_enabled!(tracing::Level::DEBUG) {
        tracing::debug!(
            target: "airlock",
            scope = head.id.get(),
            outcome = %report.outcome(),
            dispatched = report.dispatched().count(),
            of = report.len(),
            "scope ended",
        );
    }
    let own = head
        .config
        .as_ref()
        .and_then(|config| config.on_report.as_ref());
    for show in [own, settings.on_report.as_ref()].into_iter().flatten() {
        guarded("on_report", || show(report));
    }
}

/// Drops the arguments of these intents. Panics of destructors are logged.
pub(super) fn drop_guarded(intents: &mut [Intent]) {
    for intent in intents {
        intent.payload.discard();
    }
}

impl Drop for Flush {
    /// Concludes a flush whose future was cancelled or never polled. The error goes to `on_dropped` of its delivery, or
    /// to `on_unhandled_error`.
    fn drop(&mut self) {
        if self.concluded {
            return;
        }
        let Err(error) = self.wrap_up() else { return };
        match self.terms.on_dropped.take() {
            None => error.report_unhandled(),
            Some(take) => _ = guarded("Delivery::on_dropped", || take(error)),
        }
    }
}

fn log_failure(intent: &Intent, failure: &Failure) {
    if !tracing::level_enabled!(tracing::Level::ERROR) {
        return;
    }
    tracing::error!(
        target: "airlock",
        effect = intent.effect().id(),
        intent = intent.id().get(),
        at = %intent.location(),
        origin = intent.origin().and_then(shown).as_deref(),
        error = %failure.in_full(),
        "effect failed",
    );
}

/// Formats an origin. Its `Display` is user code.
fn shown(origin: &crate::intent::Origin) -> Option<String> {
    guarded("Display of an origin", || origin.to_string())
}
