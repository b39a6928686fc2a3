//! The capabilities of an engine, so that an unsupported intent is rejected where it is enqueued.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::time::Duration;

use airlock_core::{Intent, Schedule};

/// The capabilities of an engine. They are checked at each enqueue: see [`Executor::accepts`].
///
/// [`Executor::accepts`]: airlock_core::executor::Executor::accepts
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Capabilities {
    /// The engine's name, for messages.
    pub engine: &'static str,
    /// `true` if the engine can delay intents.
    pub delay: bool,
    /// The priorities that the engine supports; a higher one runs sooner. `None` if it has no priorities.
    pub priorities: Option<RangeInclusive<i16>>,
    /// The time within which the engine recognises a second intent with the same key.
    pub dedupe: Dedupe,
    /// The time within which the engine recognises an intent that is handed over again, by its id. `None` if it always
    /// does.
    pub recognises_for: Option<Duration>,
    /// `true` if the engine performs intents with the same ordering key one after the other.
    pub ordering: bool,
    /// The maximum size of the encoded arguments of an intent, in bytes. `None` if only memory limits it. An engine with a
    /// limit for messages leaves room for the rest of the envelope.
    pub max_argument_bytes: Option<usize>,
    /// The maximum length of an effect's id, in bytes.
    pub max_id_bytes: usize,
    /// The maximum length of a queue's name, in bytes.
    pub max_queue_bytes: usize,
    /// `true` if queue names may contain only letters, digits, `-` and `_`.
    pub plain_queues: bool,
}

/// The time within which an engine recognises a second intent with the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dedupe {
    /// The engine never recognises it.
    Never,
    /// While the first intent is pending or running.
    WhileUnfinished,
    /// For this long after the first intent.
    Within(Duration),
}

impl Capabilities {
    /// Returns the capabilities of an engine without any optional feature or limit.
    pub fn new(engine: &'static str) -> Self {
        Self {
            engine,
            delay: false,
            priorities: None,
            dedupe: Dedupe::Never,
            recognises_for: None,
            ordering: false,
            max_argument_bytes: None,
            max_id_bytes: usize::MAX,
            max_queue_bytes: usize::MAX,
            plain_queues: false,
        }
    }

    /// Checks that the engine can take an intent.
    ///
    /// # Errors
    ///
    /// Returns the reason, and what to do instead.
    pub fn check(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        let engine = self.engine;
        let refuse = |reason: String| Err(Cow::Owned(reason));
        if !self.delay && intent.schedule() != Schedule::Now {
            return refuse(format!(
                "{engine} cannot delay: drop `.after(..)` or `.run_at(..)`"
            ));
        }
        if let Some(priority) = intent.priority() {
            match &self.priorities {
                Some(range) if range.contains(&priority) => {}
                Some(range) => {
                    return refuse(format!(
                        "{engine} has the priorities {} to {}, and this is {priority}",
                        range.start(),
                        range.end()
                    ));
                }
                None => return refuse(format!("{engine} has no priorities: drop the priority")),
            }
        }
        if !self.ordering && intent.ordering_key().is_some() {
            return refuse(format!(
                "{engine} keeps no order among the intents of one key: drop `.in_order_of(..)`, or let one effect do the work in order"
            ));
        }
        if self.dedupe == Dedupe::Never && intent.key().is_some() {
            return refuse(format!("{engine} does not recognise keys: drop the key"));
        }
        let id = intent.effect().id();
        if id.len() > self.max_id_bytes {
            return refuse(format!(
                "{engine} takes ids of at most {} bytes: give the effect a shorter `name`",
                self.max_id_bytes
            ));
        }
        if let Some(queue) = intent.queue() {
            queue_fits(self, queue).map_err(Cow::Owned)?;
        }
        if let Some(limit) = self.max_argument_bytes {
            let size = intent.encode().map_or(0, |text| text.len());
            if size > limit {
                return refuse(format!(
                    "{engine} takes arguments of at most {limit} bytes, and these have {size}: store the data and pass its id"
                ));
            }
        }
        Ok(())
    }
}

/// Checks that an engine supports a queue with this name.
///
/// # Errors
///
/// Returns the reason, and what to do instead.
pub fn queue_fits(capabilities: &Capabilities, queue: &str) -> Result<(), String> {
    let (engine, limit) = (capabilities.engine, capabilities.max_queue_bytes);
    if queue.is_empty() || queue.len() > limit {
        let length = queue.len();
        return Err(format!(
            "{engine} accepts queue names of 1 to {limit} bytes, and this one has {length}"
        ));
    }
    match capabilities.plain_queues && !is_plain_name(queue) {
        true => Err(format!(
            "{engine} accepts only letters, digits, `-` and `_` in queue names, and this one is `{queue}`"
        )),
        false => Ok(()),
    }
}

/// Returns whether a name is not empty and contains only letters, digits, `-` and `_`.
pub fn is_plain_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !name.is_empty() && name.bytes().all(is_plain)
}
