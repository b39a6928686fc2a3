//! Scopes that a future or an integration owns.

use std::future::pending;
use std::task::Poll;

use airlock::FlushError;
use airlock::lifecycle::Outcome;
use airlock::policy::allow_all;
use airlock::scope::OwnedScope;

use crate::fixture::{Log, caught, logged, mail, poll_once};

/// Logs that it ran, and enqueues a mail.
#[airlock::effect]
fn causes(#[resource] log: &Log, n: u32) {
    log.add(format!("causes {n}"));
    airlock::enqueue(mail(n));
}

/// Opens and flushes a nested scope, then fails.
#[airlock::effect]
fn opens_and_fails() -> Result<(), String> {
    let scope = airlock::scope().enter();
    airlock::enqueue(mail(1));
    scope.flush().map_err(|error| error.to_string())?;
    Err("after that".to_owned())
}

/// A value whose destructor opens a scope.
#[derive(Debug)]
struct Noisy;

impl Drop for Noisy {
    fn drop(&mut self) {
        let _ = airlock::scope().run_infallible(|_| airlock::enqueue(mail(9)));
    }
}

#[airlock::effect(once)]
fn takes(noisy: Noisy) {
    drop(noisy);
}

fn end(scope: OwnedScope) {
    if let Some(released) = scope.end(Outcome::Success).expect("nothing fails") {
        released.dispatch().expect("nothing fails");
    }
}

#[test]
fn what_an_effect_causes_is_performed_before_what_comes_behind_it() {
    let log = logged(|_| {
        let mut scope = airlock::scope().open_owned();
        scope.run(|| {
            airlock::enqueue(causes(1));
            airlock::enqueue(mail(2));
            airlock::enqueue(causes(3));
            airlock::enqueue(mail(4));
        });
        end(scope);
    });
    assert_eq!(
        log,
        [
            "causes 1", "mail 1", "mail 2", "causes 3", "mail 3", "mail 4"
        ]
    );
}

#[test]
fn a_scope_that_opens_in_a_destructor_is_not_captured_by_one_that_has_ended() {
    for publishes in [false, true] {
        let log = logged(|_| {
            let failed = airlock::scope().run(|scope| {
                if publishes {
                    assert!(scope.is_empty());
                }
                airlock::enqueue(takes(Noisy));
                Err::<(), _>(Stop)
            });
            assert!(failed.is_err());
            let next = airlock::scope()
                .run_infallible(|_| ())
                .expect("it is empty");
            assert!(next.report.is_empty(), "{}", next.report);
        });
        assert!(log.is_empty(), "{log:?}");
    }
}

#[derive(Debug)]
struct Stop;

impl From<FlushError> for Stop {
    fn from(_: FlushError) -> Self {
        Self
    }
}

#[test]
fn a_scope_that_is_opened_by_hand_in_an_effect_is_captured_by_the_effects_scope() {
    for policy in [false, true] {
        let log = logged(|_| {
            let scope = match policy {
                true => airlock::scope().policy(allow_all()),
                false => airlock::scope(),
            };
            let ended = scope.run_infallible(|_| airlock::enqueue(opens_and_fails()));
            assert!(ended.is_err());
        });
        assert!(log.is_empty(), "{log:?}");
    }
}

#[test]
fn work_can_be_dropped_by_a_closure_that_looks_at_its_scope() {
    let mut scope = airlock::scope().open_owned();
    let handle = scope.handle();
    let work = Box::pin(scope.work(pending::<()>));
    handle.inspect(|_| drop(work));
    assert!(!handle.is_open());
}

#[test]
fn an_owned_scope_does_not_perform_effects_while_another_is_looked_at() {
    let log = logged(|_| {
        let outer = airlock::scope().open();
        let mut owned = airlock::scope().open_owned();
        owned.run(|| airlock::enqueue(mail(1)));
        caught(|| outer.inspect(|_| end(owned))).expect_err("it is refused");
        outer.discard();
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn work_that_is_polled_after_its_end_panics() {
    let mut work = Box::pin(airlock::scope().open_owned().work(|| async { 7 }));
    let Poll::Ready((ended, scope)) = poll_once(work.as_mut()) else {
        panic!("it is ready at once");
    };
    assert_eq!(ended.ok(), Some(7));
    end(scope);
    caught(|| poll_once(work.as_mut()).is_ready()).expect_err("it has finished");
}

#[test]
fn a_scope_that_is_dropped_by_a_closure_that_looks_at_it_ends_as_cancelled() {
    let outcomes = Log::default();
    let scope = |name: &'static str| {
        let outcomes = outcomes.clone();
        airlock::scope()
            .on_report(move |report| outcomes.add(format!("{name} {}", report.outcome())))
    };
    let mut owned = scope("owned").open_owned();
    let handle = owned.handle();
    handle.inspect(|_| drop(owned));
    let open = scope("open").open();
    let handle = open.clone();
    handle.inspect(|_| drop(open));
    let unwinding = scope("unwinding").open();
    let handle = unwinding.clone();
    let panics = caught(|| {
        handle.inspect(|_| {
            let _unwinding = unwinding;
            panic!("on purpose");
        })
    });
    panics.expect_err("it goes on");
    assert_eq!(
        outcomes.lines(),
        ["owned cancelled", "open cancelled", "unwinding panic"]
    );
}

#[test]
fn an_owned_scope_is_not_ended_by_code_that_is_in_it() {
    let log = logged(|_| {
        for releases in [false, true] {
            let mut scope = airlock::scope().open_owned();
            scope.run(|| airlock::enqueue(mail(1)));
            let handle = scope.handle();
            let error = handle.enter(|| match releases {
                false => scope.end(Outcome::Success).map(drop),
                true => scope.release(Outcome::Success).dispatch().map(drop),
            });
            let error = error.expect_err("the code is in the scope");
            let told = error.first().expect("a failed intent").fate().to_string();
            assert!(told.contains("leave the scope first"), "{told}");
            assert_eq!(error.into_intents().len(), 1);
            assert!(!handle.is_open());
        }
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn another_scope_that_is_dropped_by_a_closure_that_looks_ends_as_cancelled() {
    let outcomes = Log::default();
    let scope = |name: &'static str| {
        let outcomes = outcomes.clone();
        airlock::scope()
            .on_report(move |report| outcomes.add(format!("{name} {}", report.outcome())))
    };
    let looked_at = airlock::scope().open();
    let open = scope("open").open();
    let handle = open.clone();
    looked_at.inspect(|_| drop(open));
    assert!(!handle.is_open());
    let mut owned = scope("owned").open_owned();
    owned.run(|| airlock::enqueue(tell(1)));
    looked_at.inspect(|_| drop(owned));
    looked_at.discard();
    assert_eq!(outcomes.lines(), ["open cancelled", "owned cancelled"]);
}

#[test]
fn a_scope_that_is_ended_by_a_closure_that_looks_at_another_is_refused_and_reported() {
    let outcomes = Log::default();
    let scope = |name: &'static str| {
        let outcomes = outcomes.clone();
        let told = move |report: &airlock::FlushReport| {
            outcomes.add(format!("{name} {}: {}", report.outcome(), report.len()));
        };
        airlock::scope().on_report(told)
    };
    let looked_at = airlock::scope().open();
    let open = || {
        let open = scope("open").open();
        open.enter(|| airlock::enqueue(tell(1)));
        open
    };
    let (flushed, discarded) = (open(), open());
    let mut owned = scope("owned").open_owned();
    owned.run(|| airlock::enqueue(tell(2)));
    caught(|| looked_at.inspect(|_| flushed.flush().is_ok())).expect_err("it is refused");
    caught(|| looked_at.inspect(|_| drop(discarded.discard()))).expect_err("it is refused");
    caught(|| looked_at.inspect(|_| end(owned))).expect_err("it is refused");
    looked_at.discard();
    assert_eq!(
        outcomes.lines(),
        ["open panic: 1", "open panic: 1", "owned cancelled: 1"]
    );
}

#[airlock::effect]
fn tell(n: u32) {
    let _ = n;
}
