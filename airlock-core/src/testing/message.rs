//! What a failed assertion prints.

use std::error::Error;
use std::fmt::Write;

use crate::options::{FireOn, Schedule};
use crate::table::Table;
use crate::testing::Seen;

/// The columns of [`table`].
const HEADER: [&str; 8] = [
    "",
    "effect",
    "intent",
    "options",
    "fate",
    "enqueued at",
    "caused by",
    "from",
];

pub(super) type Row = [String; HEADER.len()];

/// A row for each intent.
pub(super) fn rows(seen: &[Seen<'_>]) -> Vec<Row> {
    seen.iter().map(row).collect()
}

fn row(seen: &Seen<'_>) -> Row {
    let at = seen.location();
    let scheduled = match seen.schedule() {
        Schedule::At(time) => match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(since) => format!("at {} s of Unix time", since.as_secs()),
            Err(_) => "at a time before 1970".to_owned(),
        },
        schedule => delay(schedule),
    };
    [
        String::new(),
        seen.effect().id().to_owned(),
        seen.arguments(),
        options(seen, scheduled),
        seen.fate().map(ToString::to_string).unwrap_or_default(),
        format!("{}:{}", at.file(), at.line()),
        seen.cause().map(ToString::to_string).unwrap_or_default(),
        seen.origin().map(ToString::to_string).unwrap_or_default(),
    ]
}

/// A delay in words, the same in each run.
pub(super) fn delay(schedule: Schedule) -> String {
    match schedule {
        Schedule::Now => String::new(),
        Schedule::After(delay) => format!("after {delay:?}"),
        Schedule::At(_) => "at a set time".to_owned(),
    }
}

/// The options that are set, in words.
pub(super) fn options(seen: &Seen<'_>, delay: String) -> String {
    let fires = match seen.fire_on() {
        FireOn::Success => "",
        FireOn::Failure => "on failure",
        FireOn::Always => "always",
    };
    let words = [
        delay,
        named("queue", seen.queue()),
        named("priority", seen.priority()),
        named("key", seen.shown_key()),
        fires.to_owned(),
    ];
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(", ")
}

fn named(name: &str, value: Option<impl std::fmt::Display>) -> String {
    value
        .map(|value| format!("{name} {value}"))
        .unwrap_or_default()
}

/// The rows as a table.
pub(super) fn table(rows: Vec<Row>) -> String {
    let mut table = Table::new(HEADER);
    for row in rows {
        table.row(row);
    }
    table.to_string()
}

/// An error with the messages of what caused it.
pub(super) fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, ": {error}");
        source = error.source();
    }
    text
}

/// What is wrong, and everything that is there, with a mark on what came nearest.
pub(super) fn failure(
    wrong: &str,
    holds: &str,
    seen: &[Seen<'_>],
    nearest: &[usize],
    hint: &str,
) -> String {
    let mut text = format!("{wrong}\n");
    let count = match seen.len() {
        0 => "nothing".to_owned(),
        1 => "1 intent".to_owned(),
        count => format!("{count} intents"),
    };
    let _ = write!(text, "{holds}: {count}");
    if seen.is_empty() {
        return text + hint;
    }
    text.push('\n');
    let mut rows = rows(seen);
    for &position in nearest {
        rows[position][0] = "->".to_owned();
    }
    text + &table(rows)
}
