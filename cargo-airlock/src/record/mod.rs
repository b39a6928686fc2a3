//! What a built file says of its effects and boundaries, without being run.

mod decode;
mod section;

use serde::Serialize;

pub use self::decode::{Corrupt, Record, Records, decode};
pub use self::section::{ReadError, read_bytes, read_file};

/// An effect, as its record tells it. It serialises as `airlock::catalogue::EffectDescriptor` does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// The id.
    pub id: String,
    /// Ids that it had before.
    pub aliases: Vec<String>,
    /// The function's name.
    pub name: String,
    /// The name of the intent type.
    pub intent: String,
    /// What an intent holds.
    pub arguments: Vec<Argument>,
    /// What the body borrows from the program.
    pub resources: Vec<Resource>,
    /// Whether the body is async.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// Whether the body can return an error.
    pub fallible: bool,
    /// Whether its intents can be encoded and decoded.
    pub durable: bool,
    /// Whether one call performs many intents.
    pub batch: bool,
    /// Whether it is never repeated.
    pub once: bool,
    /// The expression of its key.
    pub key: Option<String>,
    /// Which of several intents with one key is kept: `first` or `last`.
    pub keeps: &'static str,
    /// The queue.
    pub queue: Option<String>,
    /// The priority.
    pub priority: Option<i16>,
    /// How often it may be tried.
    pub attempts: Option<u32>,
    /// How long one attempt may take.
    pub timeout_ms: Option<u64>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its doc comment.
    pub docs: String,
    /// The package that declares it.
    pub package: String,
    /// The module that declares it.
    pub module: String,
    /// `file:line`.
    pub place: String,
    /// The column of its name.
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
    /// Its name.
    pub name: String,
    /// Its type, as written.
    #[serde(rename = "type")]
    pub type_name: String,
    /// Whether its value is kept out of sight.
    pub redacted: bool,
    /// Its name in encoded intents, if that is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoded_as: Option<String>,
    /// Names under which it is read, too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<String>,
    /// Whether it may be missing in an encoded intent.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub default: bool,
    /// What else serde is told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoded_by: Option<String>,
    /// Whether `skip_serializing_if` leaves it out of some encoded intents.
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

/// How long to wait between attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Before the second attempt.
    pub first_ms: u64,
    /// By how much it grows.
    pub factor: u32,
    /// The longest.
    pub longest_ms: u64,
}

/// A boundary, as its record tells it. It serialises as `airlock::catalogue::BoundaryDescriptor` does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Boundary {
    /// Its name.
    pub name: String,
    /// The ids of the effects that may be enqueued under it; `None` if it does not say.
    pub emits: Option<Vec<String>>,
    /// Whether its body is async.
    #[serde(rename = "async")]
    pub is_async: bool,
    /// Its doc comment.
    pub docs: String,
    /// The package that declares it.
    pub package: String,
    /// The module that declares it.
    pub module: String,
    /// `file:line`.
    pub place: String,
    /// The line alone: boundaries are sorted by it.
    #[serde(skip)]
    pub line: u32,
    /// The version of airlock that it was built with.
    #[serde(skip)]
    pub airlock: String,
}

impl Effect {
    /// The id and the aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.id)
            .chain(&self.aliases)
            .map(String::as_str)
    }
}

impl Argument {
    /// Its name in encoded intents.
    pub fn encoded_name(&self) -> &str {
        self.encoded_as.as_deref().unwrap_or(&self.name)
    }
}

/// The first sentence of a doc comment, as the table of `airlock::catalogue::Catalogue` shows it.
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
