//! The suite of tests for every engine.

use std::sync::Arc;
use std::time::Duration;

use airlock::executor::{BoxFuture, Executor};
use airlock::nats::async_nats::jetstream::{self, Context, stream};
use airlock::nats::{Nats, Running};
use airlock::{Airlock, BoxError};
use airlock_durable::suite::{Dead, Subject, Worker};
use airlock_durable::{Capabilities, Envelope};
use tokio::runtime::Runtime;

use crate::world;

airlock_durable::engine_suite!(NatsSubject::new);

struct NatsSubject {
    name: String,
    nats: Nats,
    context: Context,
}

impl NatsSubject {
    async fn new() -> Self {
        let name = world::new_name();
        let nats = world::builder(&name).await.build().expect("a nats");
        nats.ensure_stream().await.expect("streams");
        let context = jetstream::new(world::connect().await);
        Self {
            name,
            nats,
            context,
        }
    }

    async fn state(&self) -> Result<stream::State, BoxError> {
        let stream = self.context.get_stream(&self.name).await?;
        Ok(stream.cached_info().state.clone())
    }

    /// Returns all messages of a stream: the message id, the reason of a dead letter, and the text.
    async fn messages(&self, stream: &str) -> Result<Vec<(String, String, String)>, BoxError> {
        let stream = self.context.get_stream(stream).await?;
        let state = &stream.cached_info().state;
        let mut messages = Vec::new();
        for sequence in state.first_sequence..=state.last_sequence {
            // Performed messages are gone.
            let Ok(message) = stream.get_raw_message(sequence).await else {
                continue;
            };
            let header = |name| message.headers.get(name).map(|it| it.as_str().to_owned());
            messages.push((
                header("Nats-Msg-Id").unwrap_or_default(),
                header("Airlock-Reason").unwrap_or_default(),
                String::from_utf8(message.payload.to_vec())?,
            ));
        }
        Ok(messages)
    }
}

impl Subject for NatsSubject {
    fn capabilities(&self) -> Capabilities {
        self.nats.capabilities()
    }

    fn executor(&self) -> Arc<dyn Executor> {
        Arc::new(self.nats.clone())
    }

    fn store<'a>(
        &'a self,
        enqueue: Box<dyn FnOnce() + Send + 'a>,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(async move {
            let scope = airlock::scope().executor(self.nats.clone());
            scope.run_infallible_async(async move |_| enqueue()).await?;
            Ok(())
        })
    }

    fn store_envelope(&self, envelope: Envelope) -> BoxFuture<'_, Result<(), BoxError>> {
        Box::pin(async move {
            let subject = format!("{}.run.default.{}", self.name, envelope.effect);
            let text = envelope.to_json()?;
            self.context.publish(subject, text.into()).await?.await?;
            Ok(())
        })
    }

    fn stored_text(&self) -> BoxFuture<'_, Result<String, BoxError>> {
        Box::pin(async move {
            let messages = self.messages(&self.name).await?;
            Ok(messages.into_iter().map(|it| it.2 + "\n").collect())
        })
    }

    fn work(&self, airlock: Airlock) -> BoxFuture<'_, Result<Box<dyn Worker>, BoxError>> {
        let name = self.name.clone();
        Box::pin(async move {
            // Uses a separate runtime, which can be dropped at once.
            let started = tokio::task::spawn_blocking(move || OwnRuntime::start(&name, airlock));
            let worker: Box<dyn Worker> = Box::new(started.await?);
            Ok(worker)
        })
    }

    fn dead(&self) -> BoxFuture<'_, Result<Vec<Dead>, BoxError>> {
        Box::pin(async move {
            let messages = self.messages(&format!("{}-dead", self.name)).await?;
            let dead = messages.into_iter().map(|(id, reason, text)| Dead {
                id: id.split('/').next().and_then(|id| id.parse().ok()),
                effect: Envelope::from_json(&text).map_or(String::new(), |it| it.effect),
                reason,
            });
            Ok(dead.collect())
        })
    }

    fn unfinished(&self) -> BoxFuture<'_, Result<usize, BoxError>> {
        Box::pin(async move { Ok(usize::try_from(self.state().await?.messages)?) })
    }

    fn break_hand_over(&self, broken: bool) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let stream = self.context.get_stream(&self.name).await.expect("a stream");
            let mut config = stream.cached_info().config.clone();
            let subjects = match broken {
                true => "away",
                false => self.name.as_str(),
            };
            config.subjects = vec![format!("{subjects}.>")];
            self.context.update_stream(config).await.expect("an update");
        })
    }
}

/// A worker whose tasks can be dropped all at once.
struct OwnRuntime {
    runtime: Runtime,
    running: Running,
}

impl OwnRuntime {
    fn start(name: &str, airlock: Airlock) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let running = runtime.block_on(async {
            let nats = world::builder(name).await.build().expect("a nats");
            let worker = nats.worker(airlock).lost_after(Duration::from_secs(1));
            let worker = worker.stop_within(Duration::from_millis(100));
            worker.start().await.expect("a worker")
        });
        Self { runtime, running }
    }
}

impl Worker for OwnRuntime {
    fn stop(self: Box<Self>) -> BoxFuture<'static, Result<(), BoxError>> {
        Box::pin(async move {
            let Self { runtime, running } = *self;
            let stopped = runtime.spawn(running.stop()).await;
            runtime.shutdown_background();
            Ok(stopped?)
        })
    }

    fn kill(self: Box<Self>) {
        let Self { runtime, running } = *self;
        runtime.shutdown_background();
        drop(running);
    }
}
