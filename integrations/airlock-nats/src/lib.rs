//! Durable effects of airlock on [NATS JetStream](https://docs.nats.io/nats-concepts/jetstream): a replicated log of
//! intents. Any number of machines perform them, and other programs can read them.
//!
//! [`Nats`] publishes the intents of durable effects as messages, and waits for the server's answer to each. A
//! [worker](Nats::worker) on any machine performs them. To record intents in the caller's own transaction first,
//! forward them from River: `River::builder(..).forward_all(nats)`.

mod check;
mod dead;
mod error;
mod handle;
mod message;
mod perform;
mod publish;
mod pull;
mod server;
mod stream;
mod subject;
mod worker;

pub use airlock_durable::{Keys, SealError};
pub use async_nats;

pub use self::error::{BuildError, WorkerError};
pub use self::handle::{Nats, NatsBuilder};
pub use self::stream::StreamSettings;
pub use self::worker::{Running, WorkerBuilder};
