//! User code that panics while a scope ends. Neither the report nor the intents may be lost.

use std::borrow::Cow;
use std::fmt;

use airlock::executor::{Batch, Executor};
use airlock::policy::{Policy, allow_if};
use airlock::scope::Completed;
use airlock::{FlushError, Intent, IntoIntent};

use crate::child::in_child;
use crate::fixture::{Bomb, Log, Mail, builder, caught, fates, logged, mail, ready};
use airlock_test_support::{listen, problems_of};

/// An error whose `Display` panics.
#[derive(Debug)]
struct Unprintable;

impl fmt::Display for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("unprintable");
    }
}

impl std::error::Error for Unprintable {}

#[airlock::effect]
fn fail_unprintably(n: u32) -> Result<(), Unprintable> {
    let _ = n;
    Err(Unprintable)
}

#[airlock::effect(retry(attempts = 2, delay = "0ms"))]
fn retry_unprintably(n: u32) -> Result<(), Unprintable> {
    let _ = n;
    Err(Unprintable)
}

/// Checks that the flush finished with the expected fates, and handed back `returned` intents: those that
/// did not leave.
fn check(
    ended: Result<Result<Completed<()>, FlushError>, String>,
    expected: &[&str],
    returned: usize,
) {
    let error = match ended.expect("the flush does not panic") {
        Ok(ended) => {
            assert_eq!(fates(&ended.report), expected);
            assert_eq!(returned, 0, "handed back");
            return;
        }
        Err(error) => error,
    };
    assert_eq!(fates(error.report()), expected);
    assert_eq!(error.into_intents().len(), returned);
}

/// Ends a scope that holds `intent` and a mail.
fn end_with(intent: impl IntoIntent) -> Result<Result<Completed<()>, FlushError>, String> {
    caught(|| {
        airlock::scope().run_infallible(|_| {
            airlock::enqueue(intent);
            airlock::enqueue(mail(2));
        })
    })
}

#[test]
fn an_error_whose_display_panics_does_not_lose_the_flush_when_it_is_logged() {
    problems_of(|| {
        let expected = ["fail_unprintably failed", "mail not reached"];
        check(end_with(fail_unprintably(1)), &expected, 2);
    });
}

#[test]
fn an_error_whose_display_panics_does_not_end_the_retries_when_it_is_logged() {
    problems_of(|| {
        let expected = ["retry_unprintably failed", "mail not reached"];
        check(end_with(retry_unprintably(1)), &expected, 2);
    });
}

#[test]
fn an_error_whose_display_panics_does_not_abort_a_process_that_unwinds() {
    let name = "an_error_whose_display_panics_does_not_abort_a_process_that_unwinds";
    in_child(module_path!(), name, || {
        listen();
        let body: Result<(), _> = caught(|| {
            let _guard = airlock::scope().enter();
            airlock::enqueue(fail_unprintably(1).always());
            panic!("the body");
        });
        assert_eq!(body, Err("the body".to_owned()));
    });
}

/// A policy that drops odd mails and calls its closure for mail 1. Its `name` panics.
struct Nameless(fn());

impl Policy for Nameless {
    fn at_flush(&self, intent: &Intent) -> airlock::policy::Verdict {
        let mail = intent.downcast_ref::<Mail>().expect("it is that");
        if mail.n == 1 {
            (self.0)();
        }
        mail.n.is_multiple_of(2).into()
    }

    fn name(&self) -> Cow<'static, str> {
        panic!("this policy has no name");
    }
}

/// Ends a scope that holds two mails under this policy.
fn judged_by(policy: impl Policy) -> Result<Result<Completed<()>, FlushError>, String> {
    caught(|| {
        airlock::scope().policy(policy).run_infallible(|_| {
            airlock::enqueue(mail(1));
            airlock::enqueue(mail(2));
        })
    })
}

#[test]
fn a_policy_whose_name_panics_does_not_lose_the_flush() {
    let log = logged(|_| {
        let expected = ["mail dropped", "mail dispatched"];
        check(judged_by(Nameless(|| ())), &expected, 0);
    });
    assert_eq!(log, ["mail 2"]);
}

#[test]
fn a_policy_that_panics_and_whose_name_panics_does_not_lose_the_flush() {
    let log = logged(|_| {
        let expected = ["mail failed", "mail not reached"];
        check(judged_by(Nameless(|| panic!("judging"))), &expected, 2);
    });
    assert!(log.is_empty(), "{log:?}");
}

/// An executor that dispatches by its closure. Its `name` panics.
struct NamelessExecutor(fn(&mut Batch<'_>));

impl Executor for NamelessExecutor {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        (self.0)(batch);
    }

    fn name(&self) -> Cow<'static, str> {
        panic!("this executor has no name");
    }
}

/// Checks that the only intent failed, but not as cancelled, and was handed back.
fn check_failed(ended: Result<Result<Completed<()>, FlushError>, String>) {
    let flushed = ended.expect("the flush does not panic");
    let error = flushed.expect_err("the executor fails");
    let told = error.report().entries()[0].fate().to_string();
    assert!(!told.contains("the flush was cancelled"), "{told}");
    check(Ok(Err(error)), &["mail failed"], 1);
}

/// Ends a scope that has this executor and holds a mail.
fn taken_by(executor: impl Executor) -> Result<Result<Completed<()>, FlushError>, String> {
    let scope = airlock::scope().executor(executor);
    caught(|| scope.run_infallible(|_| _ = airlock::enqueue(mail(1))))
}

#[test]
fn an_executor_whose_name_panics_does_not_lose_the_flush_that_it_leaves_undone() {
    check_failed(taken_by(NamelessExecutor(|_| ())));
}

#[test]
fn an_executor_whose_name_panics_does_not_lose_the_flush_that_it_fails() {
    let fails = NamelessExecutor(|batch| batch.fail_rest("down"));
    check_failed(taken_by(fails));
}

#[test]
fn an_executor_whose_name_panics_does_not_lose_what_it_could_not_hand_over() {
    let refuses = NamelessExecutor(|batch| {
        batch.hand_over(|delivery| Err((delivery, "nobody listens".into())));
    });
    check_failed(taken_by(refuses));
}

#[airlock::effect]
fn explode_with_a_bomb(n: u32) {
    let _ = n;
    std::panic::panic_any(Bomb);
}

#[airlock::effect]
async fn explode_later_with_a_bomb(n: u32) {
    crate::fixture::pause().await;
    let _ = n;
    std::panic::panic_any(Bomb);
}

#[test]
fn the_payload_of_an_effects_panic_may_panic_when_it_is_dropped() {
    let expected = ["explode_with_a_bomb failed", "mail not reached"];
    check(end_with(explode_with_a_bomb(1)), &expected, 2);
}

#[test]
fn the_payload_of_an_async_effects_panic_may_panic_when_it_is_dropped() {
    let ended = caught(|| {
        crate::fixture::block_on(airlock::scope().run_infallible_async(async |_| {
            airlock::enqueue(explode_later_with_a_bomb(1));
            airlock::enqueue(mail(2));
        }))
    });
    let expected = ["explode_later_with_a_bomb failed", "mail not reached"];
    check(ended, &expected, 2);
}

#[test]
fn the_payload_of_a_policys_panic_may_panic_when_it_is_dropped() {
    let policy = allow_if(|_| std::panic::panic_any(Bomb));
    let expected = ["mail failed", "mail not reached"];
    check(judged_by(policy), &expected, 2);
}

struct ExplodesWithABomb;

impl Executor for ExplodesWithABomb {
    fn dispatch(&self, _: &mut Batch<'_>) {
        std::panic::panic_any(Bomb);
    }
}

#[test]
fn the_payload_of_an_executors_panic_may_panic_when_it_is_dropped() {
    check_failed(taken_by(ExplodesWithABomb));
}

#[test]
fn the_payload_of_an_awaited_executors_panic_may_panic_when_it_is_dropped() {
    let ended = caught(|| {
        let scope = airlock::scope().executor(ExplodesWithABomb);
        ready(scope.run_infallible_async(async |_| _ = airlock::enqueue(mail(1))))
    });
    check_failed(ended);
}

#[test]
fn the_payload_of_a_report_hooks_panic_may_panic_when_it_is_dropped() {
    let log = Log::default();
    let airlock = builder(&log)
        .on_report(|_| std::panic::panic_any(Bomb))
        .build()
        .expect("it builds");
    let ended = airlock.run(|| end_with(mail(1)));
    check(ended, &["mail dispatched", "mail dispatched"], 0);
}

#[cfg(feature = "tokio")]
#[test]
fn a_panic_of_what_takes_the_errors_of_spawned_effects_is_logged() {
    use airlock::tokio::Spawn;
    let mut problems = Vec::new();
    logged(|_| {
        problems = problems_of(|| {
            crate::fixture::block_on(async {
                let spawn = Spawn::current().on_error(|_| panic!("the parking lot is closed"));
                let scope = airlock::scope().executor(spawn.clone());
                scope
                    .run_infallible(|_| _ = airlock::enqueue(crate::fixture::fail(1)))
                    .expect("it is spawned");
                spawn.drained().await;
            });
        });
    });
    let logged = |line: &String| line.contains("the parking lot is closed");
    assert!(problems.iter().any(logged), "{problems:#?}");
}
