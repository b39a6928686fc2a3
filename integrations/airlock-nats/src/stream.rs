//! The streams: their settings, and their creation.

use std::sync::atomic::Ordering;

use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::{Config, RetentionPolicy, StorageType};

use crate::check::shortfalls;
use crate::{Nats, WorkerError};

/// The settings of a stream, for operators who create it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamSettings {
    /// The stream's name.
    pub name: String,
    /// The stream's settings, in the format of `nats stream add --config`.
    pub json: String,
}

impl Nats {
    /// Creates the missing streams: one for intents to be performed, and one for dead intents. Existing streams are not
    /// changed. Logs a warning if the stream guarantees less than durable effects expect.
    ///
    /// # Errors
    ///
    /// Returns the error of the server.
    pub async fn ensure_stream(&self) -> Result<(), WorkerError> {
        let names = &self.inner.names;
        for name in [names.stream().to_owned(), names.dead_stream()] {
            match self.config_of(&name).await {
                Ok(_) => {}
                Err(WorkerError::NoStream { .. }) => self.create(&name).await?,
                Err(error) => return Err(error),
            }
        }
        self.warn().await
    }

    /// Returns the settings of the streams, for operators who create them.
    pub fn stream_settings(&self) -> Vec<StreamSettings> {
        let settings = |config: Config| StreamSettings {
            json: serde_json::to_string_pretty(&config).unwrap_or_default(),
            name: config.name,
        };
        self.streams().into_iter().map(settings).collect()
    }

    /// Returns the guarantees that durable effects expect and the stream does not provide, as phrases that follow "the
    /// stream". Empty if there are none.
    ///
    /// # Errors
    ///
    /// Returns a [`WorkerError`] if a stream does not exist, or if the server cannot be reached.
    pub async fn shortfalls(&self) -> Result<Vec<String>, WorkerError> {
        let actual = self.config_of(self.inner.names.stream()).await?;
        self.config_of(&self.inner.names.dead_stream()).await?;
        self.inner
            .server
            .note_stream(actual.allow_message_schedules);
        let could_delay = self.inner.server.version_has_schedules();
        Ok(shortfalls(&actual, &self.inner.settings, could_delay))
    }

    /// Logs the missing guarantees of the stream in one sentence, once.
    pub(crate) async fn warn(&self) -> Result<(), WorkerError> {
        let shortfalls = self.shortfalls().await?;
        let is_new = !self.inner.has_warned.swap(true, Ordering::Relaxed);
        if is_new && !shortfalls.is_empty() {
            tracing::warn!(
                target: "airlock",
                "the stream `{}` promises less than durable effects expect: it {}",
                self.inner.names.stream(),
                shortfalls.join(", and it "),
            );
        }
        Ok(())
    }

    async fn create(&self, name: &str) -> Result<(), WorkerError> {
        // Build the settings only now: before the server has answered, it is unknown whether it has schedules.
        for config in self.streams().into_iter().filter(|it| it.name == name) {
            // Another process may have created it in the meantime.
            let created = self.inner.context.get_or_create_stream(config).await;
            created.map_err(|error| {
                WorkerError::server(format!("creating the stream `{name}`"), error)
            })?;
        }
        Ok(())
    }

    async fn config_of(&self, name: &str) -> Result<Config, WorkerError> {
        let stream = self.inner.context.get_stream(name).await;
        let stream = stream.map_err(|error| match error.kind() {
            GetStreamErrorKind::JetStream(said) if said.code() == 404 => WorkerError::NoStream {
                stream: name.to_owned(),
            },
            _ => WorkerError::server(format!("looking at the stream `{name}`"), error),
        })?;
        Ok(stream.cached_info().config.clone())
    }

    fn streams(&self) -> [Config; 2] {
        let (names, settings) = (&self.inner.names, &self.inner.settings);
        let common = Config {
            storage: StorageType::File,
            num_replicas: settings.replicas,
            duplicate_window: settings.recognise_for,
            allow_direct: true,
            ..Config::default()
        };
        let work = Config {
            name: names.stream().to_owned(),
            description: Some("Durable effects that are to be performed".to_owned()),
            subjects: vec![names.all_subjects()],
            // Performed intents are removed, and nothing else ever is.
            retention: RetentionPolicy::WorkQueue,
            allow_message_schedules: self.inner.server.has_schedules(),
            ..common.clone()
        };
        let dead = Config {
            name: names.dead_stream(),
            description: Some("Durable effects that are not tried again".to_owned()),
            subjects: vec![names.all_dead_subjects()],
            retention: RetentionPolicy::Limits,
            ..common
        };
        [work, dead]
    }
}
