//! The features of the server that the client is connected to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_nats::{Client, Statistics};

/// The first version of the server that has schedules.
const SCHEDULES: (i64, i64, i64) = (2, 12, 0);

/// A cache of the server's features, which each enqueue reads. The client would copy the server's whole description and
/// parse its version each time. The cached value is valid until the client connects again.
#[derive(Debug)]
pub(crate) struct Server {
    client: Client,
    statistics: Arc<Statistics>,
    /// The number of connections that the client had made when the features were read.
    seen: AtomicU64,
    has_schedules: AtomicBool,
    /// `true` if the stream was seen to reject schedules.
    stream_has_none: AtomicBool,
}

impl Server {
    pub(crate) fn new(client: Client) -> Self {
        Self {
            statistics: client.statistics(),
            client,
            seen: AtomicU64::new(u64::MAX),
            has_schedules: AtomicBool::new(false),
            stream_has_none: AtomicBool::new(false),
        }
    }

    /// Returns the number of times that the client has connected.
    pub(crate) fn connects(&self) -> u64 {
        self.statistics.connects.load(Ordering::Relaxed)
    }

    /// Returns whether messages can be published later.
    pub(crate) fn has_schedules(&self) -> bool {
        self.version_has_schedules() && !self.stream_has_none.load(Ordering::Relaxed)
    }

    /// Returns whether the server supports schedules, regardless of the stream's settings.
    pub(crate) fn version_has_schedules(&self) -> bool {
        let connects = self.connects();
        if self.seen.load(Ordering::Acquire) != connects {
            if self.client.try_server_info().is_none() {
                // Unknown before the first connection. A server without schedules rejects the messages when they are
                // published.
                return true;
            }
            let (major, minor, patch) = SCHEDULES;
            let has_schedules = self.client.is_server_compatible(major, minor, patch);
            self.has_schedules.store(has_schedules, Ordering::Relaxed);
            self.seen.store(connects, Ordering::Release);
        }
        self.has_schedules.load(Ordering::Relaxed)
    }

    /// Returns the maximum size of a message, in bytes.
    pub(crate) fn max_payload(&self) -> usize {
        self.client.max_payload()
    }

    /// Records whether the stream accepts schedules.
    pub(crate) fn note_stream(&self, has_schedules: bool) {
        self.stream_has_none
            .store(!has_schedules, Ordering::Relaxed);
    }
}
