//! Specs: declarations of effects and boundaries in the form that macros generate.

use std::any::TypeId;
use std::fmt;
use std::time::Duration;

use crate::effect::{Argument, Coalesce, Codec, EffectDescriptor, ResourceNeed, RetryRule};

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
    /// The effects that its body may enqueue, or `None` if it does not restrict them. A function returns them, because an
    /// effect may emit itself, and a constant cannot refer to itself.
    pub emits: Option<fn() -> &'static [&'static EffectDescriptor]>,
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

/// Formats as `file:line:column`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
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
            emits: None,
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
