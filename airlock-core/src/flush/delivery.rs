//! The terms under which effects are performed, by the flush itself or by a delivery.

use std::borrow::Cow;
use std::sync::Arc;

use crate::context::{Around, Head, Stage};
use crate::effect::BoxFuture;
use crate::executor::{Executor, FailureMode, Part, Performer, Positions};
use crate::flush::Flush;
use crate::intent::{Intent, Origin, ScopeId};
use crate::report::{FlushError, FlushReport, UnhandledErrorHook};
use crate::settings::SettingsRef;

/// The settings of the scope that dispatches. A delivery keeps a copy, since it may be performed after the scope is
/// gone.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) scope: Option<ScopeId>,
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) origin: Option<Origin>,
    pub(super) around: Around,
    pub(super) judges_from: u32,
    pub(super) mode: FailureMode,
    pub(super) settings: SettingsRef,
    /// The hook for the error of a delivery that is dropped while it is awaited. Replaces the airlock's
    /// `on_unhandled_error`.
    pub(super) on_dropped: Option<UnhandledErrorHook>,
}

impl Terms {
    /// Copies the settings from the head of a scope.
    pub(super) fn from_head(head: &Head) -> Self {
        Self {
            scope: Some(head.id),
            name: head.name(),
            origin: head.origin.clone(),
            around: head.around.clone(),
            judges_from: head.judges_from,
            mode: head.failure_mode(),
            settings: head.around.settings(),
            on_dropped: None,
        }
    }
}

impl Terms {
    /// Makes the stage on which the effects of plain intents are performed.
    pub(super) fn plain_stage(&self) -> Box<Stage> {
        Box::new(Stage {
            around: self.around.clone(),
            cause: None,
            origin: self.origin.clone(),
            mode: self.mode,
            judges_from: self.judges_from,
            others: Vec::new(),
            span: None,
            attempts_before: 0,
            stored: None,
        })
    }
}

/// Performs the deliveries that one flush hands to one executor.
pub(super) struct Performing {
    pub(super) terms: Terms,
    pub(super) executor: Option<Arc<dyn Executor>>,
    pub(super) route: u32,
}

impl Performing {
    /// Makes the flush of a delivery, with all of it as one part.
    fn flush(&self, intents: Vec<Intent>, on_dropped: Option<UnhandledErrorHook>) -> (Flush, Part) {
        let terms = Terms {
            on_dropped,
            ..self.terms.clone()
        };
        let flush = Flush::of_delivery(terms, self.executor.clone(), intents);
        let part = Part {
            positions: Positions::Range(0..flush.intents.len()),
            route: 0,
            cursor: 0,
        };
        (flush, part)
    }
}

impl Performer for Performing {
    fn perform(&self, intents: Vec<Intent>) -> Result<FlushReport, FlushError> {
        let (mut flush, mut part) = self.flush(intents, None);
        flush.perform_all(&mut part);
        flush.conclude()
    }

    fn perform_async(
        self: Arc<Self>,
        intents: Vec<Intent>,
        on_dropped: Option<UnhandledErrorHook>,
    ) -> BoxFuture<'static, Result<FlushReport, FlushError>> {
        // Made before the first poll: if the future is dropped unpolled, the flush hands the intents back.
        let (mut flush, mut part) = self.flush(intents, on_dropped);
        Box::pin(async move {
            flush.perform_all_in_place(&mut part).await;
            flush.conclude()
        })
    }

    fn give_up(&self, intents: Vec<Intent>) -> FlushError {
        // Concluded without an attempt, each intent is not reached and comes back.
        match self.flush(intents, None).0.conclude() {
            Err(error) => error,
            Ok(_) => unreachable!("what was not performed is not reached"),
        }
    }
}
