//! Keys, by which two intents are recognised as the same wish.

use std::borrow::Cow;
use std::fmt;

/// Identifies a wish among the intents of one effect, for coalescing and idempotency.
///
/// A key is made from integers, strings and tuples of those; see [`IntoKey`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Key {
    /// An integer.
    Number(i128),
    /// A string.
    Text(Cow<'static, str>),
    /// Several keys, in order.
    Tuple(Vec<Key>),
}

/// The key of an intent, or none.
///
/// Most keys are ids, so a number that fits is kept in one word. An `i128` is stored in two halves, and reading it
/// back at once would cost a store-forwarding stall.
pub(crate) enum Keyed {
    None,
    Number(u64),
    Other(Key),
}

impl Keyed {
    /// Converts a key. Takes the fast form for numbers that fit.
    #[inline]
    pub(crate) fn new(key: Option<Key>) -> Self {
        let Some(key) = key else { return Self::None };
        if let Key::Number(number) = &key
            && let Ok(number) = u64::try_from(*number)
        {
            // A number owns nothing. The compiler does not see that and would emit the drop of a `Key`.
            std::mem::forget(key);
            return Self::Number(number);
        }
        Self::Other(key)
    }

    pub(crate) fn into_key(self) -> Option<Key> {
        match self {
            Self::None => None,
            Self::Number(number) => Some(Key::Number(i128::from(number))),
            Self::Other(key) => Some(key),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Number(number) => write!(f, "{number}"),
            Key::Text(text) => f.write_str(text),
            Key::Tuple(keys) => {
                for (index, key) in keys.iter().enumerate() {
                    if index > 0 {
                        f.write_str("/")?;
                    }
                    write!(f, "{key}")?;
                }
                Ok(())
            }
        }
    }
}

/// A value that can be converted into a [`Key`].
///
/// ```
/// use airlock_core::{IntoKey, Key};
///
/// assert_eq!(7_u64.into_key(), Key::Number(7));
/// assert_eq!(("order", 7).into_key().to_string(), "order/7");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key",
    note = "a key is an integer, a string or a tuple of those: write `key = order.0`, or `key = order.to_string()`"
)]
pub trait IntoKey {
    /// Converts the value into a key.
    fn into_key(self) -> Key;
}

macro_rules! number_keys {
    ($($ty:ty)+) => {$(
        impl IntoKey for $ty {
            fn into_key(self) -> Key {
                Key::Number(i128::from(self))
            }
        }
    )+};
}
number_keys!(u8 u16 u32 u64 i8 i16 i32 i64 i128 bool);

impl IntoKey for usize {
    fn into_key(self) -> Key {
        Key::Number(self as i128)
    }
}

impl IntoKey for isize {
    fn into_key(self) -> Key {
        Key::Number(self as i128)
    }
}

impl IntoKey for Key {
    fn into_key(self) -> Key {
        self
    }
}

impl IntoKey for String {
    fn into_key(self) -> Key {
        Key::Text(Cow::Owned(self))
    }
}

impl IntoKey for &str {
    fn into_key(self) -> Key {
        Key::Text(Cow::Owned(self.to_owned()))
    }
}

#[diagnostic::do_not_recommend]
impl<K: IntoKey + Clone> IntoKey for &K {
    fn into_key(self) -> Key {
        self.clone().into_key()
    }
}

impl<A: IntoKey, B: IntoKey> IntoKey for (A, B) {
    fn into_key(self) -> Key {
        Key::Tuple(vec![self.0.into_key(), self.1.into_key()])
    }
}

impl<A: IntoKey, B: IntoKey, C: IntoKey> IntoKey for (A, B, C) {
    fn into_key(self) -> Key {
        Key::Tuple(vec![
            self.0.into_key(),
            self.1.into_key(),
            self.2.into_key(),
        ])
    }
}
