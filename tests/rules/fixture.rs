//! Effects that write into a log, and the airlock that holds it.

use std::sync::{Arc, Mutex, PoisonError};

use airlock::executor::Inline;
use airlock::{Airlock, FlushReport};

/// What the effects of one test did, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Into<String>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(line.into());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[airlock::effect]
pub(crate) fn mail(#[resource] log: &Log, n: u32) {
    log.add(format!("mail {n}"));
}

#[airlock::effect]
pub(crate) fn charge(#[resource] log: &Log, n: u32) -> Result<(), String> {
    log.add(format!("charge {n}"));
    Ok(())
}

/// Fails, after having written that it ran.
#[airlock::effect]
pub(crate) fn fail(#[resource] log: &Log, n: u32) -> Result<(), String> {
    log.add(format!("fail {n}"));
    Err(format!("no luck with {n}"))
}

#[airlock::effect]
pub(crate) async fn ship(#[resource] log: &Log, n: u32) -> Result<(), String> {
    tokio::task::yield_now().await;
    log.add(format!("ship {n}"));
    Ok(())
}

/// Enqueues a mail while it is performed.
#[airlock::effect]
pub(crate) fn order(n: u32) {
    airlock::enqueue(mail(n));
}

/// Runs `test` in an airlock of its own, and gives what the effects did.
pub(crate) fn logged(test: impl FnOnce(&Log)) -> Vec<String> {
    let log = Log::default();
    airlock(&log).run(|| test(&log));
    log.lines()
}

/// As [`logged`], on a runtime of its own.
pub(crate) fn logged_async(test: impl AsyncFnOnce(&Log)) -> Vec<String> {
    let log = Log::default();
    block_on(airlock(&log).bind(test(&log)));
    log.lines()
}

pub(crate) fn airlock(log: &Log) -> Airlock {
    builder(log).build().expect("the airlock has what it needs")
}

/// Other tests' effects need resources that this one does not.
pub(crate) fn builder(log: &Log) -> airlock::AirlockBuilder {
    let builder = Airlock::builder()
        .resource(log.clone())
        .skip_resource_check();
    match is_general() {
        true => builder.executor(Inline),
        false => builder,
    }
}

/// Whether the tests run as `rules_general`: their airlocks name the executor that is the default, so that
/// no scope is flushed on the fast path.
fn is_general() -> bool {
    env!("CARGO_CRATE_NAME") == "rules_general"
}

/// The id of an effect, from its path below `tests/rules`.
pub(crate) fn id(effect: &str) -> String {
    let path = module_path!().replace("::", ".");
    format!("{}.{effect}", path.trim_end_matches(".fixture"))
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true);
    runtime.build().expect("a runtime starts").block_on(future)
}

/// The fates of a report in words, in order.
pub(crate) fn fates(report: &FlushReport) -> Vec<String> {
    report
        .entries()
        .iter()
        .map(|entry| format!("{} {}", entry.effect().name(), entry.fate().word()))
        .collect()
}

/// The message of a panic.
pub(crate) fn panic_of(work: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    let panic = panic.expect_err("the work panics");
    match panic.downcast_ref::<String>() {
        Some(message) => message.clone(),
        None => panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .unwrap_or_default(),
    }
}
