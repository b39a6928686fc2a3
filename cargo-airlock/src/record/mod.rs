//! Reads the effects and boundaries of a built file, without running it.

mod decode;
mod section;

use serde::Serialize;

pub use self::decode::{Corrupt, Record, Records, decode};
pub use self::section::{ReadError, read_bytes, read_file};

/// An effect, as stored in its record. It serialises like `airlock::catalogue::EffectDescriptor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// The id of the effect.
    pub id: String,
    /// Other ids under which it is found.
    pub aliases: Vec<String>,
    /// The name of the function.
    pub name: String,
    /// The name of the intent type.
    pub intent: String,
    /// The arguments that an intent holds.
    pub arguments: Vec<Argument>,
    /// The resources that the body borrows.
    pub resources: Vec<Resource>,
    /// The ids of the effects that the body may enqueue; `None` if it does not declare them.
    pub emits: Option<Vec<String>>,
    /// `true` if the body is async.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// `true` if the body can return an error.
    pub fallible: bool,
    /// `true` if its intents can be encoded and decoded.
    pub durable: bool,
    /// `true` if one call performs many intents.
    pub batch: bool,
    /// `true` if it is never repeated.
    pub once: bool,
    /// The expression of its key.
    pub key: Option<String>,
    /// The intent that is kept of several with the same key: `first` or `last`.
    pub keeps: &'static str,
    /// The queue of its messages.
    pub queue: Option<String>,
    /// The priority of its messages.
    pub priority: Option<i16>,
    /// The maximum number of attempts.
    pub attempts: Option<u32>,
    /// The time limit of one attempt, in milliseconds.
    pub timeout_ms: Option<u64>,
    /// The tags of the effect.
    pub tags: Vec<String>,
    /// The doc comment of the function.
    pub docs: String,
    /// The package that declares it.
    pub package: String,
    /// The module that declares it.
    pub module: String,
    /// The place of the declaration, as `file:line`.
    pub place: String,
    /// The column of the function's name.
    #[serde(skip)]
    pub column: u32,
    /// The waits between attempts.
    #[serde(skip)]
    pub waits: Option<Waits>,
    /// The version of airlock that it was built with.
    #[serde(skip)]
    pub airlock: String,
}

/// One argument of an effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Argument {
    /// The name in the source.
    pub name: String,
    /// The type, as written.
    #[serde(rename = "type")]
    pub type_name: String,
    /// `true` if its value is redacted.
    pub redacted: bool,
    /// The name in encoded intents, if it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoded_as: Option<String>,
    /// Other names under which it is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// `true` if it may be missing in an encoded intent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// Other serde attributes that change its encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoded_by: Option<String>,
    /// `true` if `skip_serializing_if` leaves it out of some encoded intents.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
}

/// One resource of an effect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resource {
    /// The argument's name.
    pub name: String,
    /// The type, as written.
    #[serde(rename = "type")]
    pub type_name: String,
}

/// The waits between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// The wait before the second attempt, in milliseconds.
    pub first_ms: u64,
    /// The factor by which each wait grows.
    pub factor: u32,
    /// The longest wait, in milliseconds.
    pub longest_ms: u64,
}

/// A boundary, as stored in its record. It serialises like `airlock::catalogue::BoundaryDescriptor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Boundary {
    /// The name of the boundary.
    pub name: String,
    /// The ids of the effects that may be enqueued in it; `None` if it does not declare them.
    pub emits: Option<Vec<String>>,
    /// `true` if the body is async.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// The doc comment.
    pub docs: String,
    /// The package that declares it.
    pub package: String,
    /// The module that declares it.
    pub module: String,
    /// The place of the declaration, as `file:line`.
    pub place: String,
    /// The line alone, by which boundaries are sorted.
    #[serde(skip)]
    pub line: u32,
    /// The version of airlock that it was built with.
    #[serde(skip)]
    pub airlock: String,
}

impl Effect {
    /// Returns the id and the aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.id)
            .chain(&self.aliases)
            .map(String::as_str)
    }
}

impl Boundary {
    /// Returns the module and the name.
    pub fn path(&self) -> String {
        format!("{}::{}", self.module, self.name)
    }
}

impl Argument {
    /// Returns the name in encoded intents.
    pub fn encoded_name(&self) -> &str {
        self.encoded_as.as_deref().unwrap_or(&self.name)
    }
}

/// Returns the first sentence of a doc comment, as in the table of `airlock::catalogue::Catalogue`.
pub fn summary(docs: &str) -> String {
    let paragraph = docs.trim().lines().map(str::trim);
    let paragraph = paragraph.take_while(|line| !line.is_empty());
    let mut summary = String::new();
    for word in paragraph.flat_map(str::split_whitespace) {
        let ended = summary.ends_with(['.', '!', '?']);
        if ended && word.starts_with(char::is_uppercase) {
            break;
        }
        if !summary.is_empty() {
            summary.push(' ');
        }
        summary.push_str(word);
    }
    summary
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn a_summary_is_the_first_sentence_and_not_the_first_line() {
        for (docs, first) in [
            ("", ""),
            (" Sends.\n\n More.", "Sends."),
            (
                "Sends a mail\nto the buyer. Only once.",
                "Sends a mail to the buyer.",
            ),
            (
                "Keeps v1.2 of it, e.g. there",
                "Keeps v1.2 of it, e.g. there",
            ),
            ("A title\n\nSends.", "A title"),
        ] {
            assert_eq!(summary(docs), first);
        }
    }
}
