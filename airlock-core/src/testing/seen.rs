//! A uniform view of intents in buffers, recorders and reports.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;

use crate::__private::REDACTED;
use crate::effect::Effect;
use crate::effect::EffectDescriptor;
use crate::effect::Key;
use crate::effect::Payload;
use crate::intent::Cause;
use crate::intent::Fate;
use crate::intent::Origin;
use crate::intent::ScopeId;
use crate::intent::{FireOn, Schedule};
use crate::intent::{Intent, IntentData, IntentId};
use crate::report::{ReportEntry, caused_by};

/// A test's view of an intent of any effect.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    data: &'a IntentData,
    /// `None` in a report.
    arguments: Option<&'a Payload>,
    shown: Option<&'a str>,
}

impl<'a> Seen<'a> {
    pub(crate) fn intent(intent: &'a Intent) -> Self {
        Self {
            data: &intent.data,
            arguments: Some(&intent.payload),
            shown: None,
        }
    }

    pub(crate) fn entry(entry: &'a ReportEntry) -> Self {
        Self {
            data: &entry.data,
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

    /// Returns the descriptor of its effect.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.data.effect
    }

    /// Returns `true` if `E` is its intent type.
    pub fn is<E: Effect>(&self) -> bool {
        self.data.effect == E::DESCRIPTOR
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

    /// Returns its id.
    pub fn id(&self) -> IntentId {
        self.data.id
    }

    /// Returns the source location that enqueued it.
    pub fn location(&self) -> &'static Location<'static> {
        self.data.location
    }

    /// Returns the scope that it was enqueued in.
    pub fn scope(&self) -> Option<ScopeId> {
        self.data.scope
    }

    /// Returns `true` if it was captured from a nested scope.
    pub fn is_captured(&self) -> bool {
        self.data.was_captured()
    }

    /// Returns the chain of effects that caused it.
    pub fn cause(&self) -> Option<&'a Cause> {
        self.data.cause().map(AsRef::as_ref)
    }

    /// Returns the effect whose body enqueued it as the start of a new chain.
    pub fn detached_from(&self) -> Option<&'a Cause> {
        self.data.detached_from()
    }

    /// Formats its chain of causes, or the effect from which it is detached.
    pub(crate) fn caused_by(&self) -> String {
        caused_by(self.data)
    }

    /// Returns the origin of the work that enqueued it.
    pub fn origin(&self) -> Option<&'a Origin> {
        self.data.origin()
    }

    /// Returns its schedule: the earliest time at which it may be performed.
    pub fn schedule(&self) -> Schedule {
        self.data.schedule()
    }

    /// Returns the queue set on the intent, or else the effect's.
    pub fn queue(&self) -> Option<&'a str> {
        self.data.queue()
    }

    /// Returns the priority set on the intent, or else the effect's.
    pub fn priority(&self) -> Option<i16> {
        self.data.priority()
    }

    /// Returns the key set on the intent, or else the value of the effect's `key = ..`. The latter is not
    /// available in a report.
    pub fn key(&self) -> Option<Key> {
        self.data.key(self.arguments)
    }

    pub(crate) fn data(&self) -> &'a IntentData {
        self.data
    }

    /// Returns the text of its key, redacted if the effect requires it.
    pub(crate) fn shown_key(&self) -> Option<String> {
        let key = self.key()?;
        let hidden = self.data.effect.spec.key_redacted && !self.data.has_own_key();
        Some(match hidden {
            true => format!("{REDACTED:?}"),
            false => key.to_string(),
        })
    }

    /// Returns the outcome of its scope on which it fires.
    pub fn fire_on(&self) -> FireOn {
        self.data.fire_on()
    }

    /// Returns its fate; `None` while it is pending.
    pub fn fate(&self) -> Option<Fate<'a>> {
        match self.data.fate() {
            Fate::Pending => None,
            fate => Some(fate),
        }
    }
}

impl fmt::Debug for Seen<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (id, at) = (self.effect().id(), self.location());
        write!(f, "{id} {} at {at}", self.arguments())
    }
}

/// A test's view of an intent of the effect `E`. The arguments are available as fields, everything else
/// through the methods of [`Seen`].
///
/// ```
/// # use airlock::prelude::*;
/// use airlock::testing::{Assertions, capture};
///
/// #[airlock::effect]
/// fn remind(order: u64) {}
///
/// let captured = capture(|| airlock::enqueue(remind(7).on_queue("slow")));
/// captured.assert_enqueued::<Remind>(|it| it.order == 7 && it.queue() == Some("slow"));
/// ```
#[derive(Debug)]
pub struct Enqueued<'a, E> {
    seen: Seen<'a>,
    arguments: &'a E,
}

macro_rules! same_as_seen {
    ($($name:ident -> $ty:ty;)+) => {
        impl<'a, E> Enqueued<'a, E> {$(
            #[doc = concat!("Same as [`Seen::", stringify!($name), "`].")]
            pub fn $name(&self) -> $ty {
                self.seen.$name()
            }
        )+}
    };
}
same_as_seen! {
    id -> IntentId;
    location -> &'static Location<'static>;
    scope -> Option<ScopeId>;
    is_captured -> bool;
    cause -> Option<&'a Cause>;
    detached_from -> Option<&'a Cause>;
    origin -> Option<&'a Origin>;
    schedule -> Schedule;
    queue -> Option<&'a str>;
    priority -> Option<i16>;
    key -> Option<Key>;
    fire_on -> FireOn;
}

impl<E> Deref for Enqueued<'_, E> {
    type Target = E;

    fn deref(&self) -> &E {
        self.arguments
    }
}
