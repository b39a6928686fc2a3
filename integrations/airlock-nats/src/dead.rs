//! Dead letters, which JetStream itself does not have.

use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;

use airlock_core::BoxError;

use crate::Nats;

/// The header with the reason why the intent is dead.
pub(crate) const REASON: &str = "Airlock-Reason";

/// The header with the intent's original subject.
const SUBJECT: &str = "Airlock-Subject";

/// The maximum length of a reason, in bytes, because headers must be short.
const REASON_BYTES: usize = 2048;

/// An intent that is not retried any more.
pub(crate) struct DeadLetter<'a> {
    /// The message id of this dead letter. The server drops a second message with the same id.
    pub(crate) id: &'a str,
    /// The intent's original subject.
    pub(crate) subject: &'a str,
    pub(crate) queue: &'a str,
    pub(crate) effect: &'a str,
    pub(crate) attempts: u32,
    pub(crate) reason: &'a str,
    pub(crate) payload: Bytes,
}

impl Nats {
    /// Publishes an intent to the stream of dead letters, and waits until it is stored.
    pub(crate) async fn bury(&self, letter: DeadLetter<'_>) -> Result<(), BoxError> {
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, letter.id);
        headers.insert(SUBJECT, letter.subject);
        headers.insert(REASON, one_line(letter.reason));
        headers.insert(crate::message::ATTEMPTS, letter.attempts.to_string());
        let subject = self.inner.names.dead_subject(letter.queue, letter.effect);
        let message = PublishMessage::build()
            .headers(headers)
            .payload(letter.payload);
        let context = &self.inner.context;
        context.send_publish(subject, message).await?.await?;
        Ok(())
    }
}

/// Converts a text to one that a header can hold.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for char in text.chars() {
        if line.len() + char.len_utf8() > REASON_BYTES {
            break;
        }
        line.push(if char.is_control() { ' ' } else { char });
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{REASON_BYTES, one_line};

    #[test]
    fn a_reason_fits_into_a_header() {
        assert_eq!(one_line("a\r\nb"), "a  b");
        assert!(one_line(&"ä".repeat(REASON_BYTES)).len() <= REASON_BYTES);
    }
}
