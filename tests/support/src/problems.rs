//! A subscriber that records the warnings and errors of each thread.

use std::cell::RefCell;
use std::fmt::{Debug, Write};
use std::sync::Once;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// A subscriber that records each warning and error as a line. There is one for the whole process, so that
/// no other subscriber can enable or disable callsites.
struct Problems;

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Problems {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "airlock" && *metadata.level() <= LevelFilter::WARN
    }
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        LINES.with_borrow_mut(|lines| lines.push(line.0));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Installs the subscriber, if necessary, and clears the lines of this thread.
///
/// # Panics
///
/// If the process has another subscriber.
pub fn listen() {
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| {
        tracing::subscriber::set_global_default(Problems).expect("nobody else has");
    });
    LINES.take();
}

/// Returns the warnings and errors that a closure logs on this thread.
pub fn problems_of(work: impl FnOnce()) -> Vec<String> {
    listen();
    work();
    LINES.take()
}

/// Returns the warnings and errors that a future logs on this thread.
pub async fn problems_of_async(work: impl Future) -> Vec<String> {
    listen();
    work.await;
    LINES.take()
}

/// Returns only the errors, without their level.
pub async fn errors_of(work: impl Future) -> Vec<String> {
    let lines = problems_of_async(work).await;
    let error = |line: &String| line.strip_prefix("ERROR").map(str::to_owned);
    lines.iter().filter_map(error).collect()
}
