//! What an intent may ask for beyond its arguments.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::effect::Key;

/// Under which outcome of its scope an intent leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FireOn {
    /// When the scope succeeds.
    #[default]
    Success,
    /// When the scope fails: `Err`, panic or cancellation.
    Failure,
    /// Either way.
    Always,
}

/// When an intent may be performed at the earliest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Schedule {
    /// As soon as it is dispatched.
    #[default]
    Now,
    /// This long after it is dispatched.
    After(Duration),
    /// At this time.
    At(SystemTime),
}

impl Schedule {
    /// How long to wait from `now`.
    pub fn delay_from(self, now: SystemTime) -> Duration {
        match self {
            Schedule::Now => Duration::ZERO,
            Schedule::After(delay) => delay,
            Schedule::At(time) => time.duration_since(now).unwrap_or_default(),
        }
    }
}

/// The options of one intent. What is not set falls back to what the effect declares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) struct Options {
    /// When it may be performed at the earliest.
    pub schedule: Schedule,
    /// The queue for executors that have queues.
    pub queue: Option<Cow<'static, str>>,
    /// The priority for executors that have priorities; higher is sooner. It does not change the
    /// order in a buffer.
    pub priority: Option<i16>,
    /// The key that replaces the effect's own.
    pub key: Option<Key>,
    /// Under which outcome the intent leaves.
    pub fire_on: FireOn,
    /// Intents with one ordering key are performed one after the other, by engines that can do that.
    pub ordering_key: Option<Cow<'static, str>>,
    /// What goes with the intent to whoever performs it, such as a tenant.
    pub headers: BTreeMap<String, String>,
}
