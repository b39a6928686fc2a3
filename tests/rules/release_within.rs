//! Scopes that let nested scopes dispatch when those end.

use airlock::lifecycle::{FlushOnSuccess, Outcome};
use airlock::policy::{drop_all, limit};
use airlock::scope::OwnedScope;
use airlock::{FlushReport, ScopeBuilder};

use crate::fixture::{fates, logged, logged_async, mail, order, ship};

/// Opens a scope that releases the intents of scopes within it.
fn releasing(scope: ScopeBuilder) -> OwnedScope {
    let mut scope = scope.open_owned();
    scope.release_within();
    scope
}

/// Runs a nested scope with one mail, and returns its report.
fn item(n: u32) -> FlushReport {
    let ended = airlock::scope().run_infallible(|_| airlock::enqueue(mail(n)));
    ended.expect("nothing fails").report
}

fn end(scope: OwnedScope) {
    let released = scope.release(Outcome::Success);
    released.dispatch().expect("nothing fails");
}

#[test]
fn r08_a_scope_that_releases_within_lets_each_scope_dispatch_at_its_end() {
    for publishes in [false, true] {
        let log = logged(|log| {
            let mut body = releasing(airlock::scope());
            let handle = publishes.then(|| body.handle());
            for n in 1..=2 {
                body.run(|| {
                    airlock::enqueue(mail(10 * n));
                    assert_eq!(fates(&item(n)), ["mail dispatched"]);
                });
                assert_eq!(log.lines().len(), n as usize);
            }
            assert_eq!(body.holds(), 2, "its own intents wait for its end");
            drop(handle);
            end(body);
        });
        assert_eq!(log, ["mail 1", "mail 2", "mail 10", "mail 20"]);
    }
}

#[test]
fn r08_an_async_scope_within_one_that_releases_is_flushed_at_its_end() {
    let log = logged_async(async |log| {
        let body = releasing(airlock::scope());
        let work = body.work(async || {
            let item = airlock::scope();
            let ended = item.run_infallible_async(async |_| airlock::enqueue(ship(1)));
            ended.await.expect("nothing fails");
            log.lines()
        });
        let (lines, scope) = work.await;
        assert_eq!(lines.expect("it does not panic"), ["ship 1"]);
        end(scope);
    });
    assert_eq!(log, ["ship 1"]);
}

#[test]
fn r08_a_scope_further_out_that_holds_captures_the_intents() {
    let log = logged(|log| {
        let outer = airlock::scope().open();
        let mut body = outer.enter(|| releasing(airlock::scope()));
        body.run(|| assert_eq!(fates(&item(1)), ["mail captured"]));
        end(body);
        assert!(log.lines().is_empty());
        outer.flush().expect("nothing fails");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn r08_a_scope_that_releases_within_is_captured_itself_by_one_that_does_too() {
    let log = logged(|log| {
        let mut outer = releasing(airlock::scope());
        let mut inner = outer.run(|| releasing(airlock::scope()));
        inner.run(|| {
            airlock::enqueue(mail(1));
            item(2);
        });
        end(inner);
        assert_eq!((log.lines(), outer.holds()), (vec!["mail 2".to_owned()], 1));
        end(outer);
    });
    assert_eq!(log, ["mail 2", "mail 1"]);
}

#[test]
fn r08_a_lifecycle_decides_what_is_released() {
    let log = logged(|log| {
        let mut body = releasing(airlock::scope().lifecycle(FlushOnSuccess));
        body.run(|| assert_eq!(fates(&item(1)), ["mail captured"]));
        assert!(log.lines().is_empty());
        end(body);
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn r10_the_policies_of_a_scope_that_releases_within_judge_what_others_dispatch() {
    let log = logged(|_| {
        let mut body = releasing(airlock::scope().policy(drop_all()));
        body.run(|| assert_eq!(fates(&item(1)), ["mail dropped"]));
        end(body);
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn r10_they_judge_what_effects_cause_too() {
    let log = logged(|_| {
        let mut body = releasing(airlock::scope().policy(limit(1)));
        body.run(|| {
            let ended = airlock::scope().run_infallible(|_| airlock::enqueue(order(1)));
            let report = ended.expect("nothing fails").report;
            assert_eq!(fates(&report), ["order dispatched", "mail dropped"]);
        });
        end(body);
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn r08_a_scope_that_has_ended_releases_nothing_more() {
    let log = logged(|log| {
        let mut body = releasing(airlock::scope());
        let handle = body.handle();
        let item = handle.enter(|| airlock::scope().open());
        item.enter(|| airlock::enqueue(mail(1)));
        end(body);
        let error = item.flush().expect_err("the scope around has ended");
        assert!(error.to_string().contains("mail"), "{error}");
        assert_eq!(error.into_intents().len(), 1);
        assert!(log.lines().is_empty());
    });
    assert!(log.is_empty(), "{log:?}");
}
