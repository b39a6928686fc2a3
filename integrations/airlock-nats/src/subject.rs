//! Subjects and other names on the server.
//!
//! | subject | holds |
//! |---|---|
//! | `<name>.run.<queue>.<effect>` | intents that any worker takes |
//! | `<name>.order-<n>.<queue>.<effect>` | intents whose ordering keys belong to partition `n` |
//! | `<name>.later.<queue>.<effect>.<id>` | delayed intents |
//! | `<name>-dead.<queue>.<effect>` | dead intents |
//!
//! The subject of an intent with a key has `.key.<hash>` after its effect. The server uses it to check whether another
//! one with that key is unfinished.

use std::borrow::Cow;
use std::hash::Hasher as _;

use airlock_durable::is_plain_name;

/// The queue of intents that name none.
pub(crate) const DEFAULT_QUEUE: &str = "default";

/// The names on one server.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) name: String,
    pub(crate) partitions: u16,
}

/// The parts of an intent that determine its subject.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) queue: &'a str,
    pub(crate) effect: &'a str,
    pub(crate) ordering_key: Option<&'a str>,
    pub(crate) unique_key: Option<&'a str>,
}

impl Names {
    /// Returns the name of the stream of intents to be performed.
    pub(crate) fn stream(&self) -> &str {
        &self.name
    }

    /// Returns the name of the stream of dead intents.
    pub(crate) fn dead_stream(&self) -> String {
        format!("{}-dead", self.name)
    }

    pub(crate) fn all_subjects(&self) -> String {
        format!("{}.>", self.name)
    }

    pub(crate) fn all_dead_subjects(&self) -> String {
        format!("{}-dead.>", self.name)
    }

    /// Returns the subject from which an intent is performed.
    pub(crate) fn subject(&self, place: Place<'_>) -> String {
        let kind = match place.ordering_key {
            Some(key) => Cow::Owned(format!("order-{}", self.partition(key))),
            None => Cow::Borrowed("run"),
        };
        self.of_kind(&kind, place)
    }

    /// Returns the subject of a delayed intent. A second message with the same subject would replace the first.
    pub(crate) fn waiting_subject(&self, place: Place<'_>, id: &str) -> String {
        let subject = self.of_kind("later", place);
        match place.unique_key {
            Some(_) => subject,
            None => format!("{subject}.{id}"),
        }
    }

    /// Returns a pattern for all subjects of an intent's key.
    pub(crate) fn key_subjects(&self, place: Place<'_>) -> Option<String> {
        let effect = tokens(place.effect);
        let key = place.unique_key?;
        Some([&self.name, "*", "*", &effect, "key", key].join("."))
    }

    /// Returns the subject of a delayed copy of a message. The copy does not replace any other message.
    pub(crate) fn copy_subject(&self, subject: &str, sequence: u64) -> String {
        let (_, rest) = self.after_kind(subject);
        let waiting = format!("{}.later.{rest}", self.name);
        match has_key(rest) {
            true => waiting,
            false => format!("{waiting}.{sequence}"),
        }
    }

    /// Returns the queue and the effect of a subject.
    pub(crate) fn parts<'a>(&self, subject: &'a str) -> (&'a str, &'a str) {
        let (_, rest) = self.after_kind(subject);
        rest.split_once('.').unwrap_or((rest, "_"))
    }

    fn after_kind<'a>(&self, subject: &'a str) -> (&'a str, &'a str) {
        let subject = subject.strip_prefix(&self.name).unwrap_or(subject);
        let subject = subject.strip_prefix('.').unwrap_or(subject);
        subject.split_once('.').unwrap_or((subject, "_"))
    }

    pub(crate) fn dead_subject(&self, queue: &str, effect: &str) -> String {
        format!("{}-dead.{}.{}", self.name, token(queue), tokens(effect))
    }

    fn of_kind(&self, kind: &str, place: Place<'_>) -> String {
        let (name, queue, effect) = (&self.name, token(place.queue), tokens(place.effect));
        match place.unique_key {
            Some(key) => [name, kind, &queue, &effect, "key", key].join("."),
            None => [name, kind, &queue, &effect].join("."),
        }
    }

    /// Returns the consumers of a queue, each with its subjects. The first one is for intents without an ordering key.
    pub(crate) fn consumers(&self, queue: &str) -> Vec<(String, String)> {
        let unordered = (queue.to_owned(), format!("{}.run.{queue}.>", self.name));
        let ordered = (0..self.partitions).map(|partition| {
            (
                format!("{queue}-order-{partition}"),
                format!("{}.order-{partition}.{queue}.>", self.name),
            )
        });
        std::iter::once(unordered).chain(ordered).collect()
    }

    fn partition(&self, ordering_key: &str) -> u64 {
        // FNV-1a, because its result is the same in every program and version.
        let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
        hash.write(ordering_key.as_bytes());
        hash.finish() % u64::from(self.partitions.max(1))
    }
}

struct Fnv(u64);

impl std::hash::Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Returns whether a subject ends with a key.
fn has_key(subject: &str) -> bool {
    let mut last = subject.rsplit('.');
    let is_hash = |it: &str| it.len() == 64 && it.bytes().all(|byte| byte.is_ascii_hexdigit());
    last.next().is_some_and(is_hash) && last.next() == Some("key")
}

/// Converts a text to one token of a subject. The envelope contains the original text.
fn token(text: &str) -> Cow<'_, str> {
    match is_plain_name(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(tokens(text).replace('.', "_")),
    }
}

/// Converts an id to tokens of a subject.
fn tokens(id: &str) -> Cow<'_, str> {
    // Fast path: nearly every id is already valid.
    if id.split('.').all(is_plain_name) {
        return Cow::Borrowed(id);
    }
    let token = |part: &str| match part {
        "" => "_".to_owned(),
        part => part
            .chars()
            .map(
                |char| match char.is_ascii_alphanumeric() || "-_".contains(char) {
                    true => char,
                    false => '_',
                },
            )
            .collect(),
    };
    Cow::Owned(id.split('.').map(token).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::{Names, Place, tokens};

    fn names() -> Names {
        Names {
            name: "shop".to_owned(),
            partitions: 4,
        }
    }

    const PLACE: Place<'_> = Place {
        queue: "mail",
        effect: "shop.send",
        ordering_key: None,
        unique_key: None,
    };

    #[test]
    fn a_subject_says_queue_and_effect() {
        assert_eq!(names().subject(PLACE), "shop.run.mail.shop.send");
        assert_eq!(
            names().waiting_subject(PLACE, "7"),
            "shop.later.mail.shop.send.7"
        );
    }

    #[test]
    fn the_subjects_of_a_key_are_found_with_one_pattern() {
        let place = Place {
            unique_key: Some("ab"),
            ordering_key: Some("customer"),
            ..PLACE
        };
        let pattern = names().key_subjects(place).expect("it has a key");
        assert_eq!(pattern, "shop.*.*.shop.send.key.ab");
        let ordered = names().subject(place);
        let waiting = names().waiting_subject(place, "7");
        for subject in [ordered, waiting] {
            let (before, after) = pattern.split_once("*.*").expect("wildcards");
            assert!(subject.starts_with(before) && subject.ends_with(after));
            assert_eq!(subject.split('.').count(), pattern.split('.').count());
        }
    }

    #[test]
    fn a_key_is_always_in_the_same_partition() {
        let place = |key| Place {
            ordering_key: Some(key),
            ..PLACE
        };
        assert_eq!(
            names().subject(place("customer-7")),
            "shop.order-1.mail.shop.send"
        );
        assert_eq!(
            names().subject(place("customer-8")),
            "shop.order-0.mail.shop.send"
        );
    }

    #[test]
    fn a_copy_waits_on_a_subject_of_its_own_or_of_its_key() {
        assert_eq!(
            names().copy_subject("shop.run.mail.shop.key.send", 9),
            "shop.later.mail.shop.key.send.9"
        );
        let keyed = format!("shop.run.mail.shop.send.key.{}", "0f".repeat(32));
        assert_eq!(
            names().copy_subject(&keyed, 9),
            keyed.replace("run", "later")
        );
    }

    #[test]
    fn queue_and_effect_are_found_in_a_subject() {
        assert_eq!(
            names().parts("shop.order-3.mail.shop.send"),
            ("mail", "shop.send")
        );
        assert_eq!(names().parts("shop"), ("_", "_"));
    }

    #[test]
    fn what_no_subject_can_hold_is_replaced() {
        assert_eq!(tokens("a..b c.*.>.ä"), "a._.b_c._._._");
    }
}
