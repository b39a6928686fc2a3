//! A uniform view of intents in buffers, recorders and reports.

use std::fmt;
use std::ops::Deref;

use crate::__private::REDACTED;
use crate::effect::{Effect, Key, Payload};
use crate::intent::{Fate, Intent, IntentInfo};
use crate::report::caused_by;

/// A test's view of an intent of any effect, to whose facts it dereferences.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    info: &'a IntentInfo,
    /// `None` in a report.
    arguments: Option<&'a Payload>,
    shown: Option<&'a str>,
}

impl<'a> Seen<'a> {
    pub(crate) fn intent(intent: &'a Intent) -> Self {
        Self {
            info: &intent.info,
            arguments: Some(&intent.payload),
            shown: None,
        }
    }

    pub(crate) fn entry(entry: &'a IntentInfo) -> Self {
        Self {
            info: entry,
            arguments: None,
            shown: None,
        }
    }

    /// Attaches the arguments, and their text for those that could not be kept.
    pub(crate) fn with(mut self, arguments: &'a Payload, text: &'a str) -> Self {
        self.arguments = Some(arguments);
        self.shown = Some(text);
        self
    }

    /// Returns its arguments, if it is of this type and they were kept.
    pub fn get<E: Effect>(&self) -> Option<&'a E> {
        self.arguments?.get()?.downcast_ref()
    }

    pub(crate) fn typed<E: Effect>(&self) -> Option<Enqueued<'a, E>> {
        self.get().map(|arguments| Enqueued {
            seen: *self,
            arguments,
        })
    }

    /// Returns the `Debug` text of the intent, without redacted arguments. Empty in a report.
    pub fn arguments(&self) -> String {
        match (self.shown, self.arguments) {
            (Some(text), _) => text.to_owned(),
            (None, Some(arguments)) => format!("{arguments:?}"),
            (None, None) => String::new(),
        }
    }

    /// Explains why the arguments are missing; `None` if they are present.
    pub(crate) fn why_without_arguments(&self) -> Option<&'static str> {
        match self.arguments {
            None => Some("a report keeps no arguments, so that only types can be matched"),
            Some(arguments) if arguments.is_present() => None,
            Some(_) => Some(
                "its effect is declared `once`, and what was performed of it keeps no arguments: assert its type, by `assert_count` or a step without a pattern",
            ),
        }
    }

    /// Formats its chain of causes, or the effect from which it is detached.
    pub(crate) fn caused_by(&self) -> String {
        caused_by(self.info)
    }

    /// Returns the key set on the intent, or else the value of the effect's `key = ..`. The latter is not
    /// available in a report.
    pub fn key(&self) -> Option<Key> {
        self.info.key(self.arguments)
    }

    /// Returns the text of its key, redacted if the effect requires it.
    pub(crate) fn shown_key(&self) -> Option<String> {
        let key = self.key()?;
        let hidden = self.info.effect.spec.key_redacted && !self.info.has_own_key();
        Some(match hidden {
            true => format!("{REDACTED:?}"),
            false => key.to_string(),
        })
    }

    /// Returns its fate; `None` while it is pending.
    pub(crate) fn decided(&self) -> Option<Fate<'a>> {
        match self.info.fate() {
            Fate::Pending => None,
            fate => Some(fate),
        }
    }
}

impl<'a> Deref for Seen<'a> {
    type Target = IntentInfo;

    fn deref(&self) -> &IntentInfo {
        self.info
    }
}

impl fmt::Debug for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, at) = (self.effect().id(), self.location());
        write!(f, "{id} {} at {at}", self.arguments())
    }
}

/// A test's view of an intent of the effect `E`. The arguments are available as fields, the rest through
/// [`info`](Self::info).
///
/// ```
/// # use airlock::prelude::*;
/// use airlock::testing::{Assertions, capture};
///
/// #[airlock::effect]
/// fn remind(order: u64) {}
///
/// let captured = capture(|| airlock::enqueue(remind(7).on_queue("slow")));
/// captured.assert_enqueued::<Remind>(|it| it.order == 7 && it.info().queue() == Some("slow"));
/// ```
#[derive(Debug)]
pub struct Enqueued<'a, E> {
    seen: Seen<'a>,
    arguments: &'a E,
}

impl<'a, E> Enqueued<'a, E> {
    /// Returns the facts of the intent: its options, origin, cause and fate.
    pub fn info(&self) -> &'a IntentInfo {
        self.seen.info
    }

    /// Returns the key set on the intent, or else the value of the effect's `key = ..`.
    pub fn key(&self) -> Option<Key> {
        self.seen.key()
    }
}

impl<E> Deref for Enqueued<'_, E> {
    type Target = E;

    fn deref(&self) -> &E {
        self.arguments
    }
}
