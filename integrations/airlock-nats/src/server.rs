//! What the server that the client is connected to can do.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_nats::{Client, Statistics};

/// The version of the server that has schedules.
const SCHEDULES: (i64, i64, i64) = (2, 12, 0);

/// Each enqueue asks. The client copies all that the server has said, and parses its version, each time; so the answer is
/// kept until the client connects again.
#[derive(Debug)]
pub(crate) struct Server {
    client: Client,
    statistics: Arc<Statistics>,
    /// How often the client had connected when it was asked.
    seen: AtomicU64,
    has_schedules: AtomicBool,
    /// Whether the stream was seen to refuse schedules.
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

    /// How often the client has connected.
    pub(crate) fn connects(&self) -> u64 {
        self.statistics.connects.load(Ordering::Relaxed)
    }

    /// Whether a message can be published later.
    pub(crate) fn has_schedules(&self) -> bool {
        self.version_has_schedules() && !self.stream_has_none.load(Ordering::Relaxed)
    }

    /// Whether the server could do that, if the stream let it.
    pub(crate) fn version_has_schedules(&self) -> bool {
        let connects = self.connects();
        if self.seen.load(Ordering::Acquire) != connects {
            if self.client.try_server_info().is_none() {
                // Before the first connection nobody knows. A server that has none refuses what is published to it.
                return true;
            }
            let (major, minor, patch) = SCHEDULES;
            let has_schedules = self.client.is_server_compatible(major, minor, patch);
            self.has_schedules.store(has_schedules, Ordering::Relaxed);
            self.seen.store(connects, Ordering::Release);
        }
        self.has_schedules.load(Ordering::Relaxed)
    }

    /// The size of a message, in bytes.
    pub(crate) fn max_payload(&self) -> usize {
        self.client.max_payload()
    }

    /// Notes whether the stream takes schedules.
    pub(crate) fn note_stream(&self, has_schedules: bool) {
        self.stream_has_none
            .store(!has_schedules, Ordering::Relaxed);
    }
}
