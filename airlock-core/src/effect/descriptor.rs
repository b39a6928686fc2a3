//! Descriptors of effects and boundaries: everything that their declarations say.

use std::any::TypeId;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::effect::Codec;

/// The declaration of an effect: its entry in the catalogue.
///
/// Two descriptors are equal if they come from the same declaration, regardless of their ids.
#[derive(Clone, Copy)]
pub struct EffectDescriptor {
    /// The identity of the declaration: each generates its own intent type.
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
    /// `true` if the key contains a redacted argument.
    pub(crate) key_redacted: bool,
    pub(crate) coalesce: Coalesce,
    pub(crate) retry: Option<RetryRule>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) codec: Option<Codec>,
    pub(crate) is_async: bool,
    pub(crate) fallible: bool,
    pub(crate) batch: bool,
    pub(crate) once: bool,
    /// `true` if one call performs it, without awaiting, retrying or batching.
    pub(crate) simple: bool,
    /// `true` if its arguments have a destructor (`mem::needs_drop`).
    pub(crate) needs_drop: bool,
}

/// The intent that is kept of several with the same key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coalesce {
    /// The intent enqueued first.
    First,
    /// The intent enqueued last, with the newest arguments.
    #[default]
    Last,
}

impl EffectDescriptor {
    /// Returns whether a flush has to find other intents of this effect: those with the same key, or the same batch.
    #[inline]
    pub(crate) const fn is_grouped(&self) -> bool {
        self.key.is_some() || self.batch
    }

    /// Returns the id: the attribute's `name`, or crate, modules and function (`shop.orders.send_confirmation`).
    ///
    /// A durable effect always declares a `name`, since the default changes when the function moves.
    #[inline]
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// Returns the name of the function.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the name of the intent type.
    pub fn intent(&self) -> &'static str {
        self.intent
    }

    /// Returns the package that declares it.
    pub fn package(&self) -> &'static str {
        self.package
    }

    /// Returns the module that declares it.
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// Returns the file that declares it, as the path was passed to the compiler.
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the line of its name, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Returns the column of its name, from 1.
    pub fn column(&self) -> u32 {
        self.column
    }

    /// Returns its doc comment.
    pub fn docs(&self) -> &'static str {
        self.docs
    }

    /// Returns the ids that it had before.
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    /// Returns the arguments of its intents, in order.
    pub fn arguments(&self) -> &'static [Argument] {
        self.arguments
    }

    /// Returns the [`Resources`](crate::Resources) that its body needs.
    #[inline]
    pub fn resources(&self) -> &'static [ResourceNeed] {
        self.resources
    }

    /// Returns its tags.
    pub fn tags(&self) -> &'static [&'static str] {
        self.tags
    }

    /// Returns whether it has this tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.tags.contains(&tag)
    }

    /// Returns the queue of its intents. An intent may name another.
    pub fn queue(&self) -> Option<&'static str> {
        self.queue
    }

    /// Returns the priority of its intents. An intent may set another.
    pub fn priority(&self) -> Option<i16> {
        self.priority
    }

    /// Returns the `key` expression, as written.
    pub fn key(&self) -> Option<&'static str> {
        self.key
    }

    /// Returns whether its key contains a redacted argument.
    pub fn has_redacted_key(&self) -> bool {
        self.key_redacted
    }

    /// Returns which intent is kept of several with the same key.
    pub fn coalesce(&self) -> Coalesce {
        self.coalesce
    }

    /// Returns the retry rule.
    #[inline]
    pub fn retry(&self) -> Option<RetryRule> {
        self.retry
    }

    /// Returns the time limit for one attempt.
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Returns whether its intents can be encoded and decoded.
    pub fn is_durable(&self) -> bool {
        self.codec.is_some()
    }

    /// Returns whether its body is async.
    #[inline]
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// Returns whether its body can return an error.
    #[inline]
    pub fn is_fallible(&self) -> bool {
        self.fallible
    }

    /// Returns whether one call performs many intents.
    #[inline]
    pub fn is_batch(&self) -> bool {
        self.batch
    }

    /// Returns whether it is declared `once`: never retried, never handed back.
    pub fn is_once(&self) -> bool {
        self.once
    }

    /// Returns the `file:line` of the declaration.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl PartialEq for EffectDescriptor {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // Fast path. Different addresses prove nothing, since the compiler may copy a constant.
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

/// The representation of an argument in an encoded intent, from its `#[serde(..)]` attributes.
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
    /// `true` if `skip_serializing_if` leaves it out of some encoded intents.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "std::ops::Not::not"))]
    pub(crate) left_out: bool,
}

impl Argument {
    /// Returns its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns its type, as written.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// Returns whether its value is kept out of logs, `Debug`, errors and reports.
    pub fn is_redacted(&self) -> bool {
        self.redacted
    }

    /// Returns whether an encoded intent without it can be decoded: the argument of a durable effect is an
    /// `Option`, or has `#[serde(default)]`.
    pub fn has_default(&self) -> bool {
        self.encoding.default
    }

    /// Returns its name in an encoded intent: its own, unless it has `#[serde(rename = "..")]`.
    pub fn encoded_name(&self) -> &'static str {
        self.encoding.name.unwrap_or(self.name)
    }
}

/// A resource that the body of an effect needs.
#[derive(Clone, Copy)]
pub struct ResourceNeed {
    pub(crate) name: &'static str,
    pub(crate) type_name: &'static str,
    pub(crate) type_id: fn() -> TypeId,
}

impl ResourceNeed {
    /// Returns the name of the argument.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the type, as written.
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// Returns the `TypeId` of the type.
    pub fn type_id(&self) -> TypeId {
        (self.type_id)()
    }
}

impl fmt::Debug for ResourceNeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: &{}", self.name, self.type_name)
    }
}

/// The number of attempts of an effect, and the wait between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryRule {
    pub(crate) attempts: u32,
    pub(crate) delay: Duration,
    pub(crate) factor: u32,
    pub(crate) max_delay: Duration,
}

impl RetryRule {
    /// Allows at most this many attempts in total (at least 1), 100 ms apart, doubling up to a minute.
    pub const fn attempts(attempts: u32) -> Self {
        Self {
            attempts: if attempts == 0 { 1 } else { attempts },
            delay: Duration::from_millis(100),
            factor: 2,
            max_delay: Duration::from_secs(60),
        }
    }

    /// Sets the wait before the second attempt.
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sets the factor by which the wait grows after each attempt.
    pub const fn factor(mut self, factor: u32) -> Self {
        self.factor = factor;
        self
    }

    /// Sets the longest wait.
    pub const fn max_delay(mut self, max_delay: Duration) -> Self {
        self.max_delay = max_delay;
        self
    }

    /// Returns the number of attempts in total.
    pub fn max_attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the wait after the attempt with this number (from 1).
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

/// The declaration of a boundary: its entry in the catalogue.
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
    /// Returns the attribute's `name`, or the name of the function.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the package that declares it.
    pub fn package(&self) -> &'static str {
        self.package
    }

    /// Returns the module that declares it.
    pub fn module(&self) -> &'static str {
        self.module
    }

    /// Returns the file that declares it, as the path was passed to the compiler.
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// Returns the line of its name, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Returns its doc comment.
    pub fn docs(&self) -> &'static str {
        self.docs
    }

    /// Returns the effects that may be enqueued in it, or `None` if it does not restrict them.
    pub fn emits(&self) -> Option<&'static [&'static EffectDescriptor]> {
        self.emits
    }

    /// Returns whether its body is async.
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// Returns the `file:line` of the declaration.
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
