//! Durable intents without an engine: a recorder takes the place of the storage.

use std::cell::RefCell;
use std::collections::HashSet;

use airlock::FlushReport;
use airlock::executor::{Batch, Executor, Identity, Receipt, Recorder};
use airlock::lifecycle::{Outcome, ReleaseAll};
use airlock::policy::drop_all;
use airlock::prelude::*;

thread_local! {
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn note(text: String) {
    SEEN.with_borrow_mut(|seen| seen.push(text));
}

fn seen() -> Vec<String> {
    SEEN.take()
}

#[airlock::effect(durable, name = "rules.stored")]
fn stored(number: u64) {
    note(format!("stored {number}"));
}

#[airlock::effect]
fn plain(number: u64) {
    note(format!("plain {number}"));
}

#[airlock::effect(retry(attempts = 3, delay = "1ms"))]
fn third_time(number: u64) -> Result<(), airlock::BoxError> {
    let attempt = airlock::attempt().expect("an effect is performed");
    let tenant = attempt.header("tenant").unwrap_or_default();
    note(format!(
        "{number} attempt {} for {tenant}, key {}",
        attempt.number(),
        attempt.idempotency_key()
    ));
    match attempt.number() {
        3 => Ok(()),
        _ => Err("not yet".into()),
    }
}

/// An executor that takes durable effects only, and records them.
#[derive(Clone, Default)]
struct Stores(Recorder);

impl Executor for Stores {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        self.0.dispatch(batch);
    }

    fn only_durable(&self) -> bool {
        true
    }

    fn identity(&self) -> Option<Identity> {
        self.0.identity()
    }
}

fn fates(report: &FlushReport) -> Vec<(&'static str, &'static str)> {
    let entries = report.entries().iter();
    entries
        .map(|entry| (entry.effect().name(), entry.fate().word()))
        .collect()
}

#[test]
fn r4_an_intents_uuid_is_of_version_7_unique_and_in_order() {
    let mut ids = Vec::new();
    airlock::scope()
        .executor(Recorder::new())
        .run_infallible(|scope| {
            for number in 0..5000 {
                ids.push(airlock::enqueue(stored(number)).uuid());
            }
            scope.inspect(|intents| {
                let uuids = intents.iter().map(|intent| intent.uuid());
                assert!(uuids.eq(ids.iter().copied()));
            });
        })
        .expect("a flush");
    assert!(ids.is_sorted());
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    assert!(ids.iter().all(|id| id.get_version_num() == 7));
}

#[test]
fn r8_what_is_recorded_is_captured_by_nobody_and_the_rest_after_the_commit() {
    let outer = airlock::scope().open();
    outer.enter(|| {
        let mut scope = airlock::scope().executor(Stores::default()).open_owned();
        scope.run(|| {
            airlock::enqueue(plain(1));
            airlock::enqueue(stored(2));
            airlock::enqueue(stored(3).on_failure());
        });
        let mut recording = scope.record();
        let batch = recording.batch().expect("something to store");
        assert_eq!(batch.len(), 1, "what waits for a failure is not stored now");
        drop(batch);
        assert_eq!(outer.len(), 0, "nothing is captured before the commit");
        if let Some(mut batch) = recording.batch() {
            batch.complete(|_| Receipt::Accepted);
        }
        let report = recording
            .release(Outcome::Success)
            .dispatch()
            .expect("a report");
        assert_eq!(
            fates(&report),
            [
                ("plain", "captured"),
                ("stored", "captured"),
                ("stored", "dispatched")
            ]
        );
        assert_eq!(outer.len(), 2);
    });
    outer.flush().expect("a flush");
    assert_eq!(seen(), ["plain 1"]);
}

#[test]
fn r8_a_recording_that_failed_or_is_dropped_lets_nothing_leave() {
    let outer = airlock::scope().open();
    outer.enter(|| {
        for fails in [true, false] {
            let mut scope = airlock::scope().executor(Stores::default()).open_owned();
            scope.run(|| {
                airlock::enqueue(plain(1));
                airlock::enqueue(stored(2));
            });
            let mut recording = scope.record();
            if !fails {
                drop(recording);
                continue;
            }
            recording.fail("no room");
            let error = recording
                .release(Outcome::Failure)
                .dispatch()
                .expect_err("it failed");
            assert_eq!(
                fates(error.report()),
                [("plain", "discarded"), ("stored", "failed")]
            );
            assert_eq!(error.into_intents().len(), 1);
        }
        assert_eq!(outer.len(), 0);
    });
    outer.flush().expect("a flush");
    assert!(seen().is_empty());
}

#[test]
fn r6_what_always_leaves_leaves_when_the_commit_has_failed() {
    let stores = Stores::default();
    let mut scope = airlock::scope().executor(stores.clone()).open_owned();
    scope.run(|| {
        airlock::enqueue(stored(1));
        airlock::enqueue(stored(2).always());
    });
    let mut recording = scope.record();
    assert_eq!(recording.batch().expect("something to store").len(), 2);
    let report = recording
        .release(Outcome::Failure)
        .dispatch()
        .expect("a report");
    assert_eq!(
        fates(&report),
        [("stored", "discarded"), ("stored", "dispatched")]
    );
    assert_eq!(stores.0.len(), 1);
}

#[test]
fn r10_every_policy_on_the_stack_judges_what_is_recorded() {
    // A scope gives up its judgement of what it releases, but a recording does not ask it to release anything.
    let outer = airlock::scope()
        .policy(drop_all())
        .lifecycle(ReleaseAll)
        .open();
    outer.enter(|| {
        let mut scope = airlock::scope().executor(Stores::default()).open_owned();
        scope.run(|| airlock::enqueue(stored(1)));
        let mut recording = scope.record();
        assert!(recording.batch().is_none());
        let report = recording
            .release(Outcome::Success)
            .dispatch()
            .expect("a report");
        assert_eq!(fates(&report), [("stored", "dropped")]);
    });
    outer.discard();
}

#[test]
fn r16_an_executor_of_durable_effects_counts_for_those_alone() {
    let (stores, others) = (Stores::default(), Recorder::new());
    for is_within in [true, false] {
        let (outer, inner) = match is_within {
            true => (
                airlock::scope().executor(others.clone()),
                airlock::scope().executor(stores.clone()),
            ),
            false => (
                airlock::scope().executor(stores.clone()),
                airlock::scope().executor(others.clone()),
            ),
        };
        let enqueue = || {
            airlock::enqueue(stored(1));
            airlock::enqueue(plain(2));
        };
        outer
            .run(|_| inner.run_infallible(|_| enqueue()))
            .expect("a flush");
        let kept = |recorder: &Recorder| -> Vec<_> {
            let kept = recorder.take();
            kept.iter().map(|it| it.effect().name()).collect()
        };
        match is_within {
            true => assert_eq!(
                (kept(&stores.0), kept(&others)),
                (vec!["stored"], vec!["plain"])
            ),
            // The nearest executor takes any effect.
            false => assert_eq!(kept(&others), ["stored", "plain"]),
        }
        assert!(kept(&stores.0).is_empty());
    }
    // Without another executor, the rest is performed inline.
    airlock::scope()
        .executor(stores.clone())
        .run_infallible(|_| {
            airlock::enqueue(plain(3));
            airlock::enqueue(stored(4));
        })
        .expect("a flush");
    assert_eq!(seen(), ["plain 3"]);
    assert_eq!(stores.0.len(), 1);
}

#[test]
fn r13_an_attempt_has_a_number_and_one_key_also_within_a_flush() {
    assert!(airlock::attempt().is_none());
    let mut key = String::new();
    airlock::scope()
        .run_infallible(|_| {
            let intent = third_time(7).with_header("tenant", "acme");
            key = airlock::enqueue(intent).uuid().to_string();
            airlock::enqueue(plain(8));
        })
        .expect("the third attempt succeeds");
    let expected: Vec<_> = (1..=3)
        .map(|attempt| format!("7 attempt {attempt} for acme, key {key}"))
        .chain(["plain 8".to_owned()])
        .collect();
    assert_eq!(seen(), expected);
}

#[test]
fn r7_a_scope_cannot_be_recorded_by_code_that_is_in_it() {
    let mut scope = airlock::scope().open_owned();
    let handle = scope.handle();
    let recorded = handle
        .enter(|| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(scope.record()))));
    let panic = recorded.expect_err("it is refused");
    let message = panic.downcast_ref::<&str>().copied().unwrap_or_default();
    assert!(message.contains("leave the scope first"), "{message}");
}
