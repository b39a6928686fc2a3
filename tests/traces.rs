//! Logging through `tracing`: the documented fields, and no redacted arguments.

use std::cell::{Cell, RefCell};
use std::fmt::{self, Debug, Display, Write};
use std::sync::Once;

use airlock::Origin;
use airlock::executor::Recorder;
use airlock::policy::{drop_all, log_on_flush};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

thread_local! {
    /// The lines that this thread logs while a test listens.
    static LINES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
    /// `true` if the subscriber calls into airlock each time it is called.
    static ASKS: Cell<bool> = const { Cell::new(false) };
}

fn ask() {
    if ASKS.replace(false) {
        let _ = airlock::current();
        let _ = airlock::try_enqueue(mail(0));
        let _ = airlock::scope().run_infallible(|_| ());
        ASKS.set(true);
    }
}

/// An origin that calls into airlock when it is formatted.
struct Asking;

impl Display for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        ask();
        f.write_str("asking")
    }
}

/// A subscriber that writes a line for each event, each new span, and each entry of a `perform` span. There
/// is one for the whole process, so that no other subscriber can enable or disable callsites.
struct Lines;

impl Lines {
    fn push(name: &str, record: impl FnOnce(&mut Line)) {
        let mut line = Line(name.to_owned());
        record(&mut line);
        LINES.with_borrow_mut(|lines| {
            if let Some(lines) = lines {
                lines.push(line.0);
            }
        });
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
        ask();
        Self::push(&format!("span {}", span.metadata().name()), |line| {
            span.record(line);
        });
        Id::from_u64(if span.metadata().name() == "perform" {
            2
        } else {
            1
        })
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        ask();
        Self::push(event.metadata().level().as_str(), |line| event.record(line));
    }
    fn clone_span(&self, id: &Id) -> Id {
        ask();
        id.clone()
    }
    fn try_close(&self, _: Id) -> bool {
        ask();
        false
    }
    fn enter(&self, id: &Id) {
        ask();
        if *id == Id::from_u64(2) {
            Self::push("enter perform", |_| {});
        }
    }
    fn exit(&self, _: &Id) {
        ask();
    }
}

fn lines_of(work: impl FnOnce()) -> Vec<String> {
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| {
        tracing::subscriber::set_global_default(Lines).expect("nobody else has");
    });
    LINES.set(Some(Vec::new()));
    work();
    LINES.take().unwrap_or_default()
}

#[airlock::effect]
fn mail(n: u32) {
    let _ = n;
}

#[airlock::effect]
fn fail(n: u32) -> Result<(), String> {
    Err(format!("no luck with {n}"))
}

#[airlock::effect]
async fn ship(n: u32) {
    tokio::task::yield_now().await;
    let _ = n;
}

#[airlock::effect(redact(token))]
fn login(token: String) -> Result<(), String> {
    drop(token);
    Err("refused".to_owned())
}

#[test]
fn scope_enqueue_verdict_dispatch_and_failure_are_logged() {
    let lines = lines_of(|| {
        let _ = airlock::scope().name("request").run_infallible(|_| {
            airlock::enqueue(mail(1));
            airlock::policy(drop_all()).run(|| airlock::enqueue(mail(2)));
            airlock::enqueue(fail(3));
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
    has(&[
        "ERROR",
        "effect failed",
        ".fail",
        "at=",
        "error=",
        "no luck with 3",
    ]);
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
        let _ = airlock::scope().policy(log_on_flush()).run_infallible(|_| {
            airlock::enqueue(login("tok_secret".to_owned()));
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

#[test]
fn an_async_effect_is_polled_in_its_span() {
    let lines = lines_of(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let scope = airlock::scope().run_infallible_async(async |_| airlock::enqueue(ship(1)));
        let ended = runtime.expect("it starts").block_on(scope);
        ended.expect("it succeeds");
    });
    let entered = lines.iter().filter(|line| *line == "enter perform").count();
    assert!(entered >= 3, "made once, polled twice: {lines:#?}");
}

#[test]
fn handing_over_is_logged() {
    let lines = lines_of(|| {
        let scope = airlock::scope().executor(Recorder::new());
        let _ = scope.run_infallible(|_| airlock::enqueue(mail(1)));
    });
    let handed_over = lines
        .iter()
        .any(|line| line.contains("handed over") && line.contains("executor=recorder"));
    assert!(handed_over, "{lines:#?}");
}

#[airlock::effect]
fn cause(n: u32) {
    airlock::enqueue(mail(n));
}

#[airlock::effect]
async fn cause_later(n: u32) {
    tokio::task::yield_now().await;
    airlock::enqueue(mail(n));
}

#[test]
fn a_subscriber_may_ask_for_the_scope_whenever_it_is_called() {
    let scope = || airlock::scope().origin(Origin::new(Asking));
    ASKS.set(true);
    let lines = lines_of(|| {
        for publishes in [false, true] {
            let ended = scope().run_infallible(|scope| {
                if publishes {
                    drop(scope.clone());
                }
                airlock::enqueue(cause(1));
                let inner = airlock::scope();
                let inner = inner.run_infallible(|_| airlock::enqueue(cause(2)));
                inner.expect("it is captured");
                airlock::scope().open().discard();
            });
            ended.expect("nothing fails");
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let work = scope().run_infallible_async(async |_| airlock::enqueue(cause_later(3)));
        let ended = runtime.expect("it starts").block_on(work);
        ended.expect("nothing fails");
    });
    ASKS.set(false);
    let performed = |effect: &str| {
        let line = |line: &&String| line.contains("dispatched") && line.contains(effect);
        lines.iter().filter(line).count()
    };
    assert_eq!((performed(".cause"), performed(".cause_later")), (4 + 1, 1));
}
