//! Arguments of effects, and the resources that their bodies need.

use std::any::TypeId;
use std::fmt;

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
