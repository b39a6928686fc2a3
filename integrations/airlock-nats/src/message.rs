//! Conversion of envelopes to messages.

use std::time::SystemTime;

use airlock_durable::Envelope;
use async_nats::HeaderMap;
use async_nats::header::{
    NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, NATS_MESSAGE_ID, NATS_SCHEDULE, NATS_SCHEDULE_TARGET,
};
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use uuid::Uuid;

use crate::subject::{DEFAULT_QUEUE, Names, Place};

/// The header with the number of attempts before the message was published again. The server's own count restarts at 1.
pub(crate) const ATTEMPTS: &str = "Airlock-Attempts";

/// The header with the subject pattern to which the expected last sequence applies.
const EXPECTED_SUBJECT: &str = "Nats-Expected-Last-Subject-Sequence-Subject";

/// A message that is ready to be sent.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) subject: String,
    pub(crate) message: PublishMessage,
    pub(crate) has_key: bool,
}

impl Outgoing {
    /// Builds the message of an envelope.
    ///
    /// # Errors
    ///
    /// Returns an error if the envelope has no JSON form.
    pub(crate) fn new(
        envelope: &Envelope,
        unique_key: Option<&str>,
        names: &Names,
    ) -> Result<Self, serde_json::Error> {
        let about = &envelope.about;
        let place = Place {
            queue: about.queue.as_deref().unwrap_or(DEFAULT_QUEUE),
            effect: &envelope.effect,
            ordering_key: about.ordering_key.as_deref(),
            unique_key,
        };
        let mut id = Uuid::encode_buffer();
        let id: &str = about.id.hyphenated().encode_lower(&mut id);
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, id);
        if let Some(subjects) = names.key_subjects(place) {
            // The server rejects the message while another intent with this key is unfinished.
            headers.insert(NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, "0");
            headers.insert(EXPECTED_SUBJECT, subjects);
        }
        let mut subject = names.subject(place);
        if let Some(at) = about.run_at {
            schedule(&mut headers, &subject, at);
            subject = names.waiting_subject(place, id);
        }
        let payload = Bytes::from(envelope.to_json()?);
        Ok(Self {
            subject,
            message: PublishMessage::build().headers(headers).payload(payload),
            has_key: unique_key.is_some(),
        })
    }
}

/// Makes the server publish the message again at a later time, on another subject. The server keeps our other headers,
/// but drops the message id; the envelope has the intent's id.
pub(crate) fn schedule(headers: &mut HeaderMap, target: &str, at: SystemTime) {
    let at = humantime::format_rfc3339_millis(at);
    headers.insert(NATS_SCHEDULE, format!("@at {at}"));
    headers.insert(NATS_SCHEDULE_TARGET, target);
}
