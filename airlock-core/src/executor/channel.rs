//! An executor that hands deliveries to another thread.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};

use crate::executor::{Batch, Delivery, Executor, Identity};

/// An executor that sends each delivery through a bounded channel of the standard library. A thread
/// of the program receives and performs it. Across a crash: at most once.
///
/// It never blocks: if the channel is full or its receiver is gone, the intent fails and is handed
/// back. It accepts delayed intents, and the receiver must honour the delay; see
/// [`Intent::schedule`](crate::IntentInfo::schedule). Clones send to the same receiver, and count as
/// one executor.
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
    // In an `Arc`, whose address is the identity that clones share.
    sender: Arc<SyncSender<Delivery>>,
}

/// The receiving end of a [`Channel`]. Iterate over it to wait for deliveries.
pub type Deliveries = Receiver<Delivery>;

impl Channel {
    /// Creates a channel that holds at most `capacity` deliveries, and returns both ends.
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
