//! Effects that write into a log, the airlock that holds the log, and futures that are polled by hand.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use airlock::executor::{BoxFuture, Timer};
use airlock::policy::{Policy, ScopeView, Veto};
use airlock::{Airlock, FlushReport, Intent};
pub(crate) use airlock_test_support::Log;

#[airlock::effect]
pub(crate) fn mail(#[resource] log: &Log, n: u32) {
    log.add(format!("mail {n}"));
}

/// Logs that it ran, then fails.
#[airlock::effect]
pub(crate) fn fail(#[resource] log: &Log, n: u32) -> Result<(), String> {
    log.add(format!("fail {n}"));
    Err(format!("no luck with {n}"))
}

/// Performs many intents in one call.
#[airlock::effect(batch)]
pub(crate) fn tally(#[resource] log: &Log, numbers: Vec<u32>) -> Result<(), String> {
    log.add(format!("tally {numbers:?}"));
    Ok(())
}

/// Runs `test` in its own airlock and returns what the effects logged.
pub(crate) fn logged(test: impl FnOnce(&Log)) -> Vec<String> {
    let log = Log::default();
    airlock(&log).run(|| test(&log));
    log.lines()
}

/// Runs `test` like [`logged`], on a runtime with a paused clock.
#[cfg(feature = "tokio")]
pub(crate) fn logged_async(test: impl AsyncFnOnce(&Log)) -> Vec<String> {
    let log = Log::default();
    block_on(airlock(&log).bind(test(&log)));
    log.lines()
}

pub(crate) fn airlock(log: &Log) -> Airlock {
    builder(log).build().expect("it builds")
}

pub(crate) fn builder(log: &Log) -> airlock::AirlockBuilder {
    // The effects of other tests need resources that are not supplied here.
    Airlock::builder()
        .resource(log.clone())
        .skip_resource_check()
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true);
    runtime.build().expect("a runtime starts").block_on(future)
}

/// Polls a future once, outside any runtime.
pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Returns the output of a future, which must be ready on the first poll.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    match poll_once(std::pin::pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future waits for something"),
    }
}

/// Yields to the caller once.
pub(crate) async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut paused, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Returns the effect and fate of each entry of a report, in order.
pub(crate) fn fates(report: &FlushReport) -> Vec<String> {
    let fate = |entry: &airlock::intent::IntentInfo| {
        let name = entry.effect().name();
        format!("{name} {}", entry.fate().word())
    };
    report.entries().iter().map(fate).collect()
}

/// Calls `work` and returns its value, or its panic message.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    ended.map_err(|panic| match panic.downcast_ref::<String>() {
        Some(message) => message.clone(),
        None => match panic.downcast_ref::<&str>() {
            Some(message) => (*message).to_owned(),
            None => "a panic without a message".to_owned(),
        },
    })
}

/// A timer that never waits. It counts the waits that would have blocked the thread.
#[derive(Clone, Default)]
pub(crate) struct Instantly(Arc<AtomicUsize>);

impl Instantly {
    pub(crate) fn blocked(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Timer for Instantly {
    fn wait(&self, _: Duration) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A policy that calls a closure at each enqueue and allows everything.
pub(crate) struct AtEnqueue<F>(pub(crate) F);

impl<F: Fn(&Intent) + Send + Sync + 'static> Policy for AtEnqueue<F> {
    fn at_enqueue(&self, intent: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
        (self.0)(intent);
        Ok(())
    }
}

/// A value whose destructor panics, unless the thread is already unwinding.
pub(crate) struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("the destructor exploded");
        }
    }
}
