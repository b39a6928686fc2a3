//! Handing over to another thread.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};

use crate::executor::{Batch, Delivery, Executor, Identity};

/// Sends each delivery through a bounded channel of the standard library, for a thread of yours to
/// perform. Across a crash: at most once.
///
/// It never waits: when the channel is full or its receiver is gone, the intent fails and is handed
/// back. The receiver handles delays: see [`Intent::schedule`](crate::Intent::schedule). Clones send to
/// the same receiver, and count as one executor.
///
/// ```
/// # use airlock_core as airlock;
/// use airlock::executor::Channel;
///
/// let (channel, deliveries) = Channel::bounded(1_000);
/// let worker = std::thread::spawn(move || {
///     for delivery in deliveries {
///         if let Err(error) = delivery.perform() {
///             eprintln!("{}", error.report());
///         }
///     }
/// });
/// airlock::scope().executor(channel).run_infallible(|_| { /* .. */ })?;
/// # drop(worker);
/// # Ok::<(), airlock::FlushError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Channel {
    sender: Arc<SyncSender<Delivery>>,
}

/// The receiving end of a [`Channel`]: iterate over it to wait for deliveries.
pub type Deliveries = Receiver<Delivery>;

impl Channel {
    /// A channel that holds at most `capacity` deliveries.
    pub fn bounded(capacity: usize) -> (Self, Deliveries) {
        let (sender, receiver) = mpsc::sync_channel(capacity);
        let sender = Arc::new(sender);
        (Self { sender }, receiver)
    }
}

impl Executor for Channel {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.hand_over(|delivery| {
            self.sender.try_send(delivery).map_err(|error| match error {
                TrySendError::Full(delivery) => (delivery, "the channel is full".into()),
                TrySendError::Disconnected(delivery) => {
                    (delivery, "the receiver of the channel is gone".into())
                }
            })
        });
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity::new(&self.sender))
    }

    fn name(&self) -> Cow<'static, str> {
        "channel".into()
    }
}
