//! Effects that write into a log, and the airlock that holds the log.

use airlock::executor::Inline;
use airlock::{Airlock, FlushReport};
pub(crate) use airlock_test_support::Log;

#[airlock::effect]
pub(crate) fn mail(#[resource] log: &Log, n: u32) {
    log.add(format!("mail {n}"));
}

#[airlock::effect]
pub(crate) fn charge(#[resource] log: &Log, n: u32) -> Result<(), String> {
    log.add(format!("charge {n}"));
    Ok(())
}

/// Logs that it ran, then fails.
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

/// Runs `test` in its own airlock and returns what the effects logged.
pub(crate) fn logged(test: impl FnOnce(&Log)) -> Vec<String> {
    let log = Log::default();
    airlock(&log).run(|| test(&log));
    log.lines()
}

/// Runs `test` like [`logged`], on its own runtime.
pub(crate) fn logged_async(test: impl AsyncFnOnce(&Log)) -> Vec<String> {
    let log = Log::default();
    block_on(airlock(&log).bind(test(&log)));
    log.lines()
}

pub(crate) fn airlock(log: &Log) -> Airlock {
    builder(log).build().expect("the airlock has what it needs")
}

/// Returns a builder without a resource check: effects of other tests need resources not supplied here.
pub(crate) fn builder(log: &Log) -> airlock::AirlockBuilder {
    let builder = Airlock::builder()
        .resource(log.clone())
        .skip_resource_check();
    match is_general() {
        true => builder.executor(Inline),
        false => builder,
    }
}

/// Returns whether the tests run as `rules_general`. Their airlocks then explicitly set the default
/// executor, so that no scope is flushed on the fast path.
fn is_general() -> bool {
    env!("CARGO_CRATE_NAME") == "rules_general"
}

/// Returns the id of an effect, given its path below `tests/rules`.
pub(crate) fn id(effect: &str) -> String {
    let path = module_path!().replace("::", ".");
    format!("{}.{effect}", path.trim_end_matches(".fixture"))
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true);
    runtime.build().expect("a runtime starts").block_on(future)
}

/// Returns the effect and fate of each entry of a report, in order.
pub(crate) fn fates(report: &FlushReport) -> Vec<String> {
    report
        .entries()
        .iter()
        .map(|entry| format!("{} {}", entry.effect().name(), entry.fate().word()))
        .collect()
}

/// Calls `work`, which must panic, and returns the panic's message.
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
