//! Functions and builders with which the macros write descriptors.

use std::any::TypeId;
use std::time::Duration;

use crate::effect::{Argument, Encoding, Place, ResourceNeed, RetryRule};

impl Place {
    /// Makes an id from a function's path. `N` is the length of the path.
    pub const fn id<const N: usize>(path: &str) -> Id<N> {
        Id::new(path)
    }
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
        type_path: std::any::type_name::<T>,
        type_id: TypeId::of::<T>,
        forms: crate::effect::forms::<T>,
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

/// Expands to the location of a declaration, or to the id of an effect that declares none.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_place {
    ($name:literal, $line:literal, $column:literal) => {
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
            impl $crate::__private::Effect for $intent {
                const DESCRIPTOR: &'static $crate::__private::EffectDescriptor =
                    &$crate::__private::EffectDescriptor::new(
                        $crate::__private::EffectSpec::new::<Self>(
                            $crate::__airlock_place!("", 0, 0),
                            ::core::stringify!($intent),
                            ::core::stringify!($intent),
                        ),
                    );
                fn perform(
                    self,
                    _: &$crate::__private::Resources,
                ) -> $crate::__private::Performing<'_> {
                    $crate::__private::perform_sync(|| ::core::result::Result::Ok(()))
                }
            }
            impl ::core::clone::Clone for $intent {
                fn clone(&self) -> Self {
                    ::core::unreachable!()
                }
            }
        };
    };
}
