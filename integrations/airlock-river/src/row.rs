//! A durable intent as a row of River's table.

use airlock_core::catalogue::EffectDescriptor;
use airlock_core::{BoxError, Intent};
use airlock_durable::{About, Envelope, Keys, retry_of, unique_key};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

/// River's default queue.
pub(crate) const DEFAULT_QUEUE: &str = "default";

/// The priority of intents that have none, in the middle. River's priorities are 1 to 4, and 1 runs first.
const DEFAULT_PRIORITY: i16 = 2;

/// The states in which a job excludes others with its unique key: available, pending, retryable, running and scheduled,
/// as bits in the alphabetic order of River's states. All of them but `retryable` are mandatory, so that a job can
/// change between them.
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

/// The metadata that airlock stores with a job.
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
            // Workers need no wake-up for a delayed job yet.
            notify: run_at.is_none(),
        })
    }

    /// Removes the limit of attempts, for a job that is forwarded: the other engine applies the retry rule.
    pub(crate) fn never_give_up(&mut self) {
        self.max_attempts = i16::MAX;
    }

    /// Returns whether a worker can take the job at once.
    pub(crate) fn is_due(&self) -> bool {
        self.scheduled_at.is_none()
    }
}

/// Converts a priority: ours is higher for sooner, River's is lower.
fn river_priority(priority: i16) -> i16 {
    5 - priority.clamp(1, 4)
}

/// Rejects an intent with NUL, which PostgreSQL's JSON cannot hold. One statement stores all rows and would fail as a
/// whole, without naming the intent.
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

/// Returns whether a JSON text contains the escape of NUL. After an even number of backslashes, `u0000` is plain text.
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
