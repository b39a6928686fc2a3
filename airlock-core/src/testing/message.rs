//! The messages of failed assertions.

use std::fmt::Write;

use crate::intent::Schedule;
use crate::report::Table;
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

/// The maximum number of intents shown, and of nearest ones shown in addition.
const SHOWN: usize = 50;

/// The maximum number of characters shown of a value.
const LONG: usize = 300;

pub(super) type Row = [String; HEADER.len()];

/// Returns a row for each intent.
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
        schedule => schedule.in_words(),
    };
    let cells = [
        String::new(),
        seen.effect().id().to_owned(),
        seen.arguments(),
        options(seen, scheduled),
        seen.decided()
            .map(|fate| fate.to_string())
            .unwrap_or_default(),
        format!("{}:{}", at.file(), at.line()),
        seen.caused_by(),
        seen.origin().map(ToString::to_string).unwrap_or_default(),
    ];
    cells.map(shortened)
}

/// Describes the options that are set, in words.
pub(super) fn options(seen: &Seen<'_>, delay: String) -> String {
    let key = seen.shown_key().map(|key| format!("key {key}"));
    let words = [
        seen.placement_in_words(delay),
        key.unwrap_or_default(),
        seen.fire_on().in_words().to_owned(),
    ];
    let words: Vec<_> = words.into_iter().filter(|word| !word.is_empty()).collect();
    words.join(", ")
}

/// Formats the first [`SHOWN`] rows as a table.
pub(super) fn first_of(mut rows: Vec<Row>) -> String {
    let all = rows.len();
    rows.truncate(SHOWN);
    table(rows, all)
}

/// Formats the rows as a table, followed by how many of `all` are not shown.
fn table(rows: Vec<Row>, all: usize) -> String {
    let more = all - rows.len();
    let mut table = Table::new(HEADER);
    for row in rows {
        table.row(row);
    }
    match more {
        0 => table.to_string(),
        more => format!("{table}  and {more} more\n"),
    }
}

/// Formats the message of a failed assertion: what is wrong, and the intents, with a mark on the
/// nearest ones. Of more than [`SHOWN`] intents it shows the first, and the first of the nearest.
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
    let mut places: Vec<_> = (0..seen.len().min(SHOWN)).collect();
    let behind = nearest.iter().filter(|&&place| place >= SHOWN);
    places.extend(behind.take(SHOWN));
    let shown: Vec<_> = places.iter().map(|&place| seen[place]).collect();
    let mut rows = rows(&shown);
    for (row, place) in rows.iter_mut().zip(&places) {
        if nearest.contains(place) {
            row[0] = "->".to_owned();
        }
    }
    text + &table(rows, seen.len())
}

/// Truncates a text to [`LONG`] characters and appends its length in bytes.
pub(super) fn shortened(text: String) -> String {
    match text.char_indices().nth(LONG) {
        Some((end, _)) => format!("{}.. ({} bytes)", &text[..end], text.len()),
        None => text,
    }
}
