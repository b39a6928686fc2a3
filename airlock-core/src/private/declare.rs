//! Builders with which the macros write descriptors.

use std::any::TypeId;
use std::time::Duration;

use crate::effect::{
    Argument, BoundaryDescriptor, Coalesce, Codec, EffectDescriptor, Encoding, ResourceNeed,
    RetryRule,
};

/// The location of a declaration.
#[derive(Clone, Copy, Debug)]
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

impl Place {
    /// Adds the intent type of the effect that is declared here.
    pub const fn for_intent<E: 'static>(self) -> EffectPlace {
        EffectPlace {
            place: self,
            intent: TypeId::of::<E>(),
            needs_drop: std::mem::needs_drop::<E>(),
        }
    }

    /// Makes an id from a function's path. `N` is the length of the path.
    pub const fn id<const N: usize>(path: &str) -> Id<N> {
        Id::new(path)
    }
}

/// The location of an effect's declaration, and its intent type.
#[derive(Clone, Copy, Debug)]
pub struct EffectPlace {
    place: Place,
    intent: TypeId,
    needs_drop: bool,
}

/// The id of an effect that declares none: its function's path, with dots (`shop.orders.send`).
#[derive(Clone, Copy, Debug)]
pub struct Id<const N: usize> {
    /// The id, padded with zeros, since dots are shorter than colons.
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Id<N> {
    const fn new(path: &str) -> Self {
        let path = path.as_bytes();
        let mut bytes = [0; N];
        let (mut read, mut length) = (0, 0);
        while read < path.len() {
            match path[read] {
                // Skip the second colon of `::`.
                b':' => {
                    bytes[length] = b'.';
                    length += 1;
                    read += 1;
                }
                // `#` occurs only in the `r#` of a raw identifier: the next byte overwrites the `r`.
                b'#' => length -= 1,
                byte => {
                    bytes[length] = byte;
                    length += 1;
                }
            }
            read += 1;
        }
        Self { bytes, length }
    }

    /// Returns the id.
    pub const fn text(&self) -> &str {
        let (text, _) = self.bytes.split_at(self.length);
        match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => panic!("a path is UTF-8, and only whole characters of it were replaced"),
        }
    }
}

/// A builder of an effect's descriptor.
#[derive(Clone, Copy, Debug)]
pub struct DeclareEffect(EffectDescriptor);

macro_rules! setters {
    ($($(#[$docs:meta])* $setter:ident($field:ident: $ty:ty) = $value:expr;)+) => {$(
        $(#[$docs])*
        #[must_use]
        pub const fn $setter(mut self, $field: $ty) -> Self {
            self.0.$field = $value;
            self
        }
    )+};
}

impl DeclareEffect {
    /// Starts a descriptor with the values that every effect has.
    pub const fn new(place: EffectPlace, intent: &'static str, id: &'static str) -> Self {
        let EffectPlace {
            place,
            intent: intent_type,
            needs_drop,
        } = place;
        Self(EffectDescriptor {
            intent_type,
            id,
            name: place.name,
            intent,
            package: place.package,
            module: place.module,
            file: place.file,
            line: place.line,
            column: place.column,
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
            simple: false,
            needs_drop,
        })
    }

    setters! {
        /// Sets the doc comment.
        docs(docs: &'static str) = docs;
        /// Sets the former ids.
        aliases(aliases: &'static [&'static str]) = aliases;
        /// Sets the arguments.
        arguments(arguments: &'static [Argument]) = arguments;
        /// Sets the resources.
        resources(resources: &'static [ResourceNeed]) = resources;
        /// Sets the tags.
        tags(tags: &'static [&'static str]) = tags;
        /// Sets the queue.
        queue(queue: &'static str) = Some(queue);
        /// Sets the priority.
        priority(priority: i16) = Some(priority);
        /// Sets the key's expression.
        key(key: &'static str) = Some(key);
        /// Sets the retry rule.
        retry(retry: RetryRule) = Some(retry);
        /// Sets the timeout, in milliseconds.
        timeout_millis(timeout: u64) = Some(Duration::from_millis(timeout));
        /// Makes the effect durable, with this codec.
        durable(codec: Codec) = Some(codec);
    }

    /// Marks the body as async.
    #[must_use]
    pub const fn asynchronous(mut self) -> Self {
        self.0.is_async = true;
        self
    }

    /// Marks the body as able to return an error.
    #[must_use]
    pub const fn fallible(mut self) -> Self {
        self.0.fallible = true;
        self
    }

    /// Marks the effect as a batch effect: one call performs many intents.
    #[must_use]
    pub const fn batch(mut self) -> Self {
        self.0.batch = true;
        self
    }

    /// Marks the effect as `once`: it is never retried.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.0.once = true;
        self
    }

    /// Redacts the key, since it contains a redacted argument.
    #[must_use]
    pub const fn redacted_key(mut self) -> Self {
        self.0.key_redacted = true;
        self
    }

    /// Keeps the first of several intents with the same key.
    #[must_use]
    pub const fn coalesce_first(mut self) -> Self {
        self.0.coalesce = Coalesce::First;
        self
    }

    /// Returns the descriptor.
    pub const fn done(self) -> EffectDescriptor {
        let mut effect = self.0;
        effect.simple = !effect.is_async && !effect.batch && effect.retry.is_none();
        effect
    }
}

/// Describes an argument.
pub const fn argument(name: &'static str, type_name: &'static str) -> Argument {
    Argument {
        name,
        type_name,
        redacted: false,
        encoding: Encoding {
            name: None,
            aliases: &[],
            default: false,
            form: None,
            left_out: false,
        },
    }
}

impl Argument {
    /// Redacts the argument's value.
    #[doc(hidden)]
    #[must_use]
    pub const fn redacted(mut self) -> Self {
        self.redacted = true;
        self
    }

    /// Allows an encoded intent without the argument.
    #[doc(hidden)]
    #[must_use]
    pub const fn defaulted(mut self) -> Self {
        self.encoding.default = true;
        self
    }

    /// Sets the argument's name in encoded intents.
    #[doc(hidden)]
    #[must_use]
    pub const fn encoded_as(mut self, name: &'static str) -> Self {
        self.encoding.name = Some(name);
        self
    }

    /// Sets further names under which the argument is decoded.
    #[doc(hidden)]
    #[must_use]
    pub const fn formerly(mut self, names: &'static [&'static str]) -> Self {
        self.encoding.aliases = names;
        self
    }

    /// Sets the other serde attributes that affect the argument's encoding.
    #[doc(hidden)]
    #[must_use]
    pub const fn encoded_by(mut self, form: &'static str) -> Self {
        self.encoding.form = Some(form);
        self
    }

    /// Marks that some encoded intents do not contain the argument.
    #[doc(hidden)]
    #[must_use]
    pub const fn left_out(mut self) -> Self {
        self.encoding.left_out = true;
        self
    }
}

/// Describes a resource.
pub const fn resource<T: ?Sized + 'static>(
    name: &'static str,
    type_name: &'static str,
) -> ResourceNeed {
    ResourceNeed {
        name,
        type_name,
        type_id: TypeId::of::<T>,
    }
}

/// A builder of a retry rule.
#[derive(Clone, Copy, Debug)]
pub struct Retry;

impl Retry {
    /// Creates a rule with at most this many attempts.
    pub const fn attempts(attempts: u32) -> RetryRule {
        RetryRule::attempts(attempts)
    }
}

impl RetryRule {
    /// Sets the first delay, in milliseconds.
    #[doc(hidden)]
    #[must_use]
    pub const fn delay_millis(self, millis: u64) -> Self {
        self.delay(Duration::from_millis(millis))
    }

    /// Sets the longest delay, in milliseconds.
    #[doc(hidden)]
    #[must_use]
    pub const fn max_delay_millis(self, millis: u64) -> Self {
        self.max_delay(Duration::from_millis(millis))
    }
}

/// A builder of a boundary's descriptor.
#[derive(Clone, Copy, Debug)]
pub struct DeclareBoundary(BoundaryDescriptor);

impl DeclareBoundary {
    /// Starts a descriptor with the values that every boundary has.
    pub const fn new(place: Place, name: &'static str) -> Self {
        Self(BoundaryDescriptor {
            name,
            package: place.package,
            module: place.module,
            file: place.file,
            line: place.line,
            docs: "",
            emits: None,
            is_async: false,
        })
    }

    setters! {
        /// Sets the doc comment.
        docs(docs: &'static str) = docs;
        /// Sets the effects that may be enqueued under the boundary.
        emits(emits: &'static [&'static EffectDescriptor]) = Some(emits);
    }

    /// Marks the body as async.
    #[must_use]
    pub const fn asynchronous(mut self) -> Self {
        self.0.is_async = true;
        self
    }

    /// Returns the descriptor.
    pub const fn done(self) -> BoundaryDescriptor {
        self.0
    }
}

/// Expands to the location of a declaration, or to the id of an effect that declares none.
///
/// The location of an effect must be expanded in an `impl` of its intent type.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_place {
    ($name:literal, $line:literal, $column:literal) => {
        $crate::__airlock_place!(boundary $name, $line, $column).for_intent::<Self>()
    };
    (boundary $name:literal, $line:literal, $column:literal) => {
        $crate::__private::Place {
            name: $name,
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: $line,
            column: $column,
            package: ::core::env!("CARGO_PKG_NAME"),
        }
    };
    (id $name:literal) => {{
        const PATH: &str = ::core::concat!(::core::module_path!(), "::", $name);
        const { &$crate::__private::Place::id::<{ PATH.len() }>(PATH) }.text()
    }};
}

/// Implements `Effect` for the type of an effect whose declaration is invalid, so that the compiler
/// reports that mistake only.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_stub {
    ($intent:ident) => {
        const _: () = {
            impl ::core::fmt::Debug for $intent {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str(::core::stringify!($intent))
                }
            }
            impl $crate::Effect for $intent {
                const DESCRIPTOR: &'static $crate::EffectDescriptor =
                    &$crate::__private::DeclareEffect::new(
                        $crate::__airlock_place!("", 0, 0),
                        ::core::stringify!($intent),
                        ::core::stringify!($intent),
                    )
                    .done();
                fn perform(self, _: &$crate::Resources) -> $crate::Performing<'_> {
                    $crate::__private::perform_sync(|| ::core::result::Result::Ok(()))
                }
            }
            impl $crate::Repeatable for $intent {}
        };
    };
}
