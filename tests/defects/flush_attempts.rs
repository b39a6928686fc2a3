//! Attempts that unwind or are dropped, and how the flush reports them.

use std::time::Duration;

use airlock::catalogue::RetryRule;
use airlock::executor::{Batch, BoxFuture, Executor, Inline, Retry, Timeout, Timer};
use airlock::{FlushError, IntoIntent};

use crate::fixture::{
    Bomb, Instantly, Log, builder, caught, fates, logged, mail, pause, poll_once, ready,
};

/// Flushes a scope that passes `first` to `executor`, and then performs a mail inline.
async fn flush(executor: impl Executor, first: impl IntoIntent) -> FlushError {
    let scope = airlock::scope();
    let ended = scope.run_infallible_async(async |_| {
        let inner = airlock::scope().executor(executor);
        inner
            .run_infallible(|_| airlock::enqueue(first))
            .expect("it is captured");
        airlock::enqueue(mail(2));
    });
    ended.await.expect_err("the first intent fails")
}

/// Checks that the first intent failed for the given reason, that the flush stopped there, and that both
/// intents were handed back.
fn check_stopped(error: FlushError, reason: &str) {
    let fates = fates(error.report());
    let told = error.report().entries()[0].fate().to_string();
    let returned = error.into_intents().len();
    let is_true = told.contains(reason) && !told.contains("the flush was cancelled");
    let stopped = fates[0].ends_with(" failed") && fates[1..] == ["mail not reached"];
    assert!(
        is_true && stopped && returned == 2,
        "{returned} of {fates:?} were handed back, reported: {told}"
    );
}

/// An executor whose `hand_over` closure panics.
struct TakerPanics;

impl Executor for TakerPanics {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.hand_over(|_| panic!("the broker exploded"));
    }
}

#[test]
fn a_taker_that_panics_is_told_and_its_intent_comes_back() {
    let log = logged(|_| {
        let error = ready(flush(TakerPanics, mail(1)));
        check_stopped(error, "the broker exploded");
    });
    assert!(log.is_empty(), "{log:?}");
}

#[airlock::effect]
fn post(text: String) -> Result<(), String> {
    Err(text)
}

#[test]
fn a_taker_that_panics_does_not_lose_the_arguments_of_a_repeatable_intent() {
    let log = logged(|_| {
        let error = ready(flush(TakerPanics, post("hello".to_owned())));
        check_stopped(error, "the broker exploded");
    });
    assert!(log.is_empty(), "{log:?}");
}

#[airlock::effect(timeout = "1s")]
async fn slow(n: u32) {
    let _ = n;
    std::future::pending::<()>().await;
}

/// A timer without a clock: `sleep` panics.
struct NoClock;

impl Timer for NoClock {
    fn wait(&self, _: Duration) {}

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        panic!("there is no clock here");
    }
}

/// Runs `work` in an airlock with this timer, and returns what the effects logged.
fn with_timer(timer: impl Timer, work: impl Future<Output = ()>) -> Vec<String> {
    let log = Log::default();
    let airlock = builder(&log).timer(timer).build().expect("it builds");
    ready(airlock.bind(work));
    log.lines()
}

#[test]
fn a_timer_that_panics_is_told_and_stops_the_flush() {
    let log = with_timer(NoClock, async {
        let error = flush(Inline, slow(1)).await;
        check_stopped(error, "there is no clock here");
    });
    assert!(log.is_empty(), "{log:?}");
}

/// A value that enqueues when it is dropped.
#[derive(Debug)]
struct Farewell;

impl Drop for Farewell {
    fn drop(&mut self) {
        let _ = airlock::try_enqueue(mail(1));
    }
}

#[airlock::effect(once, timeout = "1s")]
async fn slow_with_a_farewell(farewell: Farewell) {
    let _farewell = farewell;
    std::future::pending::<()>().await;
}

#[test]
fn a_body_whose_timer_panics_is_dropped_in_its_own_scope() {
    let log = with_timer(NoClock, async {
        let outer = airlock::scope().open();
        let inner = airlock::Airlock::builder()
            .timer(NoClock)
            .skip_resource_check()
            .build()
            .expect("it builds");
        let scope = inner.scope().open();
        scope.enter(|| airlock::enqueue(slow_with_a_farewell(Farewell)));
        let error = outer.bind(scope.flush_async()).await;
        let error = error.expect_err("its timer panics").to_string();
        assert!(error.contains("slow_with_a_farewell"), "{error}");
        assert!(outer.is_empty(), "the outer scope got the farewell");
        outer.discard();
    });
    assert!(log.is_empty(), "{log:?}");
}

#[cfg(feature = "tokio")]
#[test]
fn tokios_timer_outside_of_tokio_is_told_and_stops_the_flush() {
    let log = with_timer(airlock::tokio::TokioTimer, async {
        let error = flush(Inline, slow(1)).await;
        check_stopped(error, "there is no reactor running");
    });
    assert!(log.is_empty(), "{log:?}");
}

#[airlock::effect(timeout = "1s")]
async fn slow_with_a_bomb(n: u32) {
    let _bomb = Bomb;
    let _ = n;
    std::future::pending::<()>().await;
}

#[test]
fn a_destructor_that_panics_on_timeout_is_told_and_stops_the_flush() {
    let log = with_timer(Instantly::default(), async {
        let error = flush(Inline, slow_with_a_bomb(1)).await;
        check_stopped(error, "");
    });
    assert!(log.is_empty(), "{log:?}");
}

/// An executor that polls its batch once, then drops the future.
struct Impatient;

impl Executor for Impatient {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.fail_rest("it supports async flushes only");
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let mut performing = Box::pin(batch.perform_all_async());
            assert!(poll_once(performing.as_mut()).is_pending());
        })
    }
}

#[airlock::effect]
async fn endless(n: u32) {
    let _ = n;
    std::future::pending::<()>().await;
}

#[test]
fn an_executor_that_drops_what_it_performs_is_told_and_stops_the_flush() {
    let log = logged(|_| {
        let error = ready(flush(Impatient, endless(1)));
        check_stopped(error, "Impatient");
    });
    assert!(log.is_empty(), "{log:?}");
}

/// An executor whose hand-over never completes.
struct NobodyTakes;

impl Executor for NobodyTakes {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.fail_rest("it supports async flushes only");
    }

    fn dispatch_async<'a>(&'a self, batch: &'a mut Batch<'_>) -> BoxFuture<'a, ()> {
        Box::pin(batch.hand_over_async(async |_| std::future::pending().await))
    }
}

#[test]
fn a_timeout_around_a_hand_over_does_not_lose_the_arguments_of_a_repeatable_intent() {
    let log = with_timer(Instantly::default(), async {
        let bounded = Timeout::new(NobodyTakes, Duration::from_secs(1));
        let error = flush(bounded, post("hello".to_owned())).await;
        let intents = error.into_intents();
        let post = intents[0].downcast_ref::<Post>();
        let post = post.expect("what timed out comes back first");
        assert_eq!((intents.len(), &*post.text), (2, "hello"));
    });
    assert!(log.is_empty(), "{log:?}");
}

#[airlock::effect(retry(attempts = 4, delay = "200ms"))]
fn stubborn(#[resource] log: &Log, n: u32) -> Result<(), String> {
    log.add(format!("stubborn {n}"));
    Err("no".to_owned())
}

#[airlock::effect]
fn failing(#[resource] log: &Log, n: u32) -> Result<(), String> {
    log.add(format!("failing {n}"));
    Err("no".to_owned())
}

/// Drops the future of a scope that holds the intent. Returns how often that blocked the thread, and
/// what the effects logged.
fn dropped(executor: impl Executor, intent: impl IntoIntent) -> (usize, Vec<String>) {
    let timer = Instantly::default();
    let log = with_timer(timer.clone(), async {
        let scope = airlock::scope().executor(executor);
        let mut work = Box::pin(scope.run_infallible_async(async |_| {
            airlock::enqueue(intent);
            pause().await;
        }));
        assert!(poll_once(work.as_mut()).is_pending());
        drop(work);
    });
    (timer.blocked(), log)
}

#[test]
fn a_future_that_is_dropped_does_not_wait_for_an_effects_retries() {
    let (blocked, log) = dropped(Inline, stubborn(1).always());
    assert_eq!(log, ["stubborn 1"]);
    assert_eq!(blocked, 0);
}

#[test]
fn a_future_that_is_dropped_does_not_wait_for_an_executors_retries() {
    let rule = RetryRule::attempts(4).delay(Duration::from_millis(200));
    let (blocked, log) = dropped(Retry::new(Inline, rule), failing(1).always());
    assert_eq!(log, ["failing 1"]);
    assert_eq!(blocked, 0);
}

#[test]
fn an_owned_scope_that_is_dropped_does_not_wait_for_retries() {
    let timer = Instantly::default();
    let log = with_timer(timer.clone(), async {
        let mut open = airlock::scope().open_owned();
        open.run(|| airlock::enqueue(stubborn(1).always()));
        caught(|| drop(open)).expect("it does not panic");
    });
    assert_eq!(log, ["stubborn 1"]);
    assert_eq!(timer.blocked(), 0);
}
