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

/// The last second that RFC 3339 can represent, as a duration after the epoch. Later times are clamped to it.
const FAR: Duration = Duration::from_secs(253_402_300_799);

/// The maximum number of causes that an envelope lists. Further causes only count towards its depth.
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
/// Only `effect` and `args` are required. Other missing members are empty, and a missing `id` is generated. Unknown
/// members are ignored.
#[derive(Clone, Debug, Serialize)]
pub struct Envelope {
    /// The id of the effect, or an alias.
    pub effect: String,
    /// The arguments: an object with a member for each. Redacted arguments are sealed.
    #[serde(rename = "args")]
    pub arguments: Box<RawValue>,
    /// All other members.
    #[serde(flatten)]
    pub about: About,
}

/// The members of an envelope besides its effect and arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct About {
    /// The version of the envelope's format.
    #[serde(rename = "v", default = "version")]
    pub version: u16,
    /// The id of the intent. It is the idempotency key for calls that the effect makes.
    #[serde(default = "Uuid::nil", skip_serializing_if = "Uuid::is_nil")]
    pub id: Uuid,
    /// The location of the enqueue, as `file:line:column`.
    #[serde(rename = "at", default, skip_serializing_if = "String::is_empty")]
    pub location: String,
    /// The chain of effects that led to this intent, nearest first; at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<StoredCause>,
    /// The number of effects that led to this intent.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub depth: u32,
    /// The origin of the work, for display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The W3C `traceparent` of the work's origin.
    #[serde(
        rename = "traceparent",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub trace_parent: Option<String>,
    /// The key by which duplicate intents are recognised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The ordering key: intents with the same one are performed one after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordering_key: Option<String>,
    /// The queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The priority; a higher one runs sooner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i16>,
    /// The earliest time at which the intent may be performed: RFC 3339, in UTC, with milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time")]
    pub run_at: Option<SystemTime>,
    /// The headers of the intent, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

fn version() -> u16 {
    VERSION
}

fn is_zero(depth: &u32) -> bool {
    *depth == 0
}

/// The members that [`About`] does not contain.
#[derive(Deserialize)]
struct Head {
    effect: String,
    args: Box<RawValue>,
}

impl Envelope {
    /// Builds the envelope of an intent that is being dispatched. Redacted arguments are sealed.
    ///
    /// # Errors
    ///
    /// Returns an [`EnvelopeError`] if the effect is not durable, if its arguments cannot be encoded, or if some are
    /// redacted and there are no keys.
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

    /// Parses an envelope from its JSON form.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not valid JSON, if `effect` or `args` is missing, or if a member has the wrong
    /// type.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        // Two passes over the text are faster than `flatten`, which buffers each member.
        let Head { effect, args } = serde_json::from_str(text)?;
        Ok(Self {
            effect,
            arguments: args,
            about: serde_json::from_str(text)?,
        })
    }

    /// Returns the JSON form of the envelope.
    ///
    /// # Errors
    ///
    /// None in practice: every member has a JSON form.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        // One allocation is enough for most envelopes.
        let mut text = Vec::with_capacity(320 + self.arguments.get().len());
        serde_json::to_writer(&mut text, self)?;
        String::from_utf8(text).map_err(serde::ser::Error::custom)
    }
}

impl About {
    /// Collects the data of an intent that is being dispatched.
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

    /// Returns the data for the intent that a worker restores from this envelope in this attempt.
    pub fn stored(&self, attempt: u32) -> Stored {
        let mut stored = Stored::new(self.id);
        stored.attempt = attempt;
        stored.causes.clone_from(&self.causes);
        stored.depth = self.depth;
        stored.location.clone_from(&self.location);
        stored.headers.clone_from(&self.headers);
        stored
    }

    /// Returns the origin of the work, if the envelope has one.
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
    /// Returns the members of an envelope with only an effect and arguments: the current version, and no id.
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

/// Returns the chain of causes of an intent, in this process and before it, and the length of the chain.
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

/// Why no envelope could be built for an intent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The effect is not durable, or its arguments could not be encoded.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// `Serialize` produced invalid JSON.
    #[error("the encoded arguments are not valid JSON")]
    Json(#[source] serde_json::Error),
    /// A redacted argument could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}
