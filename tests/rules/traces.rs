//! What is logged through `tracing`: the documented fields, and nothing of a redacted argument.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use airlock::policy::{drop_all, log_on_flush};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::fixture::{fail, logged, mail};

/// Writes every event and every new span as a line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn push(&self, name: &str, record: impl FnOnce(&mut Line)) {
        let mut line = Line(name.to_owned());
        record(&mut line);
        self.0.lock().expect("no panic").push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "airlock"
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.push(&format!("span {}", span.metadata().name()), |line| {
            span.record(line);
        });
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        self.push(event.metadata().level().as_str(), |line| event.record(line));
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn lines_of(work: impl FnOnce()) -> Vec<String> {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), work);

    lines.0.lock().expect("no panic").clone()
}

#[airlock::effect(redact(token))]
fn login(token: String) -> Result<(), String> {
    drop(token);
    Err("refused".to_owned())
}

#[test]
fn scope_enqueue_verdict_dispatch_and_failure_are_logged() {
    let lines = lines_of(|| {
        logged(|_| {
            let _ = airlock::scope().name("request").run_infallible(|_| {
                airlock::enqueue(mail(1));
                airlock::policy(drop_all()).run(|| airlock::enqueue(mail(2)));
                airlock::enqueue(fail(3));
            });
        });
    });
    let has = |parts: &[&str]| {
        let found = lines
            .iter()
            .any(|line| parts.iter().all(|part| line.contains(part)));
        assert!(found, "{parts:?} in {lines:#?}");
    };
    has(&["span scope", "scope=", "name=\"request\""]);
    has(&[
        "TRACE",
        "enqueued",
        "effect=",
        ".mail",
        "intent=",
        "scope=",
        "at=",
        "traces.rs:",
    ]);
    has(&[
        "DEBUG",
        "dropped",
        "effect=",
        "intent=",
        "at=",
        "policy=drop_all",
    ]);
    has(&["span perform", "effect=", "intent="]);
    has(&["DEBUG", "dispatched", ".mail"]);
    has(&["ERROR", "effect failed", ".fail", "at=", "error="]);
    has(&[
        "DEBUG",
        "scope ended",
        "outcome=success",
        "dispatched=1",
        "of=3",
    ]);
}

#[test]
fn no_log_shows_a_redacted_argument() {
    let lines = lines_of(|| {
        logged(|_| {
            let _ = airlock::scope().policy(log_on_flush()).run_infallible(|_| {
                airlock::enqueue(login("tok_secret".to_owned()));
            });
        });
    });
    assert!(
        lines
            .iter()
            .any(|line| line.contains("Login { token: <redacted> }")),
        "{lines:#?}"
    );
    assert!(
        !lines.iter().any(|line| line.contains("secret")),
        "{lines:#?}"
    );
}
