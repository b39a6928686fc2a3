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
    pub(crate) spec: EffectSpec,
    /// `true` if one call performs it, without awaiting, retrying or batching.
    pub(crate) simple: bool,
}

/// The content of an effect's declaration. The macro sets the fields that differ from [`EffectSpec::new`].
#[derive(Clone, Copy, Debug)]
pub struct EffectSpec {
    /// The identity of the declaration: each generates its own intent type.
    pub intent_type: TypeId,
    /// The id.
    pub id: &'static str,
    /// The place of the function's name.
    pub place: Place,
    /// The name of the intent type.
    pub intent: &'static str,
    /// The doc comment.
    pub docs: &'static str,
    /// The ids that it had before.
    pub aliases: &'static [&'static str],
    /// The arguments of its intents, in order.
    pub arguments: &'static [Argument],
    /// The resources that the body needs.
    pub resources: &'static [ResourceNeed],
    /// The tags.
    pub tags: &'static [&'static str],
    /// The queue of its intents. An intent may name another.
    pub queue: Option<&'static str>,
    /// The priority of its intents. An intent may set another.
    pub priority: Option<i16>,
    /// The `key` expression, as written.
    pub key: Option<&'static str>,
    /// `true` if the key contains a redacted argument.
    pub key_redacted: bool,
    /// The intent that is kept of several with the same key.
    pub coalesce: Coalesce,
    /// The retry rule.
    pub retry: Option<RetryRule>,
    /// The time limit for one attempt.
    pub timeout: Option<Duration>,
    /// The codec of its intents, if the effect is durable.
    pub codec: Option<Codec>,
    /// `true` if the body is async.
    pub is_async: bool,
    /// `true` if the body can return an error.
    pub fallible: bool,
    /// `true` if one call performs many intents.
    pub batch: bool,
    /// `true` if it is declared `once`: never retried, never handed back.
    pub once: bool,
    /// `true` if its arguments have a destructor (`mem::needs_drop`).
    pub needs_drop: bool,
}

/// The place of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of the function.
    pub name: &'static str,
    /// The module that contains it.
    pub module: &'static str,
    /// The file that contains it, as the path was passed to the compiler.
    pub file: &'static str,
    /// The line of its name, from 1.
    pub line: u32,
    /// The column of its name, from 1.
    pub column: u32,
    /// The package that contains it.
    pub package: &'static str,
}

impl EffectSpec {
    /// Returns the spec of an effect whose attribute has no arguments, for the intent type `E`.
    pub const fn new<E: 'static>(place: Place, intent: &'static str, id: &'static str) -> Self {
        Self {
            intent_type: TypeId::of::<E>(),
            id,
            place,
            intent,
            docs: "",
            aliases: &[],
            arguments: &[],
            resources: &[],
            tags: &[],
            queue: None,
            priority: None,
            key: None,
            key_redacted: false,
            coalesce: Coalesce::Last,
            retry: None,
            timeout: None,
            codec: None,
            is_async: false,
            fallible: false,
            batch: false,
            once: false,
            needs_drop: std::mem::needs_drop::<E>(),
        }
    }
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
    /// Makes a descriptor from the spec that a macro generates.
    #[doc(hidden)]
    pub const fn new(spec: EffectSpec) -> Self {
        Self {
            spec,
            simple: !spec.is_async && !spec.batch && spec.retry.is_none(),
        }
    }

    /// Returns whether a flush has to find other intents of this effect: those with the same key, or the same batch.
    #[inline]
    pub(crate) const fn is_grouped(&self) -> bool {
        self.spec.key.is_some() || self.spec.batch
    }

    /// Returns the id: the attribute's `name`, or crate, modules and function (`shop.orders.send_confirmation`).
    ///
    /// A durable effect always declares a `name`, since the default changes when the function moves.
    #[inline]
    pub const fn id(&self) -> &'static str {
        self.spec.id
    }

    /// Returns the name of the function.
    pub fn name(&self) -> &'static str {
        self.spec.place.name
    }

    /// Returns the name of the intent type.
    pub fn intent(&self) -> &'static str {
        self.spec.intent
    }

    /// Returns the package that declares it.
    pub fn package(&self) -> &'static str {
        self.spec.place.package
    }

    /// Returns the module that declares it.
    pub fn module(&self) -> &'static str {
        self.spec.place.module
    }

    /// Returns the file that declares it, as the path was passed to the compiler.
    pub fn file(&self) -> &'static str {
        self.spec.place.file
    }

    /// Returns the line of its name, from 1.
    pub fn line(&self) -> u32 {
        self.spec.place.line
    }

    /// Returns the column of its name, from 1.
    pub fn column(&self) -> u32 {
        self.spec.place.column
    }

    /// Returns its doc comment.
    pub fn docs(&self) -> &'static str {
        self.spec.docs
    }

    /// Returns the ids that it had before.
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.spec.aliases
    }

    /// Returns the arguments of its intents, in order.
    pub fn arguments(&self) -> &'static [Argument] {
        self.spec.arguments
    }

    /// Returns the [`Resources`](crate::Resources) that its body needs.
    #[inline]
    pub fn resources(&self) -> &'static [ResourceNeed] {
        self.spec.resources
    }

    /// Returns its tags.
    pub fn tags(&self) -> &'static [&'static str] {
        self.spec.tags
    }

    /// Returns whether it has this tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.spec.tags.contains(&tag)
    }

    /// Returns the queue of its intents. An intent may name another.
    pub fn queue(&self) -> Option<&'static str> {
        self.spec.queue
    }

    /// Returns the priority of its intents. An intent may set another.
    pub fn priority(&self) -> Option<i16> {
        self.spec.priority
    }

    /// Returns the `key` expression, as written.
    pub fn key(&self) -> Option<&'static str> {
        self.spec.key
    }

    /// Returns whether its key contains a redacted argument.
    pub fn has_redacted_key(&self) -> bool {
        self.spec.key_redacted
    }

    /// Returns which intent is kept of several with the same key.
    pub fn coalesce(&self) -> Coalesce {
        self.spec.coalesce
    }

    /// Returns the retry rule.
    #[inline]
    pub fn retry(&self) -> Option<RetryRule> {
        self.spec.retry
    }

    /// Returns the time limit for one attempt.
    pub fn timeout(&self) -> Option<Duration> {
        self.spec.timeout
    }

    /// Returns whether its intents can be encoded and decoded.
    pub fn is_durable(&self) -> bool {
        self.spec.codec.is_some()
    }

    /// Returns whether its body is async.
    #[inline]
    pub fn is_async(&self) -> bool {
        self.spec.is_async
    }

    /// Returns whether its body can return an error.
    #[inline]
    pub fn is_fallible(&self) -> bool {
        self.spec.fallible
    }

    /// Returns whether one call performs many intents.
    #[inline]
    pub fn is_batch(&self) -> bool {
        self.spec.batch
    }

    /// Returns whether it is declared `once`: never retried, never handed back.
    pub fn is_once(&self) -> bool {
        self.spec.once
    }

    /// Returns the `file:line` of the declaration.
    pub fn place(&self) -> String {
        format!("{}:{}", self.spec.place.file, self.spec.place.line)
    }
}

impl PartialEq for EffectDescriptor {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // Fast path. Different addresses prove nothing, since the compiler may copy a constant.
        std::ptr::eq(self, other) || self.spec.intent_type == other.spec.intent_type
    }
}

impl Eq for EffectDescriptor {}

impl Hash for EffectDescriptor {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.spec.intent_type.hash(state);
    }
}

impl fmt::Debug for EffectDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "EffectDescriptor({} at {}:{})",
            self.spec.id, self.spec.place.file, self.spec.place.line
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
    /// Returns the path of the type. A function, since `std::any::type_name` is not `const` on stable Rust.
    pub(crate) type_path: fn() -> &'static str,
    pub(crate) type_id: fn() -> TypeId,
    /// The types that can be supplied for it: `T`, `Arc<T>` and `Box<T>`.
    pub(crate) forms: fn() -> [TypeId; 3],
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

    /// Returns the full path of the type.
    pub fn type_path(&self) -> &'static str {
        (self.type_path)()
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
    pub(crate) spec: BoundarySpec,
}

/// The content of a boundary's declaration. The macro sets the fields that differ from [`BoundarySpec::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundarySpec {
    /// The attribute's `name`, or the name of the function.
    pub name: &'static str,
    /// The place of the function's name.
    pub place: Place,
    /// The doc comment.
    pub docs: &'static str,
    /// The effects that may be enqueued in it, or `None` if it does not restrict them.
    pub emits: Option<&'static [&'static EffectDescriptor]>,
    /// `true` if the body is async.
    pub is_async: bool,
}

impl BoundarySpec {
    /// Returns the spec of a boundary whose attribute has no arguments.
    pub const fn new(place: Place, name: &'static str) -> Self {
        Self {
            name,
            place,
            docs: "",
            emits: None,
            is_async: false,
        }
    }
}

impl BoundaryDescriptor {
    /// Makes a descriptor from the spec that a macro generates.
    #[doc(hidden)]
    pub const fn new(spec: BoundarySpec) -> Self {
        Self { spec }
    }

    /// Returns the attribute's `name`, or the name of the function.
    pub fn name(&self) -> &'static str {
        self.spec.name
    }

    /// Returns the package that declares it.
    pub fn package(&self) -> &'static str {
        self.spec.place.package
    }

    /// Returns the module that declares it.
    pub fn module(&self) -> &'static str {
        self.spec.place.module
    }

    /// Returns the file that declares it, as the path was passed to the compiler.
    pub fn file(&self) -> &'static str {
        self.spec.place.file
    }

    /// Returns the line of its name, from 1.
    pub fn line(&self) -> u32 {
        self.spec.place.line
    }

    /// Returns its doc comment.
    pub fn docs(&self) -> &'static str {
        self.spec.docs
    }

    /// Returns the effects that may be enqueued in it, or `None` if it does not restrict them.
    pub fn emits(&self) -> Option<&'static [&'static EffectDescriptor]> {
        self.spec.emits
    }

    /// Returns whether its body is async.
    pub fn is_async(&self) -> bool {
        self.spec.is_async
    }

    /// Returns the `file:line` of the declaration.
    pub fn place(&self) -> String {
        format!("{}:{}", self.spec.place.file, self.spec.place.line)
    }
}

impl fmt::Debug for BoundaryDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "BoundaryDescriptor({} at {}:{})",
            self.spec.name, self.spec.place.file, self.spec.place.line
        )
    }
}
