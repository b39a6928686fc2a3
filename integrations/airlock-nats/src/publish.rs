//! Publishing: a window of messages is in flight, and the server answers each.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::IntoFuture as _;
use std::time::Duration;

use airlock_core::executor::{Batch, Executor, Identity};
use airlock_core::{BoxError, BoxFuture, Intent, Receipt};
use airlock_durable::{Capabilities, Envelope, Forward, unique_key};
use async_nats::connection::State;
use async_nats::jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind};
use async_nats::jetstream::{self, ErrorCode};

use futures_util::FutureExt as _;
use tokio::time::Instant;

use crate::Nats;
use crate::message::Outgoing;

/// The timeout for the server's answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The delay before a retry while replicas decide on a key.
const UNDECIDED: Duration = Duration::from_millis(20);

/// The number of messages that are built before they are sent.
const AT_ONCE: usize = 32;

impl Nats {
    /// Publishes the intents of a batch in order, and returns their receipts.
    pub(crate) async fn publish(&self, batch: &mut Batch<'_>) -> Vec<Receipt> {
        let mut sending = Sending::new(self);
        let mut next = 0;
        loop {
            // Small chunks keep the server busy while the next messages are built.
            let some: Vec<_> = batch
                .intents_from(next)
                .take(AT_ONCE)
                .map(|(position, intent)| {
                    next = position + 1;
                    self.outgoing(intent)
                })
                .collect();
            if some.is_empty() {
                return sending.finish().await;
            }
            for message in some {
                sending.send(message).await;
            }
        }
    }

    fn outgoing(&self, intent: &Intent) -> Result<Outgoing, BoxError> {
        let envelope = Envelope::from_intent(intent, self.inner.keys.as_ref())?;
        let unique_key = unique_key(intent);
        let names = &self.inner.names;
        Ok(Outgoing::new(&envelope, unique_key.as_deref(), names)?)
    }

    async fn send(&self, message: Result<Outgoing, BoxError>) -> Sent {
        let outgoing = match message {
            Ok(outgoing) => outgoing,
            Err(error) => return Sent::NoMessage(error),
        };
        let retry_copy = outgoing.has_key.then(|| outgoing.clone());
        let Outgoing {
            subject, message, ..
        } = outgoing;
        match self.inner.context.send_publish(subject, message).await {
            Ok(answer) => Sent::Unanswered {
                answer,
                until: Instant::now() + ANSWER_WITHIN,
                retry_copy: retry_copy.map(Box::new),
            },
            Err(error) => Sent::Failed(error),
        }
    }

    async fn answer(&self, sent: Sent) -> Receipt {
        let (answer, until, retry_copy) = match sent {
            Sent::Unanswered {
                answer,
                until,
                retry_copy,
            } => (answer, until, retry_copy),
            Sent::Failed(error) => return Receipt::Rejected(self.in_words(&error)),
            Sent::NoMessage(error) => return Receipt::Rejected(error),
        };
        // The timeout of an answer starts when its message is sent. After one answer has timed out, those behind it do
        // not wait again.
        let answered = match Instant::now() < until {
            true => answer.await,
            false => answer
                .into_future()
                .now_or_never()
                .unwrap_or_else(|| Err(PublishError::new(PublishErrorKind::TimedOut))),
        };
        match (answered, retry_copy) {
            (Ok(answer), _) if answer.duplicate => Receipt::Duplicate {
                reason: "it has been published before".to_owned(),
            },
            (Ok(_), _) => Receipt::Accepted,
            (Err(error), Some(_)) if error.kind() == PublishErrorKind::WrongLastSequence => {
                Receipt::Duplicate {
                    reason: "one with the same key waits or is performed".to_owned(),
                }
            }
            // Replicas are about to store another message with the same key. That may still fail, so this is not a
            // duplicate yet.
            (Err(error), Some(retry_copy)) if is_undecided(&error) && Instant::now() < until => {
                tokio::time::sleep(UNDECIDED).await;
                let mut sent = self.send(Ok(*retry_copy)).await;
                if let Sent::Unanswered { until: limit, .. } = &mut sent {
                    *limit = until;
                }
                Box::pin(self.answer(sent)).await
            }
            (Err(error), _) => Receipt::Rejected(self.in_words(&error)),
        }
    }

    fn in_words(&self, error: &PublishError) -> BoxError {
        let stream = self.inner.names.stream();
        match error.kind() {
            PublishErrorKind::StreamNotFound => format!(
                "no server answers for the stream `{stream}`: start its servers, or create the stream by `ensure_stream`"
            )
            .into(),
            PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => format!(
                "the server has not answered, so it is unknown whether it has the intent; it recognises the intent if it is published again within {:?}: {error}",
                self.inner.settings.recognise_for
            )
            .into(),
            _ => format!("the server refused it: {error}").into(),
        }
    }
}

/// Returns whether another message with the key is being stored.
fn is_undecided(error: &PublishError) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<jetstream::Error>() {
            return error.error_code() == ErrorCode::STREAM_WRONG_LAST_SEQUENCE_CONSTANT;
        }
        source = error.source();
    }
    false
}

/// Messages in flight, in order, and the receipts of the messages before them.
struct Sending<'a> {
    nats: &'a Nats,
    unanswered: VecDeque<Sent>,
    receipts: Vec<Receipt>,
}

impl<'a> Sending<'a> {
    fn new(nats: &'a Nats) -> Self {
        Self {
            nats,
            unanswered: VecDeque::new(),
            receipts: Vec::new(),
        }
    }

    /// Sends a message. If the window is full, waits for the answer to the first one.
    async fn send(&mut self, message: Result<Outgoing, BoxError>) {
        if self.unanswered.len() >= self.nats.inner.settings.window
            && let Some(first) = self.unanswered.pop_front()
        {
            self.receipts.push(self.nats.answer(first).await);
        }
        self.unanswered.push_back(self.nats.send(message).await);
    }

    async fn finish(mut self) -> Vec<Receipt> {
        for left in self.unanswered {
            self.receipts.push(self.nats.answer(left).await);
        }
        self.receipts
    }
}

/// The result of sending a message.
enum Sent {
    Unanswered {
        answer: PublishAckFuture,
        until: Instant,
        /// A copy of the message, if it has a key.
        retry_copy: Option<Box<Outgoing>>,
    },
    Failed(PublishError),
    NoMessage(BoxError),
}

impl Executor for Nats {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        self.capabilities().check(intent)
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.fail_rest(
            "publishing a durable effect has to be awaited: end its scope with an async boundary, `run_async` or `flush_async`",
        );
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let receipts = self.publish(batch).await;
            batch.complete_in_order(receipts);
        })
    }

    fn only_durable(&self) -> bool {
        true
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity::new(&self.inner))
    }

    fn name(&self) -> Cow<'static, str> {
        "nats".into()
    }
}

impl Forward for Nats {
    fn capabilities(&self) -> Capabilities {
        Nats::capabilities(self)
    }

    fn forward<'a>(
        &'a self,
        envelope: &'a Envelope,
        unique_key: Option<String>,
    ) -> BoxFuture<'a, Result<Receipt, BoxError>> {
        Box::pin(async move {
            // Fail fast: River forwards the intent later.
            if self.inner.context.client().connection_state() != State::Connected {
                return Err("there is no connection to NATS".into());
            }
            let outgoing = Outgoing::new(envelope, unique_key.as_deref(), &self.inner.names)?;
            let sent = self.send(Ok(outgoing)).await;
            match self.answer(sent).await {
                Receipt::Rejected(error) => Err(error),
                receipt => Ok(receipt),
            }
        })
    }
}
