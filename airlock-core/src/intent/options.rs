//! The options of an intent.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::effect::Key;

/// The outcome of its scope under which an intent leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FireOn {
    /// When the scope succeeds.
    #[default]
    Success,
    /// When the scope fails: `Err`, panic or cancellation.
    Failure,
    /// In both cases.
    Always,
}

/// The earliest time at which an intent may be performed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Schedule {
    /// Immediately after its dispatch.
    #[default]
    Now,
    /// This long after its dispatch.
    After(Duration),
    /// At this time.
    At(SystemTime),
}

impl Schedule {
    /// Describes the delay in words that are the same in each run.
    pub(crate) fn in_words(self) -> String {
        match self {
            Schedule::Now => String::new(),
            Schedule::After(delay) => format!("after {delay:?}"),
            Schedule::At(_) => "at a set time".to_owned(),
        }
    }

    /// Returns the remaining delay at `now`.
    pub fn delay_from(self, now: SystemTime) -> Duration {
        match self {
            Schedule::Now => Duration::ZERO,
            Schedule::After(delay) => delay,
            Schedule::At(time) => time.duration_since(now).unwrap_or_default(),
        }
    }
}

impl FireOn {
    /// Describes the outcome in words. Empty for the default.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            FireOn::Success => "",
            FireOn::Failure => "on failure",
            FireOn::Always => "always",
        }
    }
}

/// The options of one intent. The effect's declaration is the default for queue, priority and key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// The earliest time at which it may be performed.
    pub schedule: Schedule,
    /// The queue, for executors that have queues.
    pub queue: Option<Cow<'static, str>>,
    /// The priority, for executors that have priorities. Higher is sooner. It does not change the order in a
    /// buffer.
    pub priority: Option<i16>,
    /// The key that replaces the effect's own.
    pub key: Option<Key>,
    /// The outcome of the scope under which the intent leaves.
    pub fire_on: FireOn,
    /// The ordering key. Engines that support it perform intents with the same one in order, one at a time.
    pub ordering_key: Option<Cow<'static, str>>,
    /// Headers for the body of the effect, such as a tenant.
    pub headers: BTreeMap<String, String>,
}
