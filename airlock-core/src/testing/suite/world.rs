//! The environment of one test of an executor: an airlock, a log of what the effects did, and the
//! failures that were reported.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::airlock::Airlock;
use crate::effect::BoxFuture;
use crate::enqueue::try_enqueue;
use crate::executor::FailureMode;
use crate::executor::Timer;
use crate::intent::{Intent, IntentId, IntentInfo};
use crate::report::{FlushError, FlushReport};
use crate::scope::{OpenScope, ScopeBuilder};
use crate::testing::suite::effects::{HURRY, Log};
use crate::testing::suite::subject::Subject;

/// An intent, and the number that its effect writes to the log.
pub(super) struct Numbered {
    pub(super) n: u32,
    pub(super) intent: Intent,
}

/// The choice between a sync and an async flush.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Sync,
    Async,
}

pub(super) const WAYS: [Way; 2] = [Way::Sync, Way::Async];

pub(super) struct World {
    pub(super) subject: Subject,
    pub(super) airlock: Airlock,
    pub(super) log: Arc<Log>,
    unhandled: Arc<Mutex<Vec<FlushError>>>,
}

/// The results of one flush: its report, and the errors of the flush and of its deliveries.
pub(super) struct Told {
    numbers: HashMap<IntentId, u32>,
    /// The report of the flush itself.
    pub(super) report: FlushReport,
    /// The intents that were reported as failed, one entry for each time.
    pub(super) failed: Vec<u32>,
    /// The intents that were handed back, one entry for each time.
    pub(super) returned: Vec<u32>,
    /// The `Display` and `Debug` text of the report, the errors, their sources and their intents.
    pub(super) text: String,
}

/// A timer whose waits end at once. Of the timeouts only [`HURRY`] elapses, also at once.
struct Instantly;

impl Timer for Instantly {
    fn wait(&self, _: Duration) {}

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }

    fn timeout(&self, limit: Duration) -> BoxFuture<'static, ()> {
        match limit {
            HURRY => Box::pin(std::future::ready(())),
            _ => Box::pin(std::future::pending()),
        }
    }
}

impl World {
    pub(super) fn new(make: &dyn Fn() -> Subject) -> Self {
        let (log, unhandled) = (Arc::new(Log::default()), Arc::new(Mutex::new(Vec::new())));
        let take = unhandled.clone();
        let airlock = Airlock::builder()
            .resource(log.clone())
            .timer(Instantly)
            .on_unhandled_error(move |error| {
                take.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(error);
            })
            .skip_resource_check()
            .build();
        let airlock = match airlock {
            Ok(airlock) => airlock,
            Err(error) => panic!("the suite cannot begin: {}", crate::intent::in_full(&error)),
        };
        Self {
            subject: make(),
            airlock,
            log,
            unhandled,
        }
    }

    pub(super) fn performs_in_place(&self) -> bool {
        self.subject.drive.is_none()
    }

    /// Runs a future to completion with [`Subject::block_on`].
    #[track_caller]
    pub(super) fn block_on<T: Send>(&self, future: impl Future<Output = T> + Send) -> T {
        let mut completed = None;
        (self.subject.block_on)(Box::pin(async { completed = Some(future.await) }));
        completed.expect("the closure of `Subject::block_on` runs its future until it is ready")
    }

    pub(super) fn scope(&self) -> ScopeBuilder {
        self.airlock.scope().executor(self.subject.executor.clone())
    }

    /// Asserts that a promise holds. The message names the executor.
    #[track_caller]
    pub(super) fn claim(&self, holds: bool, what: &str) {
        let (name, began, ended) = (
            self.subject.executor.name(),
            self.log.began(),
            self.log.ended(),
        );
        assert!(
            holds,
            "the executor `{name}`: {what}\nbegan: {began:?}, ended well: {ended:?}"
        );
    }

    /// Flushes these intents, and finishes all deliveries.
    pub(super) fn flush(&self, way: Way, intents: Vec<Numbered>) -> Told {
        self.flush_in(self.scope(), way, intents)
    }

    pub(super) fn flush_in(&self, scope: ScopeBuilder, way: Way, intents: Vec<Numbered>) -> Told {
        let open = scope.open();
        let numbers = self.enqueue(&open, intents);
        let ended = match way {
            Way::Sync => open.flush(),
            Way::Async => self.block_on(open.flush_async()),
        };
        self.told(numbers, ended)
    }

    #[track_caller]
    pub(super) fn enqueue(
        &self,
        open: &OpenScope,
        intents: Vec<Numbered>,
    ) -> HashMap<IntentId, u32> {
        let mut numbers = HashMap::new();
        for Numbered { n, intent } in intents {
            numbers.insert(intent.id(), n);
            let refused = open.enter(|| try_enqueue(intent)).err();
            let refused = refused.map(|error| error.to_string());
            self.claim(refused.is_none(), &refused.unwrap_or_default());
        }
        numbers
    }

    /// Finishes all deliveries, and collects the results.
    pub(super) fn told(
        &self,
        numbers: HashMap<IntentId, u32>,
        ended: Result<FlushReport, FlushError>,
    ) -> Told {
        let mut errors = Vec::new();
        let report = match ended {
            Ok(report) => report,
            Err(error) => {
                let report = error.report().clone();
                errors.push(error);
                report
            }
        };
        errors.extend(self.finish_deliveries());
        Told::from_flush(numbers, report, errors)
    }

    /// Performs everything that was handed over. Returns the errors of it, and unhandled flush errors.
    pub(super) fn finish_deliveries(&self) -> Vec<FlushError> {
        let mut errors = match &self.subject.drive {
            Some(drive) => self.block_on(drive()),
            None => Vec::new(),
        };
        errors.append(
            &mut self
                .unhandled
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        errors
    }
}

impl Told {
    pub(super) fn from_flush(
        numbers: HashMap<IntentId, u32>,
        report: FlushReport,
        errors: Vec<FlushError>,
    ) -> Self {
        let mut told = Self {
            numbers,
            text: format!("{report}{report:?}"),
            report,
            failed: Vec::new(),
            returned: Vec::new(),
        };
        for error in errors {
            told.add(error);
        }
        told
    }

    fn add(&mut self, error: FlushError) {
        let _ = write!(self.text, "{error}{error:?}{}", error.report());
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = write!(self.text, "{cause}{cause:?}");
            source = cause.source();
        }
        let failed = error.report().failed().map(IntentInfo::id);
        self.failed
            .extend(failed.filter_map(|id| self.numbers.get(&id)));
        for intent in error.into_intents() {
            let _ = write!(self.text, "{intent:?}");
            self.returned.extend(self.numbers.get(&intent.id()));
        }
    }

    /// Returns the fate of each intent according to the report, in order.
    pub(super) fn fates(&self) -> Vec<(u32, &'static str)> {
        let entries = self.report.buffered().iter();
        let fates = entries.filter_map(|it| Some((*self.numbers.get(&it.id())?, it.fate().word())));
        fates.collect()
    }
}

/// Configures the scope with [`FailureMode::CarryOn`].
pub(super) fn carrying_on(scope: ScopeBuilder) -> ScopeBuilder {
    scope.failure_mode(FailureMode::CarryOn)
}
