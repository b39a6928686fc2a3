//! What is known of an effect or a boundary without running anything.

use std::any::TypeId;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::effect::Codec;

/// What an effect's declaration says: its row in the catalogue.
///
/// Two descriptors are equal when they come from the same declaration, whatever their ids are.
#[derive(Clone, Copy)]
pub struct EffectDescriptor {
    /// The identity of the declaration: each has an intent type of its own.
    pub(crate) intent_type: TypeId,
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) intent: &'static str,
    pub(crate) package: &'static str,
    pub(crate) module: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) docs: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) arguments: &'static [Argument],
    pub(crate) resources: &'static [ResourceNeed],
    pub(crate) tags: &'static [&'static str],
    pub(crate) queue: Option<&'static str>,
    pub(crate) priority: Option<i16>,
    pub(crate) key: Option<&'static str>,
    /// Whether the key is made of an argument that is kept out of sight.
    pub(crate) key_redacted: bool,
    pub(crate) coalesce: Coalesce,
    pub(crate) retry: Option<RetryRule>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) codec: Option<Codec>,
    pub(crate) is_async: bool,
    pub(crate) fallible: bool,
    pub(crate) batch: bool,
    pub(crate) once: bool,
    /// Whether one call performs it, without awaiting or trying again.
    pub(crate) simple: bool,
    /// Whether its arguments have a destructor that does something.
    pub(crate) needs_drop: bool,
}

/// Which of several intents with one key is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coalesce {
    /// The one enqueued first.
    First,
    /// The one enqueued last, with the freshest arguments.
    #[default]
    Last,
}

impl EffectDescriptor {
    /// Whether a flush looks for other intents of it: those with its key, or those of its batch.
    #[inline]
    pub(crate) const fn is_grouped(&self) -> bool {
        self.key.is_some() || self.batch
    }

    /// The id: the attribute's `name`, or crate, modules and function
    /// (`shop.orders.send_confirmation`).
    ///
    /// A durable effect always declares a `name`, since the other changes when the function moves.
    #[inline]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The function's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The name of the intent type.
    pub fn intent(&self) -> &'static str {
        self.intent
    }

    /// The package that declares it.
    pub fn package(&self) -> &'static str {
        self.package
    }

    /// The module that declares it.
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// The file that declares it, as the compiler was given it.
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// The line of its name, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column of its name, from 1.
    pub fn column(&self) -> u32 {
        self.column
    }

    /// Its doc comment.
    pub fn docs(&self) -> &'static str {
        self.docs
    }

    /// Ids that it had before.
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// What an intent holds, in order.
    pub fn arguments(&self) -> &'static [Argument] {
        self.arguments
    }

    /// What its body needs from [`Resources`](crate::Resources).
    #[inline]
    pub fn resources(&self) -> &'static [ResourceNeed] {
        self.resources
    }

    /// Its tags.
    pub fn tags(&self) -> &'static [&'static str] {
        self.tags
    }

    /// Whether it bears this tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.contains(&tag)
    }

    /// The queue of its intents, unless one names another.
    pub fn queue(&self) -> Option<&'static str> {
        self.queue
    }

    /// The priority of its intents, unless one names another.
    pub fn priority(&self) -> Option<i16> {
        self.priority
    }

    /// The expression of its key, as written.
    pub fn key(&self) -> Option<&'static str> {
        self.key
    }

    /// Whether its key is made of an argument that it redacts.
    pub fn has_redacted_key(&self) -> bool {
        self.key_redacted
    }

    /// Which of several intents with one key is kept.
    pub fn coalesce(&self) -> Coalesce {
        self.coalesce
    }

    /// How often it may be tried.
    #[inline]
    pub fn retry(&self) -> Option<RetryRule> {
        self.retry
    }

    /// How long one attempt may take.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Whether its intents can be encoded and decoded.
    pub fn is_durable(&self) -> bool {
        self.codec.is_some()
    }

    /// Whether its body is async.
    #[inline]
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// Whether its body can return an error.
    #[inline]
    pub fn is_fallible(&self) -> bool {
        self.fallible
    }

    /// Whether many intents are performed by one call.
    #[inline]
    pub fn is_batch(&self) -> bool {
        self.batch
    }

    /// Whether it is declared `once`: never retried, never handed back.
    pub fn is_once(&self) -> bool {
        self.once
    }

    /// `file:line` of the declaration.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl PartialEq for EffectDescriptor {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // A fast path. The compiler may copy a constant, so different addresses prove nothing.
        std::ptr::eq(self, other) || self.intent_type == other.intent_type
    }
}

impl Eq for EffectDescriptor {}

impl Hash for EffectDescriptor {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.intent_type.hash(state);
    }
}

impl fmt::Debug for EffectDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "EffectDescriptor({} at {}:{})",
            self.id, self.file, self.line
        )
    }
}

/// One argument of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Argument {
    pub(crate) name: &'static str,
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    pub(crate) type_name: &'static str,
    pub(crate) redacted: bool,
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub(crate) encoding: Encoding,
}

/// How an encoded intent holds an argument, as its `#[serde(..)]` attributes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub(crate) struct Encoding {
    #[cfg_attr(
        feature = "serde",
        serde(rename = "encoded_as", skip_serializing_if = "Option::is_none")
    )]
    pub(crate) name: Option<&'static str>,
    #[cfg_attr(
        feature = "serde",
        serde(rename = "formerly", skip_serializing_if = "<[_]>::is_empty")
    )]
    pub(crate) aliases: &'static [&'static str],
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub(crate) default: bool,
    #[cfg_attr(
        feature = "serde",
        serde(rename = "encoded_by", skip_serializing_if = "Option::is_none")
    )]
    pub(crate) form: Option<&'static str>,
    /// Whether `skip_serializing_if` leaves it out of some messages.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub(crate) left_out: bool,
}

impl Argument {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its type, as written.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// Whether its value is kept out of logs, `Debug`, errors and reports.
    pub fn is_redacted(&self) -> bool {
        self.redacted
    }

    /// Whether an encoded intent without it can be decoded: the argument of a durable effect is an
    /// `Option`, or says `#[serde(default)]`.
    pub fn has_default(&self) -> bool {
        self.encoding.default
    }

    /// Its name in an encoded intent: its own, unless it says `#[serde(rename = "..")]`.
    pub fn encoded_name(&self) -> &'static str {
        self.encoding.name.unwrap_or(self.name)
    }
}

/// One resource that an effect's body needs.
#[derive(Clone, Copy)]
pub struct ResourceNeed {
    pub(crate) name: &'static str,
    pub(crate) type_name: &'static str,
    pub(crate) type_id: fn() -> TypeId,
}

impl ResourceNeed {
    /// The argument's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The type, as written.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// The type's identity.
    pub fn type_id(&self) -> TypeId {
        (self.type_id)()
    }
}

impl fmt::Debug for ResourceNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: &{}", self.name, self.type_name)
    }
}

/// How often an effect may be tried, and how long to wait between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryRule {
    pub(crate) attempts: u32,
    pub(crate) delay: Duration,
    pub(crate) factor: u32,
    pub(crate) max_delay: Duration,
}

impl RetryRule {
    /// At most this many attempts in all (at least 1), 100 ms apart, doubling up to a minute.
    pub const fn attempts(attempts: u32) -> Self {
        Self {
            attempts: if attempts == 0 { 1 } else { attempts },
            delay: Duration::from_millis(100),
            factor: 2,
            max_delay: Duration::from_secs(60),
        }
    }

    /// Waits this long before the second attempt.
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Multiplies the wait by this after each attempt.
    pub const fn factor(mut self, factor: u32) -> Self {
        self.factor = factor;
        self
    }

    /// Never waits longer than this.
    pub const fn max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// The number of attempts in all.
    pub fn max_attempts(&self) -> u32 {
        self.attempts
    }

    /// The wait after the attempt with this number (from 1).
    pub fn delay_after(&self, attempt: u32) -> Duration {
        let factor = self
            .factor
            .checked_pow(attempt.saturating_sub(1))
            .unwrap_or(u32::MAX);
        self.delay
            .checked_mul(factor)
            .unwrap_or(self.max_delay)
            .min(self.max_delay)
    }
}

/// What a boundary's declaration says: its row in the catalogue.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BoundaryDescriptor {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    pub(crate) module: &'static str,
    pub(crate) file: &'static str,
    pub(crate) line: u32,
    pub(crate) docs: &'static str,
    pub(crate) emits: Option<&'static [&'static EffectDescriptor]>,
    pub(crate) is_async: bool,
}

impl BoundaryDescriptor {
    /// The attribute's `name`, or the function's.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The package that declares it.
    pub fn package(&self) -> &'static str {
        self.package
    }

    /// The module that declares it.
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// The file that declares it, as the compiler was given it.
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// The line of its name, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Its doc comment.
    pub fn docs(&self) -> &'static str {
        self.docs
    }

    /// The effects that may be enqueued under it; `None` if it does not say.
    pub fn emits(&self) -> Option<&'static [&'static EffectDescriptor]> {
        self.emits
    }

    /// Whether its body is async.
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// `file:line` of the declaration.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl fmt::Debug for BoundaryDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "BoundaryDescriptor({} at {}:{})",
            self.name, self.file, self.line
        )
    }
}
