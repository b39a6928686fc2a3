//! Performs one message, and reports the result to the server.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use airlock_core::executor::Executor;
use airlock_core::{Airlock, BoxError, Catalogue, Receipt, Released};
use airlock_durable::{About, Envelope, Performer, Verdict, derived_id, log, unreadable};
use async_nats::HeaderMap;
use async_nats::client::Request;
use async_nats::connection::State;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{AckKind, Message};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Nats;
use crate::dead::DeadLetter;
use crate::message::{ATTEMPTS, schedule};
use crate::pull::Troubles;
use crate::subject::DEFAULT_QUEUE;

/// The minimum and maximum delay before a message that cannot be handled now is tried again.
const LEFT_ALONE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// The timeout for the server's answer when an intent is completed.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The timeout for the client to send a report that the server does not answer.
const SAID_WITHIN: Duration = Duration::from_secs(1);

/// A performer of messages.
pub(crate) struct Performing {
    pub(crate) nats: Nats,
    performer: Performer,
    executor: Arc<dyn Executor>,
    /// The interval at which progress is reported to the server.
    progress_every: Duration,
    /// Cancels running effects.
    stop: CancellationToken,
    /// Stops the pullers.
    pub(crate) stop_pulling: CancellationToken,
    pub(crate) troubles: Troubles,
}

/// A message that was delivered to a worker.
struct Delivered {
    message: Message,
    /// The number of this attempt, from 1.
    attempt: u32,
    /// The number of times that the server has delivered this copy of the message.
    delivered: u32,
    sequence: u64,
    is_ordered: bool,
}

impl Performing {
    pub(crate) fn new(
        nats: Nats,
        airlock: Airlock,
        lost_after: Duration,
        stop: CancellationToken,
        stop_pulling: CancellationToken,
    ) -> Self {
        Self {
            performer: Performer::new(airlock).keys(nats.inner.keys.clone()),
            executor: Arc::new(nats.clone()),
            progress_every: lost_after / 3,
            nats,
            stop,
            stop_pulling,
            troubles: Troubles::default(),
        }
    }

    /// Performs a message, and reports progress and the result to the server. If the result cannot be reported, the
    /// server delivers the message again.
    ///
    /// `slot` is a permit to run an effect. It is dropped when the effect has ended, before the server has answered, so
    /// the next effect can start.
    pub(crate) async fn perform<S>(&self, message: Message, is_ordered: bool, slot: S) {
        let Some(delivered) = Delivered::from_message(message, is_ordered) else {
            return;
        };
        let performed = self.perform_and_conclude(&delivered, slot);
        tokio::pin!(performed);
        loop {
            tokio::select! {
                biased;
                () = &mut performed => return,
                () = tokio::time::sleep(self.progress_every) => delivered.tell_progress().await,
            }
        }
    }

    async fn perform_and_conclude<S>(&self, delivered: &Delivered, slot: S) {
        let envelope = match delivered.envelope() {
            Ok(envelope) => envelope,
            Err(verdict) => {
                let unread = self.unread(delivered);
                return self.conclude(delivered, &unread, *verdict).await;
            }
        };
        let verdict = match self.may_not_repeat(delivered, &envelope) {
            Some(verdict) => verdict,
            None => {
                let stopped = self.stop.cancelled();
                let executor = Some(self.executor.clone());
                let performer = &self.performer;
                performer
                    .perform(&envelope, delivered.attempt, executor, stopped)
                    .await
            }
        };
        drop(slot);
        self.conclude(delivered, &envelope, verdict).await;
    }

    /// Returns a verdict if a repeated delivery must not be performed. For an effect declared `once`, it is unknown how
    /// far the first delivery came.
    fn may_not_repeat(&self, delivered: &Delivered, envelope: &Envelope) -> Option<Verdict> {
        if delivered.attempt == 1 {
            return None;
        }
        let effect = Catalogue::global().ok()?.find(&envelope.effect)?;
        effect.is_once().then(|| Verdict::Dead {
            reason: "it was delivered before and is declared `once`: it is unknown whether it was performed".to_owned(),
        })
    }

    async fn conclude(&self, delivered: &Delivered, envelope: &Envelope, verdict: Verdict) {
        log(envelope, delivered.attempt, &verdict);
        let concluded = match verdict {
            Verdict::Done(released) => self.complete(delivered, released).await,
            Verdict::Retry { after, .. } => delivered.again_after(after).await,
            Verdict::Interrupted => delivered.again_after(Duration::ZERO).await,
            Verdict::Unknown { .. } => self.leave_to_others(delivered, envelope).await,
            Verdict::Dead { reason } => self.bury(delivered, envelope, &reason).await,
        };
        let Err(error) = concluded else { return };
        let (effect, id, attempt) = (&envelope.effect, envelope.about.id, delivered.attempt);
        tracing::warn!(
            target: "airlock", effect, %id, attempt, %error,
            "the result of an intent could not be reported to the server: it is delivered again",
        );
        // This report may be lost, too. Then the server delivers the message again, because it sees no progress.
        let _ = delivered.again_after(delivered.left_alone()).await;
    }

    /// Publishes the intents that the effect has enqueued, acknowledges the message, and dispatches the other intents.
    async fn complete(
        &self,
        delivered: &Delivered,
        mut released: Released,
    ) -> Result<(), BoxError> {
        let receipts = match released.batch_for(&self.nats) {
            Some(mut batch) => self.nats.publish(&mut batch).await,
            None => Vec::new(),
        };
        for receipt in &receipts {
            if let Receipt::Rejected(error) = receipt {
                return Err(format!(
                    "the intents that it enqueued could not be published: {error}"
                )
                .into());
            }
        }
        delivered.end("+ACK").await?;
        if let Some(mut batch) = released.batch_for(&self.nats) {
            batch.complete_in_order(receipts);
        }
        // The intent is completed. Its other intents are dispatched once, and their failure must not repeat it.
        if let Err(error) = released.dispatch_async().await {
            error.report_unhandled();
        }
        Ok(())
    }

    /// Publishes a copy of a message for a later time, so that these deliveries do not count as attempts. If the
    /// message is ordered, or the server has no schedules, the same message is delivered again.
    async fn leave_to_others(
        &self,
        delivered: &Delivered,
        envelope: &Envelope,
    ) -> Result<(), BoxError> {
        let after = left_alone(age(envelope));
        if delivered.is_ordered || !self.nats.inner.server.has_schedules() {
            return delivered.again_after(after).await;
        }
        let subject = delivered.message.subject.as_str();
        let id = envelope.about.id;
        let mut headers = HeaderMap::new();
        let copy = format!("{id}/{}", delivered.sequence);
        headers.insert(NATS_MESSAGE_ID, copy.as_str());
        headers.insert(ATTEMPTS, (delivered.attempt - 1).to_string());
        schedule(&mut headers, subject, SystemTime::now() + after);
        let waiting = self
            .nats
            .inner
            .names
            .copy_subject(subject, delivered.sequence);
        let message = PublishMessage::build()
            .headers(headers)
            .payload(delivered.message.payload.clone());
        let context = &self.nats.inner.context;
        context.send_publish(waiting, message).await?.await?;
        delivered.end("+ACK").await
    }

    async fn bury(
        &self,
        delivered: &Delivered,
        envelope: &Envelope,
        reason: &str,
    ) -> Result<(), BoxError> {
        let letter = DeadLetter {
            // A dead letter that is published again by hand may become dead a second time.
            id: &format!("{}/{}", envelope.about.id, delivered.sequence),
            subject: &delivered.message.subject,
            queue: envelope.about.queue.as_deref().unwrap_or(DEFAULT_QUEUE),
            effect: &envelope.effect,
            attempts: delivered.attempt,
            reason,
            payload: delivered.message.payload.clone(),
        };
        self.nats.bury(letter).await?;
        delivered.end("+TERM").await
    }

    /// Returns the known parts of a message that could not be parsed.
    fn unread(&self, delivered: &Delivered) -> Envelope {
        let (queue, effect) = self.nats.inner.names.parts(&delivered.message.subject);
        let mut about = About::default();
        about.id = delivered.derived_id();
        about.queue = Some(queue.to_owned());
        Envelope {
            effect: effect.to_owned(),
            arguments: RawValue::NULL.to_owned(),
            about,
        }
    }
}

impl Delivered {
    fn from_message(message: Message, is_ordered: bool) -> Option<Self> {
        let (delivered, sequence) = match message.info() {
            Ok(info) => (info.delivered, info.stream_sequence),
            Err(error) => {
                tracing::error!(target: "airlock", %error, "a message that no stream has delivered");
                return None;
            }
        };
        let delivered = u32::try_from(delivered).unwrap_or(u32::MAX).max(1);
        let headers = message.headers.as_ref();
        let before = headers.and_then(|headers| headers.get(ATTEMPTS));
        let before: u32 = before.and_then(|it| it.as_str().parse().ok()).unwrap_or(0);
        Some(Self {
            attempt: before.saturating_add(delivered),
            message,
            delivered,
            sequence,
            is_ordered,
        })
    }

    fn envelope(&self) -> Result<Envelope, Box<Verdict>> {
        let text = std::str::from_utf8(&self.message.payload).map_err(|error| {
            let reason = format!("the envelope is no text: {error}");
            Box::new(Verdict::Dead { reason })
        })?;
        let mut envelope =
            Envelope::from_json(text).map_err(|error| Box::new(unreadable(text, &error)))?;
        if envelope.about.id.is_nil() {
            envelope.about.id = self.derived_id();
        }
        Ok(envelope)
    }

    /// Returns the id of an intent whose envelope has none. It is the same in each attempt.
    fn derived_id(&self) -> Uuid {
        let info = self.message.info().ok();
        let (stream, published) = info.map_or(("", 0), |it| {
            (it.stream, it.published.unix_timestamp_nanos())
        });
        derived_id(&format!("nats\0{stream}\0{}\0{published}", self.sequence))
    }

    /// Acknowledges or terminates the message, and waits for the server's confirmation.
    async fn end(&self, how: &'static str) -> Result<(), BoxError> {
        let Some(reply) = self.message.reply.clone() else {
            return Err("the message has no reply subject".into());
        };
        let request = Request::new()
            .payload(how.into())
            .timeout(Some(ANSWER_WITHIN));
        let client = self.message.context.client();
        client.send_request(reply, request).await?;
        Ok(())
    }

    async fn again_after(&self, time: Duration) -> Result<(), BoxError> {
        let time = (!time.is_zero()).then_some(time);
        self.say(AckKind::Nak(time)).await
    }

    async fn tell_progress(&self) {
        if let Err(error) = self.say(AckKind::Progress).await {
            tracing::debug!(target: "airlock", %error, "the server could not be told of progress");
        }
    }

    /// Sends a report that the server does not answer. Fails without a connection, because the client would buffer
    /// reports and finally block its callers.
    async fn say(&self, what: AckKind) -> Result<(), BoxError> {
        if self.message.context.client().connection_state() != State::Connected {
            return Err("there is no connection to NATS".into());
        }
        tokio::time::timeout(SAID_WITHIN, self.message.ack_with(what)).await?
    }

    /// Returns the delay before the next delivery. It grows with the number of deliveries.
    fn left_alone(&self) -> Duration {
        let doubled = LEFT_ALONE.0.saturating_mul(1 << self.delivered.min(6));
        doubled.min(LEFT_ALONE.1)
    }
}

/// Returns the delay before the intent is tried again. It grows with the intent's age.
fn left_alone(age: Duration) -> Duration {
    (age / 4).clamp(LEFT_ALONE.0, LEFT_ALONE.1)
}

/// Returns the age of an intent, according to its id.
fn age(envelope: &Envelope) -> Duration {
    let made = envelope.about.id.get_timestamp().map(|it| it.to_unix());
    let made = made.map(|(seconds, nanos)| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos));
    made.and_then(|made| SystemTime::now().duration_since(made).ok())
        .unwrap_or_default()
}
