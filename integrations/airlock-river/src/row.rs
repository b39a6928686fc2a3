//! One durable intent as a row of River's table.

use airlock_core::catalogue::EffectDescriptor;
use airlock_core::{BoxError, Intent};
use airlock_durable::{About, Envelope, Keys, retry_of, unique_key};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// River's default queue.
pub(crate) const DEFAULT_QUEUE: &str = "default";

/// The priority in the middle, for intents that name none: River's are 1 to 4, and 1 is first.
const DEFAULT_PRIORITY: i16 = 2;

/// The states in which a job keeps others with its unique key out: available, pending, retryable, running and
/// scheduled, as bits in the alphabetic order of River's states. It must have all of them but `retryable`, so that a
/// job can go from one to the other.
const UNFINISHED: u8 = 0b1111_0001;

/// A row, with the members that the statements read.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    #[serde(skip)]
    pub(crate) id: Uuid,
    args: Box<RawValue>,
    kind: &'static str,
    max_attempts: i16,
    metadata: Metadata,
    priority: i16,
    pub(crate) queue: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_at: Option<String>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unique_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unique_states: Option<u8>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) notify: bool,
}

/// What airlock knows of a job, in River's metadata.
#[derive(Debug, Serialize)]
struct Metadata {
    airlock: About,
}

impl Row {
    pub(crate) fn from_intent(intent: &Intent, keys: Option<&Keys>) -> Result<Self, BoxError> {
        let effect = intent.effect();
        let Envelope {
            arguments,
            mut about,
            ..
        } = Envelope::from_intent(intent, keys)?;
        refuse_nul(effect, &arguments, &about)?;
        let unique_key = unique_key(intent);
        let run_at = about.run_at.take();
        let priority = about
            .priority
            .take()
            .map_or(DEFAULT_PRIORITY, river_priority);
        Ok(Self {
            id: about.id,
            args: arguments,
            kind: effect.id(),
            max_attempts: i16::try_from(retry_of(effect).max_attempts()).unwrap_or(i16::MAX),
            priority,
            queue: about
                .queue
                .take()
                .unwrap_or_else(|| DEFAULT_QUEUE.to_owned()),
            state: match run_at {
                Some(_) => "scheduled",
                None => "available",
            },
            scheduled_at: run_at.map(|at| humantime::format_rfc3339_millis(at).to_string()),
            unique_states: unique_key.as_ref().map(|_| UNFINISHED),
            unique_key,
            metadata: Metadata { airlock: about },
            // A delayed one has nothing for workers yet.
            notify: run_at.is_none(),
        })
    }

    /// For a job that is forwarded: how often its effect is tried is for the other engine.
    pub(crate) fn never_give_up(&mut self) {
        self.max_attempts = i16::MAX;
    }

    /// Whether a worker can take it at once.
    pub(crate) fn is_due(&self) -> bool {
        self.scheduled_at.is_none()
    }
}

/// Ours is higher for sooner, River's is lower.
fn river_priority(priority: i16) -> i16 {
    5 - priority.clamp(1, 4)
}

/// PostgreSQL's JSON holds no NUL, and one statement stores all rows: the intent is named before all fail.
fn refuse_nul(
    effect: &EffectDescriptor,
    arguments: &RawValue,
    about: &About,
) -> Result<(), BoxError> {
    let in_options = about
        .headers
        .values()
        .chain(about.key.as_ref())
        .chain(about.origin.as_ref())
        .any(|text| text.contains('\0'));
    match has_escaped_nul(arguments.get()) || in_options {
        true => Err(format!(
            "an intent of `{}` contains the character NUL, which River's tables cannot hold: encode it, such as in base64",
            effect.id()
        )
        .into()),
        false => Ok(()),
    }
}

/// Whether a JSON text has the escape of NUL. After an even number of backslashes it is text.
fn has_escaped_nul(json: &str) -> bool {
    json.match_indices("u0000").any(|(at, _)| {
        let before = json[..at].bytes().rev();
        before.take_while(|byte| *byte == b'\\').count() % 2 == 1
    })
}

#[cfg(test)]
impl Row {
    pub(crate) fn for_test(queue: &str) -> Self {
        Self {
            id: Uuid::nil(),
            args: RawValue::NULL.to_owned(),
            kind: "test",
            max_attempts: 1,
            metadata: Metadata {
                airlock: About::default(),
            },
            priority: DEFAULT_PRIORITY,
            queue: queue.to_owned(),
            scheduled_at: None,
            state: "available",
            unique_key: None,
            unique_states: None,
            notify: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::has_escaped_nul;

    #[test]
    fn an_escape_is_told_from_text_that_looks_like_one() {
        assert!(has_escaped_nul(r#"{"a":"x\u0000"}"#));
        assert!(has_escaped_nul(r#"{"a":"\\\u0000"}"#));
        assert!(!has_escaped_nul(r#"{"a":"\\u0000 u0000"}"#));
    }
}
