//! Nested guards, loops and cascades of 100,000, on a stack of 2 MiB.

use airlock::Airlock;
use airlock::policy::allow_all;
use airlock::scope::{PolicyGuard, ScopeGuard};

use crate::child::{in_child, on_small_stack};
use crate::fixture::{block_on, mail};

const MANY: usize = 100_000;

/// Runs a program on a small stack in a child process.
fn survives(name: &str, program: fn()) {
    in_child(module_path!(), name, || on_small_stack(program));
}

fn nested_scopes() -> Vec<ScopeGuard> {
    (0..MANY).map(|_| airlock::scope().enter()).collect()
}

fn nested_policies() -> Vec<PolicyGuard> {
    let enter = |_| airlock::policy(allow_all()).enter();
    (0..MANY).map(enter).collect()
}

fn drop_inside_out<T>(mut guards: Vec<T>) {
    while let Some(innermost) = guards.pop() {
        drop(innermost);
    }
}

#[test]
fn nested_scope_guards_that_are_dropped_inside_out_do_not_overflow_the_stack() {
    let name = "nested_scope_guards_that_are_dropped_inside_out_do_not_overflow_the_stack";
    survives(name, || {
        drop_inside_out(nested_scopes());
        assert!(airlock::current().is_none());
    });
}

#[test]
fn nested_scope_guards_that_are_dropped_as_they_were_opened_do_not_overflow_the_stack() {
    let name = "nested_scope_guards_that_are_dropped_as_they_were_opened_do_not_overflow_the_stack";
    survives(name, || {
        drop(nested_scopes());
        assert!(airlock::current().is_none());
    });
}

#[test]
fn nested_policy_guards_that_are_dropped_inside_out_do_not_overflow_the_stack() {
    let name = "nested_policy_guards_that_are_dropped_inside_out_do_not_overflow_the_stack";
    survives(name, || {
        let scope = airlock::scope().enter();
        drop_inside_out(nested_policies());
        airlock::enqueue(mail(1));
        scope.discard();
    });
}

#[test]
fn nested_policy_guards_that_are_dropped_as_they_were_opened_do_not_overflow_the_stack() {
    let name =
        "nested_policy_guards_that_are_dropped_as_they_were_opened_do_not_overflow_the_stack";
    survives(name, || {
        let scope = airlock::scope().enter();
        drop(nested_policies());
        airlock::enqueue(mail(1));
        scope.discard();
    });
}

#[test]
fn an_intent_under_nested_policies_that_outlives_their_guards_does_not_overflow_the_stack() {
    let name =
        "an_intent_under_nested_policies_that_outlives_their_guards_does_not_overflow_the_stack";
    survives(name, || {
        let scope = airlock::scope().enter();
        let guards = nested_policies();
        airlock::enqueue(count_down(1));
        drop_inside_out(guards);
        let report = scope.flush().expect("nothing fails");
        assert_eq!(report.dispatched().count(), 1);
    });
}

#[test]
fn guards_that_are_reassigned_in_a_loop_do_not_overflow_the_stack() {
    let name = "guards_that_are_reassigned_in_a_loop_do_not_overflow_the_stack";
    survives(name, || {
        let scope = airlock::scope().enter();
        let mut _guard = airlock::policy(allow_all()).enter();
        for _ in 0..MANY {
            _guard = airlock::policy(allow_all()).enter();
        }
        airlock::enqueue(mail(1));
        drop(_guard);
        scope.discard();
    });
}

#[airlock::effect]
fn count_down(n: usize) {
    if n > 1 {
        airlock::enqueue(count_down(n - 1));
    }
}

#[airlock::effect]
async fn count_down_async(n: usize) {
    if n > 1 {
        airlock::enqueue(count_down_async(n - 1));
    }
}

fn unlimited() -> Airlock {
    let builder = Airlock::builder().skip_resource_check();
    builder.depth_limit(u32::MAX).build().expect("it builds")
}

#[test]
fn a_cascade_without_a_depth_limit_does_not_overflow_the_stack() {
    let name = "a_cascade_without_a_depth_limit_does_not_overflow_the_stack";
    survives(name, || {
        let scope = unlimited().scope();
        let ended = scope.run_infallible(|_| airlock::enqueue(count_down(MANY)));
        let report = ended.expect("nothing fails").report;
        assert_eq!(report.dispatched().count(), MANY);
    });
}

#[test]
fn an_async_cascade_without_a_depth_limit_does_not_overflow_the_stack() {
    let name = "an_async_cascade_without_a_depth_limit_does_not_overflow_the_stack";
    survives(name, || {
        let scope = unlimited().scope();
        let ended = scope.run_infallible_async(async |_| airlock::enqueue(count_down_async(MANY)));
        let report = block_on(ended).expect("nothing fails").report;
        assert_eq!(report.dispatched().count(), MANY);
    });
}
