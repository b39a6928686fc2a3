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
    pub(crate) spec: EffectSpec,
    /// Whether one call performs it, without awaiting or trying again.
    pub(crate) simple: bool,
}

/// The declaration of an effect, as its macro writes it down: the fields that differ from [`EffectSpec::new`].
#[derive(Clone, Copy, Debug)]
pub struct EffectSpec {
    /// The identity of the declaration: each has an intent type of its own.
    pub intent_type: TypeId,
    /// The id.
    pub id: &'static str,
    /// The place of the function's name.
    pub place: Place,
    /// The name of the intent type.
    pub intent: &'static str,
    /// The doc comment.
    pub docs: &'static str,
    /// Former ids.
    pub aliases: &'static [&'static str],
    /// The arguments, in order.
    pub arguments: &'static [Argument],
    /// The resources that the body needs.
    pub resources: &'static [ResourceNeed],
    /// The tags.
    pub tags: &'static [&'static str],
    /// The queue of its intents.
    pub queue: Option<&'static str>,
    /// The priority of its intents.
    pub priority: Option<i16>,
    /// The expression of the key, as written.
    pub key: Option<&'static str>,
    /// Whether the key reads a redacted argument, so that it is redacted too.
    pub key_redacted: bool,
    /// Which of several intents with one key is kept.
    pub coalesce: Coalesce,
    /// The retry rule.
    pub retry: Option<RetryRule>,
    /// The time limit of one attempt.
    pub timeout: Option<Duration>,
    /// How intents are encoded, if the effect is durable.
    pub codec: Option<Codec>,
    /// Whether the body is async.
    pub is_async: bool,
    /// Whether the body can return an error.
    pub fallible: bool,
    /// Whether one call performs many intents.
    pub batch: bool,
    /// Whether it is never repeated.
    pub once: bool,
    /// Whether the arguments have a destructor that does something.
    pub needs_drop: bool,
}

/// The place of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The function's name.
    pub name: &'static str,
    /// The module's path.
    pub module: &'static str,
    /// The file.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The package.
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
    /// Makes a descriptor of what a macro has written down.
    #[doc(hidden)]
    pub const fn new(spec: EffectSpec) -> Self {
        Self {
            spec,
            simple: !spec.is_async && !spec.batch && spec.retry.is_none(),
        }
    }

    /// Whether a flush looks for other intents of it: those with its key, or those of its batch.
    #[inline]
    pub(crate) const fn is_grouped(&self) -> bool {
        self.spec.key.is_some() || self.spec.batch
    }

    /// The id: the attribute's `name`, or crate, modules and function
    /// (`shop.orders.send_confirmation`).
    ///
    /// A durable effect always declares a `name`, since the other changes when the function moves.
    #[inline]
    pub const fn id(&self) -> &'static str {
        self.spec.id
    }

    /// The function's name.
    pub fn name(&self) -> &'static str {
        self.spec.place.name
    }

    /// The name of the intent type.
    pub fn intent(&self) -> &'static str {
        self.spec.intent
    }

    /// The package that declares it.
    pub fn package(&self) -> &'static str {
        self.spec.place.package
    }

    /// The module that declares it.
    pub fn module(&self) -> &'static str {
        self.spec.place.module
    }

    /// The file that declares it, as the compiler was given it.
    pub fn file(&self) -> &'static str {
        self.spec.place.file
    }

    /// The line of its name, from 1.
    pub fn line(&self) -> u32 {
        self.spec.place.line
    }

    /// The column of its name, from 1.
    pub fn column(&self) -> u32 {
        self.spec.place.column
    }

    /// Its doc comment.
    pub fn docs(&self) -> &'static str {
        self.spec.docs
    }

    /// Ids that it had before.
    pub const fn aliases(&self) -> &'static [&'static str] {
        self.spec.aliases
    }

    /// What an intent holds, in order.
    pub fn arguments(&self) -> &'static [Argument] {
        self.spec.arguments
    }

    /// What its body needs from [`Resources`](crate::Resources).
    #[inline]
    pub fn resources(&self) -> &'static [ResourceNeed] {
        self.spec.resources
    }

    /// Its tags.
    pub fn tags(&self) -> &'static [&'static str] {
        self.spec.tags
    }

    /// Whether it bears this tag.
    pub fn has_tag(&self, tag: &str) -> bool {
        self.spec.tags.contains(&tag)
    }

    /// The queue of its intents, unless one names another.
    pub fn queue(&self) -> Option<&'static str> {
        self.spec.queue
    }

    /// The priority of its intents, unless one names another.
    pub fn priority(&self) -> Option<i16> {
        self.spec.priority
    }

    /// The expression of its key, as written.
    pub fn key(&self) -> Option<&'static str> {
        self.spec.key
    }

    /// Whether its key is made of an argument that it redacts.
    pub fn has_redacted_key(&self) -> bool {
        self.spec.key_redacted
    }

    /// Which of several intents with one key is kept.
    pub fn coalesce(&self) -> Coalesce {
        self.spec.coalesce
    }

    /// How often it may be tried.
    #[inline]
    pub fn retry(&self) -> Option<RetryRule> {
        self.spec.retry
    }

    /// How long one attempt may take.
    pub fn timeout(&self) -> Option<Duration> {
        self.spec.timeout
    }

    /// Whether its intents can be encoded and decoded.
    pub fn is_durable(&self) -> bool {
        self.spec.codec.is_some()
    }

    /// Whether its body is async.
    #[inline]
    pub fn is_async(&self) -> bool {
        self.spec.is_async
    }

    /// Whether its body can return an error.
    #[inline]
    pub fn is_fallible(&self) -> bool {
        self.spec.fallible
    }

    /// Whether many intents are performed by one call.
    #[inline]
    pub fn is_batch(&self) -> bool {
        self.spec.batch
    }

    /// Whether it is declared `once`: never retried, never handed back.
    pub fn is_once(&self) -> bool {
        self.spec.once
    }

    /// `file:line` of the declaration.
    pub fn place(&self) -> String {
        format!("{}:{}", self.spec.place.file, self.spec.place.line)
    }
}

impl PartialEq for EffectDescriptor {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        // A fast path. The compiler may copy a constant, so different addresses prove nothing.
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
    /// The path of the type. `type_name` is not `const` on stable Rust.
    pub(crate) type_path: fn() -> &'static str,
    pub(crate) type_id: fn() -> TypeId,
    /// The types that can be supplied for it: `T`, `Arc<T>` and `Box<T>`.
    pub(crate) forms: fn() -> [TypeId; 3],
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

    /// Returns the full path of the type.
    pub fn type_path(&self) -> &'static str {
        (self.type_path)()
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
    pub(crate) spec: BoundarySpec,
}

/// The declaration of a boundary, as its macro writes it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundarySpec {
    /// The attribute's `name`, or the function's.
    pub name: &'static str,
    /// The place of the function's name.
    pub place: Place,
    /// The doc comment.
    pub docs: &'static str,
    /// The effects that may be enqueued under it, if it declares them.
    pub emits: Option<&'static [&'static EffectDescriptor]>,
    /// Whether the body is async.
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
    /// Makes a descriptor of what a macro has written down.
    #[doc(hidden)]
    pub const fn new(spec: BoundarySpec) -> Self {
        Self { spec }
    }

    /// The attribute's `name`, or the function's.
    pub fn name(&self) -> &'static str {
        self.spec.name
    }

    /// The package that declares it.
    pub fn package(&self) -> &'static str {
        self.spec.place.package
    }

    /// The module that declares it.
    pub fn module(&self) -> &'static str {
        self.spec.place.module
    }

    /// The file that declares it, as the compiler was given it.
    pub fn file(&self) -> &'static str {
        self.spec.place.file
    }

    /// The line of its name, from 1.
    pub fn line(&self) -> u32 {
        self.spec.place.line
    }

    /// Its doc comment.
    pub fn docs(&self) -> &'static str {
        self.spec.docs
    }

    /// The effects that may be enqueued under it; `None` if it does not say.
    pub fn emits(&self) -> Option<&'static [&'static EffectDescriptor]> {
        self.spec.emits
    }

    /// Whether its body is async.
    pub fn is_async(&self) -> bool {
        self.spec.is_async
    }

    /// `file:line` of the declaration.
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
