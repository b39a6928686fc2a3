//! One look at intents, wherever they stand: in a buffer, in a recorder, in a report.

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

/// An intent as a test sees it, of whatever effect.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    data: &'a IntentData,
    /// Reports do not keep it.
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

    /// The same with arguments, or with their text where they cannot be kept.
    pub(crate) fn with(mut self, arguments: &'a Payload, text: &'a str) -> Self {
        self.arguments = Some(arguments);
        self.shown = Some(text);
        self
    }

    /// The effect that it wishes.
    pub fn effect(&self) -> &'static EffectDescriptor {
        self.data.effect
    }

    /// Whether it wishes the effect with this intent type.
    pub fn is<E: Effect>(&self) -> bool {
        self.data.effect == E::DESCRIPTOR
    }

    /// Its arguments, if it is of this type and they are kept.
    pub fn get<E: Effect>(&self) -> Option<&'a E> {
        self.arguments?.get()?.downcast_ref()
    }

    pub(crate) fn typed<E: Effect>(&self) -> Option<Enqueued<'a, E>> {
        self.get().map(|arguments| Enqueued {
            seen: *self,
            arguments,
        })
    }

    /// The intent as `Debug` shows it: what the effect redacts is left out. Empty in a report.
    pub fn arguments(&self) -> String {
        match (self.shown, self.arguments) {
            (Some(text), _) => text.to_owned(),
            (None, Some(arguments)) => format!("{arguments:?}"),
            (None, None) => String::new(),
        }
    }

    /// Why there is nothing that a pattern or a closure could be asked about.
    pub(crate) fn why_without_arguments(&self) -> Option<&'static str> {
        match self.arguments {
            None => Some("a report keeps no arguments, so that only types can be matched"),
            Some(arguments) if arguments.is_present() => None,
            Some(_) => Some(
                "its effect is declared `once`, and what was performed of it keeps no arguments: assert its type, by `assert_count` or a step without a pattern",
            ),
        }
    }

    /// Its id.
    pub fn id(&self) -> IntentId {
        self.data.id
    }

    /// Where it was enqueued.
    pub fn location(&self) -> &'static Location<'static> {
        self.data.location
    }

    /// The scope that it was enqueued in.
    pub fn scope(&self) -> Option<ScopeId> {
        self.data.scope
    }

    /// Whether it came from a nested scope.
    pub fn is_captured(&self) -> bool {
        self.data.was_captured()
    }

    /// The chain of effects that led to it.
    pub fn cause(&self) -> Option<&'a Cause> {
        self.data.cause().map(AsRef::as_ref)
    }

    /// The effect whose body enqueued it as the start of a new chain.
    pub fn detached_from(&self) -> Option<&'a Cause> {
        self.data.detached_from()
    }

    /// Its chain of causes, or the start of a new chain, for people.
    pub(crate) fn caused_by(&self) -> String {
        caused_by(self.data)
    }

    /// Where the work that enqueued it came from.
    pub fn origin(&self) -> Option<&'a Origin> {
        self.data.origin()
    }

    /// When it may be performed at the earliest.
    pub fn schedule(&self) -> Schedule {
        self.data.schedule()
    }

    /// Its queue: its own, or the effect's.
    pub fn queue(&self) -> Option<&'a str> {
        self.data.queue()
    }

    /// Its priority: its own, or the effect's.
    pub fn priority(&self) -> Option<i16> {
        self.data.priority()
    }

    /// Its key: its own, or what the effect's `key = ..` gives. A report knows only the first.
    pub fn key(&self) -> Option<Key> {
        self.data.key(self.arguments)
    }

    /// Its key as people may see it.
    pub(crate) fn shown_key(&self) -> Option<String> {
        let key = self.key()?;
        let hidden = self.data.effect.spec.key_redacted && !self.data.has_own_key();
        Some(match hidden {
            true => format!("{REDACTED:?}"),
            false => key.to_string(),
        })
    }

    /// Under which outcome of its scope it leaves.
    pub fn fire_on(&self) -> FireOn {
        self.data.fire_on()
    }

    /// What became of it; `None` while nothing has been decided.
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

/// An intent of the effect `E` as a test sees it: the fields are the arguments, the methods of
/// [`Seen`] tell the rest.
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
            #[doc = concat!("As [`Seen::", stringify!($name), "`].")]
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
