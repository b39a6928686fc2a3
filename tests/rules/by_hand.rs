//! Scopes that an integration drives by hand: opened from one description, run in steps, and ended with
//! an outcome.

use airlock::lifecycle::{AlwaysFlush, Outcome};
use airlock::policy::{drop_all, limit};
use airlock::prelude::*;
use airlock::{Airlock, EnqueueErrorKind, Fate, try_enqueue};

use crate::fixture::{
    Log, airlock, block_on, builder, fail, fates, logged, logged_async, mail, ship,
};

#[test]
fn r06_finish_ends_a_scope_as_its_lifecycle_says() {
    let log = logged(|_| {
        for (outcome, n) in [
            (Outcome::Success, 1),
            (Outcome::Failure, 2),
            (Outcome::Panic, 3),
        ] {
            let scope = airlock::scope().open();
            scope.enter(|| {
                airlock::enqueue(mail(n));
                airlock::enqueue(mail(10 * n).on_failure());
            });
            scope.end(outcome).expect("it succeeds");
        }
        let scope = airlock::scope().lifecycle(AlwaysFlush).open();
        scope.enter(|| airlock::enqueue(mail(4)));
        scope.end(Outcome::Failure).expect("it succeeds");
    });
    assert_eq!(log, ["mail 1", "mail 20", "mail 30", "mail 4"]);
}

#[test]
fn r06_finish_async_awaits() {
    let log = logged_async(async |_| {
        let scope = airlock::scope().open();
        scope.enter(|| airlock::enqueue(ship(1)));
        let report = scope.end_async(Outcome::Success).await;
        assert_eq!(report.expect("it succeeds").dispatched().count(), 1);
    });
    assert_eq!(log, ["ship 1"]);
}

#[test]
fn r07_one_description_opens_many_scopes() {
    let log = logged(|_| {
        let described = airlock::scope().name("request").policy(limit(1));
        let ids = [1, 2].map(|n| {
            let scope = described.clone().open();
            assert_eq!(scope.name(), Some("request"));
            scope.enter(|| airlock::enqueue(mail(n)));
            let id = scope.id();
            scope.flush().expect("it succeeds");
            id
        });
        assert_ne!(ids[0], ids[1]);
    });
    assert_eq!(
        log,
        ["mail 1"],
        "the policy is shared, with what it remembers"
    );
}

#[test]
fn r10_a_scope_in_a_given_airlock_is_not_captured_by_the_scope_around_it() {
    let log = Log::default();
    let own = airlock(&log);
    logged(|_| {
        let outer = airlock::scope().policy(drop_all()).enter();
        let scope = airlock::scope().airlock(&own).open();
        scope.enter(|| airlock::enqueue(mail(1)));
        scope.flush().expect("it succeeds");
        assert!(outer.is_empty());
        outer.discard();
    });
    assert_eq!(log.lines(), ["mail 1"]);
}

struct EnqueuesOnDrop(std::sync::Arc<std::sync::Mutex<Option<EnqueueErrorKind>>>);

impl Drop for EnqueuesOnDrop {
    fn drop(&mut self) {
        let refused = try_enqueue(mail(9)).err();
        *self.0.lock().expect("no panic") = refused.map(|error| error.kind().clone());
    }
}

#[test]
fn r18_work_that_is_dropped_half_way_enqueues_nothing_from_its_destructors() {
    let refusal = std::sync::Arc::default();
    let mut scope = airlock::scope().open_owned();
    let handle = scope.handle();
    let on_drop = EnqueuesOnDrop(std::sync::Arc::clone(&refusal));
    let mut work = Box::pin(scope.work(|| async move {
        let _on_drop = on_drop;
        std::future::pending::<()>().await;
    }));
    block_on(async {
        let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(work.as_mut().poll(cx)));
        assert!(polled.await.is_pending());
    });
    drop(work);
    assert!(!handle.is_open());
    let refusal = refusal.lock().expect("no panic").clone();
    assert!(
        matches!(refusal, Some(EnqueueErrorKind::ScopeEnded { .. })),
        "{refusal:?}"
    );
}

#[test]
fn r10_a_local_policy_held_from_step_to_step_stays_in_force() {
    let log = logged(|_| {
        let mut scope = airlock::scope().open_owned();
        let quiet = scope.run(|| airlock::policy(drop_all()).enter());
        assert!(
            try_enqueue(mail(1)).is_err(),
            "between steps nothing is entered"
        );
        scope.run(|| airlock::enqueue(mail(2)));
        scope.run(|| drop(quiet));
        scope.run(|| airlock::enqueue(mail(3)));
        let report = scope.release(Outcome::Success).dispatch();
        let report = report.expect("it succeeds");
        assert_eq!(fates(&report), ["mail dropped", "mail dispatched"]);
    });
    assert_eq!(log, ["mail 3"]);
}

#[test]
fn r18_a_step_that_panics_leaves_nothing_behind() {
    let mut scope = airlock::scope().open_owned();
    crate::fixture::panic_of(|| scope.run(|| panic!("half-way")));
    assert!(airlock::current().is_none());
    scope.run(|| assert!(airlock::current().is_some()));
    drop(scope);
}

#[test]
fn r14_an_unhandled_error_reaches_its_airlock_with_its_intents() {
    let log = Log::default();
    let parked = log.clone();
    let airlock: Airlock = builder(&log)
        .on_unhandled_error(move |error| {
            for intent in error.into_intents() {
                parked.add(format!("parked {}", intent.effect().name()));
            }
        })
        .build()
        .expect("it builds");
    let scope = airlock.scope().open();

    scope.enter(|| airlock::enqueue(fail(1)));
    let error = scope.end(Outcome::Success).expect_err("it fails");
    assert!(matches!(
        error.first().map(airlock::intent::IntentInfo::fate),
        Some(Fate::Failed(_))
    ));
    error.report_unhandled();
    assert_eq!(log.lines(), ["fail 1", "parked fail"]);
}
