//! One intent of a drain.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use crate::effect::{Effect, Payload};
use crate::intent::{Decision, Fate, Intent, IntentInfo};
use crate::report::{IntentRecord, caused_by};
use crate::testing::Seen;

/// One intent of a [`Drained`](crate::testing::Drained) or [`Left`](crate::testing::Left). It dereferences
/// to its [`IntentRecord`]: effect, arguments, options, cause, fate, and the location that enqueued it.
pub struct DrainEntry {
    record: IntentRecord,
    payload: Payload,
    at: Duration,
    begun: bool,
    stubbed: bool,
}

impl DrainEntry {
    /// Creates the entry of an intent that is about to be performed.
    pub(super) fn performed(intent: &Intent, at: Duration) -> Self {
        let mut record = IntentRecord::new(intent);
        record.info.decide(Decision::NotReached);
        Self {
            record,
            payload: intent.payload.duplicate().unwrap_or_else(Payload::gone),
            at,
            begun: true,
            stubbed: false,
        }
    }

    /// Creates an entry from a report, without arguments.
    pub(super) fn reported(info: &IntentInfo, at: Duration) -> Self {
        Self {
            record: IntentRecord::without_arguments(info),
            payload: Payload::gone(),
            at,
            begun: true,
            stubbed: false,
        }
    }

    /// Creates the entry of an intent that has not begun.
    pub(super) fn due(intent: Intent, at: Duration) -> Self {
        let mut record = IntentRecord::new(&intent);
        record.info.set_pending();
        Self {
            record,
            payload: intent.payload,
            at,
            begun: false,
            stubbed: false,
        }
    }

    /// Converts the entry of an intent that has failed and waits for a retry.
    pub(super) fn into_due(mut self, at: Duration) -> Self {
        self.record.info.set_pending();
        Self { at, ..self }
    }

    pub(super) fn set_fate_of(&mut self, reported: &IntentInfo) {
        if let Some(decision) = reported.decision() {
            self.record.info.decide(decision);
        }
    }

    pub(super) fn set_stubbed(&mut self) {
        self.stubbed = true;
    }

    pub(super) fn seen(&self) -> Seen<'_> {
        Seen::entry(&self.record.info).with(&self.payload, self.record.arguments())
    }

    /// Returns the arguments, if the intent is one of the effect `E` and they were kept. Those of an effect
    /// declared `once` are available as text only.
    pub fn get<E: Effect>(&self) -> Option<&E> {
        self.payload.get()?.downcast_ref()
    }

    /// Returns the virtual time at which the intent began, or at which it is due if the drain has left it,
    /// since the start of the drain.
    pub fn at(&self) -> Duration {
        self.at
    }

    /// Returns `true` if a stub replaced the effect's body.
    pub fn is_stubbed(&self) -> bool {
        self.stubbed
    }

    /// Returns `true` if an attempt has failed and the intent waits for a retry.
    pub fn waits_for_retry(&self) -> bool {
        self.begun && self.is_pending()
    }

    fn fate_in_words(&self) -> String {
        match (self.fate(), self.begun) {
            (Fate::Pending, true) => format!("to be tried again at {:?}", self.at),
            (Fate::Pending, false) => format!("due at {:?}", self.at),
            (fate, _) => fate.to_string(),
        }
    }

    /// Returns its row in the table of a drain.
    pub(super) fn row(&self) -> [String; 6] {
        let after = match self.at {
            Duration::ZERO => String::new(),
            _ if self.is_pending() => String::new(),
            at => format!("{at:?}"),
        };
        let location = self.location();
        [
            self.effect().id().to_owned(),
            self.arguments().to_owned(),
            self.fate_in_words(),
            after,
            format!("{}:{}", location.file(), location.line()),
            caused_by(self),
        ]
    }
}

impl Deref for DrainEntry {
    type Target = IntentRecord;

    fn deref(&self) -> &IntentRecord {
        &self.record
    }
}

impl fmt::Debug for DrainEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.arguments(), self.fate_in_words())
    }
}
