//! How the macros write descriptors down.

use std::any::TypeId;
use std::time::Duration;

use crate::effect::{
    Argument, BoundaryDescriptor, Coalesce, Codec, EffectDescriptor, Encoding, ResourceNeed,
    RetryRule,
};

/// Where something is declared.
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
    /// Makes this the place of the effect whose intents have the type `E`.
    pub const fn for_intent<E: 'static>(self) -> EffectPlace {
        EffectPlace {
            place: self,
            intent: TypeId::of::<E>(),
            needs_drop: std::mem::needs_drop::<E>(),
        }
    }

    /// Makes an id of a function's path. `N` is the length of the path.
    pub const fn id<const N: usize>(path: &str) -> Id<N> {
        Id::new(path)
    }
}

/// Where an effect is declared, and the type of its intents.
#[derive(Clone, Copy, Debug)]
pub struct EffectPlace {
    place: Place,
    intent: TypeId,
    needs_drop: bool,
}

/// The id of an effect that declares none: its function's path, with dots (`shop.orders.send`).
#[derive(Clone, Copy, Debug)]
pub struct Id<const N: usize> {
    /// The id, and zeros, since dots are shorter than colons.
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
                // Of `::`, the second colon is skipped.
                b':' => {
                    bytes[length] = b'.';
                    length += 1;
                    read += 1;
                }
                // `#` only stands in the `r#` of a raw identifier: the next byte overwrites the `r`.
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

/// Builds the descriptor of an effect.
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
    /// Starts with what every effect has.
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
        /// Its doc comment.
        docs(docs: &'static str) = docs;
        /// Its former ids.
        aliases(aliases: &'static [&'static str]) = aliases;
        /// Its arguments.
        arguments(arguments: &'static [Argument]) = arguments;
        /// Its resources.
        resources(resources: &'static [ResourceNeed]) = resources;
        /// Its tags.
        tags(tags: &'static [&'static str]) = tags;
        /// Its queue.
        queue(queue: &'static str) = Some(queue);
        /// Its priority.
        priority(priority: i16) = Some(priority);
        /// Its key's expression.
        key(key: &'static str) = Some(key);
        /// Its retry rule.
        retry(retry: RetryRule) = Some(retry);
        /// Its timeout.
        timeout_millis(timeout: u64) = Some(Duration::from_millis(timeout));
        /// It is durable.
        durable(codec: Codec) = Some(codec);
    }

    /// Its body is async.
    #[must_use]
    pub const fn asynchronous(mut self) -> Self {
        self.0.is_async = true;
        self
    }

    /// Its body can return an error.
    #[must_use]
    pub const fn fallible(mut self) -> Self {
        self.0.fallible = true;
        self
    }

    /// One call performs many intents.
    #[must_use]
    pub const fn batch(mut self) -> Self {
        self.0.batch = true;
        self
    }

    /// It is never repeated.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.0.once = true;
        self
    }

    /// Its key is made of an argument that stays out of sight, and so does the key.
    #[must_use]
    pub const fn redacted_key(mut self) -> Self {
        self.0.key_redacted = true;
        self
    }

    /// Of intents with one key the first is kept.
    #[must_use]
    pub const fn coalesce_first(mut self) -> Self {
        self.0.coalesce = Coalesce::First;
        self
    }

    /// The descriptor.
    pub const fn done(self) -> EffectDescriptor {
        let mut effect = self.0;
        effect.simple = !effect.is_async && !effect.batch && effect.retry.is_none();
        effect
    }
}

/// An argument.
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
    /// Its value stays out of sight.
    #[doc(hidden)]
    #[must_use]
    pub const fn redacted(mut self) -> Self {
        self.redacted = true;
        self
    }

    /// It may be missing in an encoded intent.
    #[doc(hidden)]
    #[must_use]
    pub const fn defaulted(mut self) -> Self {
        self.encoding.default = true;
        self
    }

    /// Encoded intents hold it under another name.
    #[doc(hidden)]
    #[must_use]
    pub const fn encoded_as(mut self, name: &'static str) -> Self {
        self.encoding.name = Some(name);
        self
    }

    /// Names under which it is read, too.
    #[doc(hidden)]
    #[must_use]
    pub const fn formerly(mut self, names: &'static [&'static str]) -> Self {
        self.encoding.aliases = names;
        self
    }

    /// What else serde is told of it.
    #[doc(hidden)]
    #[must_use]
    pub const fn encoded_by(mut self, form: &'static str) -> Self {
        self.encoding.form = Some(form);
        self
    }

    /// Some encoded intents do not hold it.
    #[doc(hidden)]
    #[must_use]
    pub const fn left_out(mut self) -> Self {
        self.encoding.left_out = true;
        self
    }
}

/// A resource.
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

/// Builds a retry rule.
#[derive(Clone, Copy, Debug)]
pub struct Retry;

impl Retry {
    /// At most so many attempts.
    pub const fn attempts(attempts: u32) -> RetryRule {
        RetryRule::attempts(attempts)
    }
}

impl RetryRule {
    /// The first wait.
    #[doc(hidden)]
    #[must_use]
    pub const fn delay_millis(self, millis: u64) -> Self {
        self.delay(Duration::from_millis(millis))
    }

    /// The longest wait.
    #[doc(hidden)]
    #[must_use]
    pub const fn max_delay_millis(self, millis: u64) -> Self {
        self.max_delay(Duration::from_millis(millis))
    }
}

/// Builds the descriptor of a boundary.
#[derive(Clone, Copy, Debug)]
pub struct DeclareBoundary(BoundaryDescriptor);

impl DeclareBoundary {
    /// Starts with what every boundary has.
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
        /// Its doc comment.
        docs(docs: &'static str) = docs;
        /// What may be enqueued under it.
        emits(emits: &'static [&'static EffectDescriptor]) = Some(emits);
    }

    /// Its body is async.
    #[must_use]
    pub const fn asynchronous(mut self) -> Self {
        self.0.is_async = true;
        self
    }

    /// The descriptor.
    pub const fn done(self) -> BoundaryDescriptor {
        self.0
    }
}

/// Gives the place of a declaration, or the id of an effect that declares none.
///
/// The place of an effect is asked for in an `impl` of its intent's type.
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

/// Makes an intent of a type whose effect could not be understood, so that the mistake is the only
/// thing that the compiler complains of.
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
