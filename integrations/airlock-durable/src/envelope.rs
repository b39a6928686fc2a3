//! The envelope: a durable intent as it is stored and sent.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use airlock_core::{Cause, EncodeError, Intent, Origin, Schedule, Stored, StoredCause};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::seal::{Keys, SealError};

/// The version of the envelope that this crate writes, and the newest one that it reads.
pub const VERSION: u16 = 1;

/// The last second that RFC 3339 can tell, after the epoch: later times are this one.
const FAR: Duration = Duration::from_secs(253_402_300_799);

/// How many causes an envelope names; it counts the others.
const CAUSES: usize = 16;

/// A durable intent as it is stored and sent. Its form is JSON, for programs in any language:
///
/// ```
/// let text = r#"{
///   "effect": "shop.send_confirmation",
///   "args": {"order": 7, "to": "ada@example.com"},
///   "v": 1,
///   "id": "0199d2c4-7a40-7000-8000-00a1b2c3d4e5",
///   "at": "src/orders.rs:41:9",
///   "causes": [{"effect": "shop.pay", "id": "0199d2c4-7a40-7000-8000-00a1b2c3d4e4"}],
///   "depth": 1,
///   "origin": "POST /orders",
///   "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
///   "key": "order-7",
///   "ordering_key": "customer-3",
///   "queue": "mail",
///   "priority": 5,
///   "run_at": "2026-12-01T08:00:00.000Z",
///   "headers": {"tenant": "acme"}
/// }"#;
/// let envelope = airlock_durable::Envelope::from_json(text)?;
/// assert_eq!(envelope.effect, "shop.send_confirmation");
/// assert_eq!(envelope.about.priority, Some(5));
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// `effect` and `args` are all that a program needs to say: what is missing is empty, an `id` is made. Members
/// that a version does not know are ignored.
#[derive(Clone, Debug, Serialize)]
pub struct Envelope {
    /// The id of the effect, or an alias.
    pub effect: String,
    /// The arguments: an object with a member for each. A redacted one is sealed.
    #[serde(rename = "args")]
    pub arguments: Box<RawValue>,
    /// All else.
    #[serde(flatten)]
    pub about: About,
}

/// What an envelope says besides its effect and arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct About {
    /// The version of the envelope's form.
    #[serde(rename = "v", default = "version")]
    pub version: u16,
    /// The id of the intent. The idempotency key of what its effect calls.
    #[serde(default = "Uuid::nil", skip_serializing_if = "Uuid::is_nil")]
    pub id: Uuid,
    /// `file:line:column` of the enqueue.
    #[serde(rename = "at", default, skip_serializing_if = "String::is_empty")]
    pub location: String,
    /// The chain of effects that led to it, nearest first; at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<StoredCause>,
    /// How many effects led to it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
    /// Where the work came from, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The W3C `traceparent` that the work came with.
    #[serde(
        rename = "traceparent",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub trace_parent: Option<String>,
    /// The key by which equal intents are recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Intents with the same one are performed one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordering_key: Option<String>,
    /// The queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The priority; higher is sooner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i16>,
    /// When it may be performed at the earliest: RFC 3339, in UTC, to the millisecond.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time")]
    pub run_at: Option<SystemTime>,
    /// What goes with the intent, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

fn version() -> u16 {
    VERSION
}

fn is_zero(depth: &u32) -> bool {
    *depth == 0
}

/// The members that [`About`] does not have.
#[derive(Deserialize)]
struct Head {
    effect: String,
    args: Box<RawValue>,
}

impl Envelope {
    /// The envelope of an intent that is dispatched now. Redacted arguments are sealed.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError`] if the effect is not durable, its arguments cannot be encoded, or some are redacted and
    /// there are no keys.
    pub fn from_intent(intent: &Intent, keys: Option<&Keys>) -> Result<Self, EnvelopeError> {
        let about = About::from_intent(intent);
        let text = intent.encode()?;
        let arguments = RawValue::from_string(text).map_err(EnvelopeError::Json)?;
        let effect = intent.effect();
        let arguments = crate::seal::seal(effect, about.id, arguments, keys)?;
        Ok(Self {
            effect: effect.id().to_owned(),
            arguments,
            about,
        })
    }

    /// Reads one from its JSON form.
    ///
    /// # Errors
    ///
    /// If the text is no JSON, has no `effect` or `args`, or a member is of another type.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        // Two passes over the text are faster than `flatten` is, which keeps each member in between.
        let Head { effect, args } = serde_json::from_str(text)?;
        Ok(Self {
            effect,
            arguments: args,
            about: serde_json::from_str(text)?,
        })
    }

    /// Its JSON form.
    ///
    /// # Errors
    ///
    /// None in practice: each member has a JSON form.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        // Most envelopes fit, so that one allocation is enough.
        let mut text = Vec::with_capacity(320 + self.arguments.get().len());
        serde_json::to_writer(&mut text, self)?;
        String::from_utf8(text).map_err(serde::ser::Error::custom)
    }
}

impl About {
    /// What is known of an intent that is dispatched now.
    pub fn from_intent(intent: &Intent) -> Self {
        let (causes, depth) = causes(intent);
        let origin = intent.origin();
        Self {
            version: VERSION,
            id: intent.uuid(),
            location: match intent.stored() {
                Some(stored) => stored.location.clone(),
                None => intent.location().to_string(),
            },
            causes,
            depth,
            origin: origin.map(ToString::to_string),
            trace_parent: origin.and_then(Origin::trace_parent).map(str::to_owned),
            key: intent.key().map(|key| key.to_string()),
            ordering_key: intent.ordering_key().map(str::to_owned),
            queue: intent.queue().map(str::to_owned),
            priority: intent.priority(),
            run_at: run_at(intent.schedule(), SystemTime::now()),
            headers: intent
                .headers()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        }
    }

    /// What a worker's intent has to know of it, in this attempt.
    pub fn stored(&self, attempt: u32) -> Stored {
        let mut stored = Stored::new(self.id);
        stored.attempt = attempt;
        stored.causes.clone_from(&self.causes);
        stored.depth = self.depth;
        stored.location.clone_from(&self.location);
        stored.headers.clone_from(&self.headers);
        stored
    }

    /// Where the work came from.
    pub fn origin(&self) -> Option<Origin> {
        if self.origin.is_none() && self.trace_parent.is_none() {
            return None;
        }
        let shown = self.origin.clone().unwrap_or_default();
        let trace_parent = self.trace_parent.clone().map(String::into_boxed_str);
        Some(Origin::traced(shown, trace_parent))
    }
}

impl Default for About {
    /// That of an envelope which says nothing else: with a new version, and no id.
    fn default() -> Self {
        Self {
            version: VERSION,
            id: Uuid::nil(),
            location: String::new(),
            causes: Vec::new(),
            depth: 0,
            origin: None,
            trace_parent: None,
            key: None,
            ordering_key: None,
            queue: None,
            priority: None,
            run_at: None,
            headers: BTreeMap::new(),
        }
    }
}

/// The chain of what led to an intent, in this process and before, and its length.
fn causes(intent: &Intent) -> (Vec<StoredCause>, u32) {
    let mut causes = Vec::new();
    let nearest = intent.cause();
    for cause in nearest.into_iter().flat_map(Cause::chain) {
        causes.push(StoredCause {
            effect: cause.effect().id().to_owned(),
            id: cause.uuid(),
        });
        if let Some(stored) = cause.stored() {
            causes.extend(stored.causes.iter().cloned());
        }
        if causes.len() >= CAUSES {
            break;
        }
    }
    causes.truncate(CAUSES);
    (causes, nearest.map_or(0, Cause::depth))
}

fn run_at(schedule: Schedule, now: SystemTime) -> Option<SystemTime> {
    match schedule {
        Schedule::Now => None,
        schedule => match schedule.delay_from(now) {
            Duration::ZERO => None,
            delay => {
                let far = SystemTime::UNIX_EPOCH + FAR;
                Some(now.checked_add(delay).map_or(far, |at| at.min(far)))
            }
        },
    }
}

mod time {
    use std::time::SystemTime;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "the form that serde calls")]
    pub(super) fn serialize<S: Serializer>(
        time: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(&humantime::format_rfc3339_millis(*time)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        let parsed = text.map(|text| humantime::parse_rfc3339(&text));
        parsed.transpose().map_err(D::Error::custom)
    }
}

/// Why an intent has no envelope.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// Its arguments could not be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// `Serialize` gave no JSON value.
    #[error("the encoded arguments are no JSON")]
    Json(#[source] serde_json::Error),
    /// A redacted argument could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}
