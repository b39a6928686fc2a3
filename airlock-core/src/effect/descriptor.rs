//! Descriptors of effects: everything that their declarations say.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use crate::effect::{Argument, EffectSpec, ResourceNeed, RetryRule};

/// The declaration of an effect: its entry in the catalogue.
///
/// Two descriptors are equal if they come from the same declaration, regardless of their ids.
#[derive(Clone, Copy)]
pub struct EffectDescriptor {
    pub(crate) spec: EffectSpec,
    /// `true` if one call performs it, without awaiting, retrying or batching.
    pub(crate) simple: bool,
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

    /// Returns the resources that its body needs.
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

    /// Returns the effects that its body may enqueue, or `None` if it does not restrict them.
    pub fn emits(&self) -> Option<&'static [&'static EffectDescriptor]> {
        self.spec.emits.map(|emits| emits())
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
