//! Declarations of effects: resources, batches, keys, attempts, limits, redaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use airlock::executor::{BoxFuture, Timer};
use airlock::{Airlock, BuildError, Effect, Failure, PerformNow};

use crate::fixture::{Log, builder, fates, logged, logged_async, mail};

trait Mailer: Send + Sync {
    fn send(&self, to: &str) -> String;
}

struct Fake;

impl Mailer for Fake {
    fn send(&self, to: &str) -> String {
        format!("fake to {to}")
    }
}

#[airlock::effect]
async fn via_trait_object(#[resource] mailer: &dyn Mailer, #[resource] log: &Log, to: String) {
    log.add(mailer.send(&to));
}

#[test]
fn a_resource_may_be_a_trait_object() {
    let log = Log::default();
    let airlock = builder(&log).resource(Arc::new(Fake) as Arc<dyn Mailer>);
    let airlock = airlock.build().expect("it builds");
    crate::fixture::block_on(via_trait_object("you".to_owned()).perform_now_async(&airlock))
        .expect("it succeeds");
    assert_eq!(log.lines(), ["fake to you"]);
}

#[test]
fn start_up_fails_if_an_effect_misses_its_resource_and_names_all_of_it() {
    let error = Airlock::builder()
        .build()
        .expect_err("effects here need a log");
    let BuildError::MissingResources(missing) = &error else {
        panic!("{error}")
    };
    let logs: Vec<_> = missing
        .iter()
        .filter(|it| it.type_name.ends_with("::Log"))
        .collect();
    assert_eq!(logs.len(), 1, "one entry for all effects that need it");
    assert!(logs[0].effects.iter().any(|effect| effect.name() == "mail"));
    let text = error.to_string();
    let line = text
        .lines()
        .find(|line| line.contains("::Log`, needed by `"));
    let line = line.expect("a line for the log");
    assert!(
        line.contains(".mail` at ") && line.contains("fixture.rs:"),
        "{line}"
    );
}

#[test]
fn an_effect_without_its_resource_fails_and_says_which() {
    let error = airlock::scope()
        .run_infallible(|_| airlock::enqueue(mail(1)))
        .expect_err("no log");
    let Some(Failure::MissingResource(missing)) = error.failure() else {
        panic!("{error:?}")
    };
    assert!(missing.type_name.ends_with("Log"));
}

#[airlock::effect(batch, key = order)]
fn index(#[resource] log: &Log, order: Vec<u32>) -> Result<(), String> {
    log.add(format!("index {order:?}"));
    Ok(())
}

#[test]
fn a_batch_effect_is_one_call_in_the_place_of_its_first_intent() {
    let log = logged(|_| {
        let report = airlock::scope()
            .run_infallible(|_| {
                for n in [1, 2, 1] {
                    airlock::enqueue(mail(n));
                    airlock::enqueue(index(n));
                }
            })
            .expect("it succeeds")
            .report;
        assert_eq!(report.count(|fate| fate.word() == "dispatched"), 5);
    });
    // The first `index(1)` is coalesced into the last one.
    assert_eq!(log, ["mail 1", "mail 2", "index [2, 1]", "mail 1"]);
}

#[airlock::effect(key = id, coalesce = first)]
fn first_wins(#[resource] log: &Log, id: u32, text: &'static str) {
    log.add(format!("{id} {text}"));
}

#[airlock::effect(key = (id, "x"))]
fn last_wins(#[resource] log: &Log, id: u32, text: &'static str) {
    log.add(format!("{id} {text}"));
}

#[test]
fn intents_with_one_key_are_coalesced_and_the_effect_says_which_is_kept() {
    let log = logged(|_| {
        airlock::scope()
            .run_infallible(|_| {
                for text in ["a", "b"] {
                    airlock::enqueue(first_wins(1, text));
                    airlock::enqueue(last_wins(1, text));
                    airlock::enqueue(last_wins(2, text));
                }
            })
            .expect("it succeeds");
    });
    assert_eq!(log, ["1 a", "1 b", "2 b"]);
}

/// A timer that never waits, and adds up the time that it should have waited.
#[derive(Clone, Default)]
struct Flying(Arc<AtomicUsize>);

impl Flying {
    fn millis(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Timer for Flying {
    fn wait(&self, duration: Duration) {
        self.0
            .fetch_add(duration.as_millis() as usize, Ordering::SeqCst);
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.wait(duration);
        Box::pin(std::future::ready(()))
    }
}

#[derive(Default)]
struct Tries(AtomicUsize);

#[airlock::effect(retry(attempts = 4, delay = "10ms", factor = 3, max_delay = "50ms"))]
fn flaky(
    #[resource] tries: &Tries,
    #[resource] log: &Log,
    succeeds_at: usize,
) -> Result<(), String> {
    let attempt = tries.0.fetch_add(1, Ordering::SeqCst) + 1;
    log.add(format!("attempt {attempt}"));
    airlock::enqueue(mail(attempt as u32));
    if attempt < succeeds_at {
        Err(format!("attempt {attempt}"))
    } else {
        Ok(())
    }
}

#[airlock::effect(retry(3))]
async fn flaky_async(#[resource] tries: &Tries) -> Result<(), String> {
    tries.0.fetch_add(1, Ordering::SeqCst);
    Err("never".to_owned())
}

#[test]
fn retry_is_honoured_wherever_an_effect_is_performed() {
    let (timer, log) = (Flying::default(), Log::default());
    let make = || {
        builder(&log)
            .resource(Tries::default())
            .timer(timer.clone())
            .build()
    };
    make().expect("it builds").run(|| {
        let report = airlock::scope().run_infallible(|_| airlock::enqueue(flaky(3)));
        let fates = fates(&report.expect("the third attempt succeeds").report);
        // Intents that failed attempts enqueued are discarded.
        assert_eq!(
            fates,
            [
                "flaky dispatched",
                "mail discarded",
                "mail discarded",
                "mail dispatched"
            ]
        );
    });
    assert_eq!(
        log.lines(),
        ["attempt 1", "attempt 2", "attempt 3", "mail 3"]
    );
    assert_eq!(timer.millis(), 10 + 30);
    let airlock = make().expect("it builds");
    crate::fixture::block_on(airlock.bind(async {
        let scope = airlock::scope();
        let error = scope
            .run_infallible_async(async |_| airlock::enqueue(flaky_async()))
            .await;
        assert_eq!(
            error.expect_err("three attempts fail").into_intents().len(),
            1
        );
    }));
    assert_eq!(timer.millis(), 40 + 100 + 200);
}

#[airlock::effect(timeout = "2s")]
async fn slow(#[resource] log: &Log) -> Result<(), String> {
    log.add("started");
    tokio::time::sleep(Duration::from_secs(3600)).await;
    log.add("finished");
    Ok(())
}

#[test]
fn timeout_is_honoured_wherever_an_effect_is_performed() {
    let log = Log::default();
    let airlock = builder(&log).timer(Paused).build().expect("it builds");
    crate::fixture::block_on(airlock.bind(async {
        let error = airlock::scope()
            .run_infallible_async(async |_| airlock::enqueue(slow()))
            .await
            .expect_err("too slow");
        assert!(
            matches!(error.failure(), Some(Failure::TimedOut { limit }) if limit.as_secs() == 2)
        );
        assert_eq!(error.into_intents().len(), 1);
    }));
    assert_eq!(log.lines(), ["started"]);
}

/// A timer that uses the paused clock of the test's runtime.
struct Paused;

impl Timer for Paused {
    fn wait(&self, _: Duration) {}

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// An argument that counts its clones.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::SeqCst);
        Self(self.0.clone())
    }
}

#[airlock::effect]
fn infallible(counted: Counted) {
    drop(counted);
}

#[airlock::effect]
fn fallible(counted: Counted) -> Result<(), String> {
    drop(counted);
    Err("no".to_owned())
}

/// An argument that is not `Clone`.
struct Single(u32);

#[airlock::effect(once)]
fn once(#[resource] log: &Log, single: Single) -> Result<(), String> {
    log.add(format!("once {}", single.0));
    Err("no".to_owned())
}

#[test]
fn nobody_pays_for_a_clone_that_nobody_can_need() {
    let clones = Arc::new(AtomicUsize::new(0));
    airlock::scope()
        .run_infallible(|_| airlock::enqueue(infallible(Counted(clones.clone()))))
        .expect("it succeeds");
    assert_eq!(clones.load(Ordering::SeqCst), 0);
    let error = airlock::scope()
        .run_infallible(|_| airlock::enqueue(fallible(Counted(clones.clone()))))
        .expect_err("it fails");
    assert_eq!(
        (error.into_intents().len(), clones.load(Ordering::SeqCst)),
        (1, 1)
    );
}

#[test]
fn once_lifts_clone_and_a_failure_is_named_but_not_handed_back() {
    let log = logged(|_| {
        let error = airlock::scope()
            .run_infallible(|_| airlock::enqueue(once(Single(7))))
            .expect_err("it fails");
        assert!(error.to_string().contains(".once`"), "{error}");
        assert!(error.into_intents().is_empty());
    });
    assert_eq!(log, ["once 7"]);
}

#[airlock::effect(redact(token, card), derive(Clone, PartialEq))]
fn pay(token: String, card: u64, amount: u32) -> Result<(), String> {
    let _ = (token, card, amount);
    Err("declined".to_owned())
}

#[test]
fn a_redacted_argument_shows_in_no_debug_error_or_report() {
    logged(|_| {
        let intent = pay("tok_secret".to_owned(), 4_242_424_242, 5);
        assert_eq!(intent.clone(), intent);
        let shown = format!("{intent:?}");
        assert_eq!(
            shown,
            "Pay { token: <redacted>, card: <redacted>, amount: 5 }"
        );
        let scope = airlock::scope().enter();
        airlock::enqueue(intent);
        let mut texts = vec![
            scope.snapshot().to_string(),
            format!("{:?}", scope.snapshot()),
        ];
        scope.inspect(|intents| texts.push(format!("{intents:?}")));
        let error = scope.flush().expect_err("declined");
        texts.extend([
            format!("{error}"),
            format!("{error:?}"),
            error.report().to_string(),
        ]);
        texts.extend(
            error
                .into_intents()
                .iter()
                .map(|intent| format!("{intent:?}")),
        );
        for text in texts {
            assert!(!text.contains("secret") && !text.contains("4242"), "{text}");
        }
        assert!(Pay::DESCRIPTOR.arguments()[0].is_redacted());
    });
}

#[test]
fn an_argument_without_debug_still_has_a_place_in_debug() {
    assert_eq!(format!("{:?}", once(Single(1))), "Once { single: .. }");
    let _ = logged_async(async |_| ());
}
