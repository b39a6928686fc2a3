//! The copy of an intent that a drain keeps.

use crate::effect::Payload;
use crate::intent::Intent;
use crate::report::{ReportEntry, caused_by};
use crate::testing::Seen;

/// An entry of a report, with its arguments and their text.
pub(super) struct Kept {
    pub(super) entry: ReportEntry,
    arguments: Payload,
    shown: String,
}

impl Kept {
    /// Copies an intent that is about to be performed.
    pub(super) fn copy(intent: &Intent) -> Self {
        Self {
            entry: ReportEntry {
                data: intent.data.for_report(),
            },
            arguments: intent.payload.duplicate().unwrap_or_else(Payload::gone),
            shown: format!("{:?}", intent.arguments()),
        }
    }

    /// Takes an intent that is not performed.
    pub(super) fn whole(intent: Intent) -> Self {
        Self {
            shown: format!("{:?}", intent.arguments()),
            entry: ReportEntry {
                data: intent.data.for_report(),
            },
            arguments: intent.payload,
        }
    }

    /// Creates an entry from a report, without arguments.
    pub(super) fn reported(entry: &ReportEntry) -> Self {
        Self {
            entry: entry.clone(),
            arguments: Payload::gone(),
            shown: format!("{} {{ .. }}", entry.effect().intent()),
        }
    }

    pub(super) fn seen(&self) -> Seen<'_> {
        Seen::entry(&self.entry).with(&self.arguments, &self.shown)
    }

    pub(super) fn shown(&self) -> &str {
        &self.shown
    }

    /// Returns its row in the table of a drain. `fate` and `after`, the time at which it began, are text.
    pub(super) fn row(&self, fate: String, after: String) -> [String; 6] {
        let at = self.entry.location();
        [
            self.entry.effect().id().to_owned(),
            self.shown.clone(),
            fate,
            after,
            format!("{}:{}", at.file(), at.line()),
            caused_by(&self.entry.data),
        ]
    }
}
