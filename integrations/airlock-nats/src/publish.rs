//! Publishing: a window of messages is on its way, and each is answered for.

use std::borrow::Cow;
use std::collections::VecDeque;

use airlock_core::executor::{Batch, Executor, Identity};
use airlock_core::{BoxError, BoxFuture, Intent, Receipt};
use airlock_durable::{Capabilities, Envelope, Forward, unique_key};
use async_nats::jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind};
use futures_util::FutureExt as _;

use crate::Nats;
use crate::message::Outgoing;

impl Nats {
    /// The messages of all intents of a batch, in order.
    pub(crate) fn outgoing(&self, batch: &Batch<'_>) -> Vec<Result<Outgoing, BoxError>> {
        let message = |intent: &Intent| {
            let envelope = Envelope::of(intent, self.inner.keys.as_ref())?;
            let unique_key = unique_key(intent);
            let names = &self.inner.names;
            Ok(Outgoing::of(&envelope, unique_key.as_deref(), names)?)
        };
        batch.intents().map(message).collect()
    }

    /// Sends messages in order, and tells what became of each.
    pub(crate) async fn send_all(&self, messages: Vec<Result<Outgoing, BoxError>>) -> Vec<Receipt> {
        let mut receipts = Vec::with_capacity(messages.len());
        let mut unanswered: VecDeque<Unanswered> = VecDeque::new();
        for message in messages {
            // Answers are taken as they come: those that nobody takes would hold up the sending.
            while let Some(answer) = unanswered
                .front_mut()
                .and_then(|it| (&mut it.answer).now_or_never())
            {
                let Some(answered) = unanswered.pop_front() else {
                    break;
                };
                receipts.push(self.receipt(answer, answered.has_key));
            }
            if unanswered.len() >= self.inner.settings.window
                && let Some(first) = unanswered.pop_front()
            {
                let answer = first.answer.await;
                receipts.push(self.receipt(answer, first.has_key));
            }
            unanswered.push_back(self.send(message).await);
        }
        for left in unanswered {
            let answer = left.answer.await;
            receipts.push(self.receipt(answer, left.has_key));
        }
        receipts
    }

    async fn send(&self, message: Result<Outgoing, BoxError>) -> Unanswered {
        let outgoing = match message {
            Ok(outgoing) => outgoing,
            Err(error) => return Unanswered::failed(error),
        };
        let has_key = outgoing.has_key;
        let context = &self.inner.context;
        match context
            .send_publish(outgoing.subject, outgoing.message)
            .await
        {
            Ok(answer) => Unanswered {
                answer: answered(answer).boxed(),
                has_key,
            },
            Err(error) => Unanswered {
                answer: std::future::ready(Err(Failed::Publish(error))).boxed(),
                has_key,
            },
        }
    }

    fn receipt(&self, answer: Answer, has_key: bool) -> Receipt {
        match answer {
            Ok(false) => Receipt::Accepted,
            Ok(true) => Receipt::Duplicate {
                reason: "it has been published before".to_owned(),
            },
            Err(Failed::Publish(error)) => match error.kind() {
                PublishErrorKind::WrongLastSequence if has_key => Receipt::Duplicate {
                    reason: "one with the same key waits or is performed".to_owned(),
                },
                _ => Receipt::Rejected(self.in_words(error)),
            },
            Err(Failed::NoMessage(error)) => Receipt::Rejected(error),
        }
    }

    fn in_words(&self, error: PublishError) -> BoxError {
        let stream = self.inner.names.stream();
        match error.kind() {
            PublishErrorKind::StreamNotFound => format!(
                "no server has the stream `{stream}` just now: start one, or create the stream by `ensure_stream`"
            )
            .into(),
            PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => format!(
                "the server has not answered, so that nobody knows whether it has the intent; within {:?} it recognises the intent if that is published again: {error}",
                self.inner.settings.recognise_for
            )
            .into(),
            _ => error.into(),
        }
    }
}

/// A message on its way.
struct Unanswered {
    answer: futures_util::future::BoxFuture<'static, Answer>,
    has_key: bool,
}

/// Whether it is a duplicate.
type Answer = Result<bool, Failed>;

enum Failed {
    NoMessage(BoxError),
    Publish(PublishError),
}

impl Unanswered {
    fn failed(error: BoxError) -> Self {
        Self {
            answer: std::future::ready(Err(Failed::NoMessage(error))).boxed(),
            has_key: false,
        }
    }
}

async fn answered(answer: PublishAckFuture) -> Answer {
    match answer.await {
        Ok(answer) => Ok(answer.duplicate),
        Err(error) => Err(Failed::Publish(error)),
    }
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
        let messages = self.outgoing(batch);
        Box::pin(async move {
            let receipts = self.send_all(messages).await;
            batch.settle_in_order(receipts);
        })
    }

    fn only_durable(&self) -> bool {
        true
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity::of(&self.inner))
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
            let outgoing = Outgoing::of(envelope, unique_key.as_deref(), &self.inner.names)?;
            let sent = self.send_all(vec![Ok(outgoing)]).await.pop();
            match sent {
                Some(Receipt::Rejected(error)) => Err(error),
                Some(receipt) => Ok(receipt),
                None => Err("nothing was sent".into()),
            }
        })
    }
}
