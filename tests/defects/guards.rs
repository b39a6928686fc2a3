//! Guards that are dropped out of order, or held across an await.

use std::sync::Arc;

use airlock::Airlock;
use airlock::policy::{allow_all, assert_no_effects, block, drop_all};
use airlock::scope::PolicyGuard;

use crate::fixture::{Log, Mail, builder, logged, mail, pause, poll_once};
use airlock_test_support::problems_of;

#[test]
fn a_reassigned_guard_does_not_leave_its_first_policy_in_force() {
    let log = logged(|_| {
        let scope = airlock::scope().enter();
        let mut _guard = airlock::policy(drop_all()).enter();
        _guard = airlock::policy(allow_all()).enter();
        airlock::enqueue(mail(1));
        scope.flush().expect("nothing fails");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn a_policy_whose_guard_is_gone_vetoes_nothing_more() {
    let scope = airlock::scope().enter();
    let strict = airlock::policy(assert_no_effects()).enter();
    let later = airlock::policy(allow_all()).enter();
    airlock::try_enqueue(mail(1)).expect_err("the policy applies");
    drop(strict);
    airlock::try_enqueue(mail(2)).expect("the policy no longer applies");
    drop(later);
    assert_eq!(scope.len(), 1);
}

#[test]
fn a_policy_that_is_still_in_force_is_not_lost_with_one_outside_of_it() {
    let log = logged(|_| {
        let scope = airlock::scope().enter();
        let outside = airlock::policy(allow_all()).enter();
        let quiet = airlock::policy(block::<Mail>()).enter();
        drop(outside);
        airlock::enqueue(mail(1));
        drop(quiet);
        airlock::enqueue(mail(2));
        scope.flush().expect("nothing fails");
    });
    assert_eq!(log, ["mail 2"]);
}

#[test]
fn a_scope_that_was_left_under_a_later_guard_gets_nothing_more() {
    let outer = airlock::scope().enter();
    let inner = airlock::scope().enter();
    let later = airlock::policy(allow_all()).enter();
    let inner = inner.exit();
    airlock::try_enqueue(mail(1)).expect("the outer scope is open");
    assert_eq!((outer.len(), inner.len()), (1, 0));
    drop(later);
    inner.discard();
}

#[test]
fn a_scope_that_was_flushed_under_a_later_guard_does_not_stand_in_the_way() {
    let outer = airlock::scope().enter();
    let inner = airlock::scope().enter();
    let later = airlock::policy(allow_all()).enter();
    inner.flush().expect("it holds nothing");
    airlock::try_enqueue(mail(1)).expect("the outer scope is open");
    assert_eq!(outer.len(), 1);
    drop(later);
}

#[test]
fn guards_that_are_reassigned_in_a_loop_do_not_keep_their_policies() {
    let scope = airlock::scope().enter();
    let token = Arc::new(());
    let enter = |kept: Arc<()>| -> PolicyGuard {
        let policy = airlock::policy::allow_if(move |_| Arc::strong_count(&kept) > 0);
        airlock::policy(policy).enter()
    };
    let mut _guard = enter(token.clone());
    for _ in 0..10 {
        _guard = enter(token.clone());
    }
    assert_eq!(Arc::strong_count(&token), 2, "ours and the last guard's");
    drop(_guard);
    assert_eq!(Arc::strong_count(&token), 1);
    scope.discard();
}

/// Runs `work` with a separate airlock, inside one that drops everything. Returns what was logged.
fn enqueue_in_own_airlock(work: impl FnOnce(&Airlock, PolicyGuard)) -> Vec<String> {
    let log = Log::default();
    let own = builder(&log).build().expect("it builds");
    let around = builder(&log).policy(drop_all()).build();
    around.expect("it builds").run(|| {
        let outside = airlock::policy(allow_all()).enter();
        work(&own, outside);
    });
    log.lines()
}

#[test]
fn a_scope_with_an_airlock_of_its_own_keeps_it_when_a_guard_beneath_leaves() {
    let log = enqueue_in_own_airlock(|own, outside| {
        let scope = own.scope().policy(allow_all()).enter();
        drop(outside);
        airlock::enqueue(mail(1));
        let inner = airlock::scope();
        let inner = inner.run_infallible(|_| airlock::enqueue(mail(2)));
        inner.expect("it is captured");
        scope.flush().expect("nothing fails");
    });
    assert_eq!(log, ["mail 1", "mail 2"]);
}

#[test]
fn a_scope_that_becomes_shared_keeps_its_own_airlock_when_a_guard_beneath_leaves() {
    let log = enqueue_in_own_airlock(|own, outside| {
        let ended = own.scope().policy(allow_all()).run_infallible(|scope| {
            drop(scope.clone());
            drop(outside);
            airlock::enqueue(mail(1));
            let inner = airlock::scope();
            let inner = inner.run_infallible(|_| airlock::enqueue(mail(2)));
            inner.expect("it is captured");
        });
        ended.expect("nothing fails");
    });
    assert_eq!(log, ["mail 1", "mail 2"]);
}

/// Checks that there is exactly one warning, which names the line in this file and what to write instead.
fn check_one_warning(problems: &[String], line: u32) {
    let place = format!("guards.rs:{line}");
    let [warning] = problems else {
        panic!("one warning about {place}: {problems:#?}")
    };
    assert!(warning.starts_with("WARN"), "{warning}");
    assert!(warning.contains(&place), "{warning}");
    let says_what_to_write = warning.contains("run_async") || warning.contains("bind");
    assert!(says_what_to_write, "{warning}");
}

#[test]
fn a_policy_guard_that_is_held_across_an_await_is_warned_about_once_per_line() {
    let mut line = 0;
    let problems = problems_of(|| {
        for _ in 0..2 {
            let scope = airlock::scope();
            let mut work = Box::pin(scope.run_infallible_async(async |_| {
                line = line!() + 1;
                let _quiet = airlock::policy(drop_all()).enter();
                pause().await;
                pause().await;
            }));
            assert!(poll_once(work.as_mut()).is_pending());
            assert!(poll_once(work.as_mut()).is_pending());
            assert!(poll_once(work.as_mut()).is_ready());
        }
    });
    check_one_warning(&problems, line);
}

#[test]
fn a_scope_guard_that_is_held_across_an_await_is_warned_about_once_per_line() {
    let mut line = 0;
    let problems = problems_of(|| {
        for _ in 0..2 {
            let scope = airlock::scope();
            let mut work = Box::pin(scope.run_infallible_async(async |_| {
                line = line!() + 1;
                let inner = airlock::scope().enter();
                pause().await;
                inner.discard();
            }));
            assert!(poll_once(work.as_mut()).is_pending());
            assert!(poll_once(work.as_mut()).is_ready());
        }
    });
    check_one_warning(&problems, line);
}

#[test]
fn a_guard_that_is_dropped_before_the_await_is_not_warned_about() {
    let problems = problems_of(|| {
        let scope = airlock::scope();
        let mut work = Box::pin(scope.run_infallible_async(async |_| {
            drop(airlock::policy(drop_all()).enter());
            pause().await;
        }));
        assert!(poll_once(work.as_mut()).is_pending());
        assert!(poll_once(work.as_mut()).is_ready());
    });
    assert!(problems.is_empty(), "{problems:?}");
}
