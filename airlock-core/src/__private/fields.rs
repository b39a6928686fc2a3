//! Encodes and decodes the arguments of a durable intent one by one.
//!
//! A derived `Serialize` and `Deserialize` would do the same. But each names the type of an argument in
//! several places, and the compiler reports an argument that cannot be encoded at each of them; and a
//! derived `Deserialize` is most of what a durable effect costs to compile.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::Error as ValueError;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::__private::DurableArgument;
use crate::effect::BoxError;

/// The functions that encode and decode arguments of one type.
#[derive(Debug)]
pub struct ArgumentCodec<T> {
    encode: fn(&T, &mut Vec<u8>) -> serde_json::Result<()>,
    decode: fn(&str) -> serde_json::Result<T>,
    /// Returns the value of an argument that the message omits: `None` for an `Option`.
    missing: fn() -> Option<T>,
}

impl<T: DurableArgument> ArgumentCodec<T> {
    pub(super) const fn new() -> Self {
        Self {
            encode: |value, json| serde_json::to_writer(json, value),
            decode: |json| serde_json::from_str(json),
            missing: || T::deserialize(Missing).ok(),
        }
    }
}

/// A JSON object that is being written.
#[derive(Debug)]
pub struct FieldWriter(Vec<u8>);

impl FieldWriter {
    /// Starts an object.
    #[allow(clippy::new_without_default, reason = "not public API")]
    pub fn new() -> Self {
        let mut json = Vec::with_capacity(128);
        json.push(b'{');
        Self(json)
    }

    /// Adds an argument.
    ///
    /// # Errors
    ///
    /// The error of its `Serialize`.
    pub fn put<T>(
        &mut self,
        name: &str,
        codec: &ArgumentCodec<T>,
        value: &T,
    ) -> Result<(), BoxError> {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        serde_json::to_writer(&mut self.0, name)?;
        self.0.push(b':');
        Ok((codec.encode)(value, &mut self.0)?)
    }

    /// Ends the object.
    ///
    /// # Errors
    ///
    /// Never: `serde_json` writes UTF-8.
    pub fn finish(mut self) -> Result<String, BoxError> {
        self.0.push(b'}');
        Ok(String::from_utf8(self.0)?)
    }
}

/// The fields of a JSON object.
#[derive(Debug)]
pub struct FieldReader<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> FieldReader<'a> {
    /// Reads an object.
    ///
    /// # Errors
    ///
    /// If it is not a JSON object.
    pub fn new(json: &'a str) -> Result<Self, BoxError> {
        Ok(serde_json::from_str(json)?)
    }

    /// Decodes an argument: its field under the first name, or under a former one. Without a field, it has
    /// its default.
    ///
    /// # Errors
    ///
    /// If the field is missing without a default, or there twice, or if `Deserialize` failed.
    pub fn take<T>(
        &self,
        names: &[&'static str],
        default: Option<fn() -> T>,
        codec: &ArgumentCodec<T>,
    ) -> Result<T, BoxError> {
        let name = names.first().copied().unwrap_or_default();
        let mut found = self
            .0
            .iter()
            .filter(|(key, _)| names.iter().any(|name| name == key));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(format!("duplicate field `{name}`").into()),
            (Some((_, value)), None) => (codec.decode)(value.get())
                .map_err(|error| format!("argument `{name}`: {error}").into()),
            (None, _) => match default {
                Some(default) => Ok(default()),
                None => (codec.missing)().ok_or_else(|| format!("missing field `{name}`").into()),
            },
        }
    }
}

impl<'de> Deserialize<'de> for FieldReader<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = FieldReader<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with the arguments of an intent")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some(Name(name)) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(FieldReader(fields))
            }
        }

        deserializer.deserialize_map(Fields)
    }
}

/// The name of a field, borrowed unless it has escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an argument")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// A field that is not there. Only an `Option` can be deserialized from it, as with a derived `Deserialize`.
struct Missing;

impl<'de> Deserializer<'de> for Missing {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, ValueError> {
        Err(de::Error::custom("missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_none()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
