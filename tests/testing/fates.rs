//! Snapshots show each fate the same in every run, even if its text contains ids or line numbers.
#![allow(unused_variables, reason = "most effects here do nothing")]

use std::sync::Arc;
use std::time::Duration;

use airlock::executor::{Batch, Executor};
use airlock::policy::{
    Policy, allow_all, allow_if, allow_only, block, dedupe, dedupe_by, drop_all, limit, no_reentry,
};
use airlock::prelude::*;
use airlock::testing::{Assertions, Plain, capture};
use airlock::{Airlock, IntoKey, Scope};

use crate::fixture::{Charge, SendMail, block_on, charge, mail};

#[airlock::effect]
fn loops(n: u32) {
    airlock::enqueue(loops(n));
}

#[airlock::effect]
fn insists(n: u32) {
    let _again = airlock::policy(no_reentry().reject()).enter();
    airlock::enqueue(insists(n));
}

#[airlock::effect]
fn reaches_back(scope: Scope) {
    scope.enter(|| airlock::enqueue(mail("ada")));
}

#[airlock::effect]
fn undeclared() {
    let narrow = airlock::scope().emits::<Charge>();
    let ended = narrow.run_infallible(|_| airlock::enqueue(mail("ada")));
    ended.expect("it panics before");
}

#[airlock::effect]
fn refuses(order: u32) -> Result<(), String> {
    Err(format!(
        "no such order #70707 of shop@{order}: see src/order.rs:12:5, or other.rs: 9"
    ))
}

#[airlock::effect(timeout = "1ms")]
async fn hangs() {
    std::future::pending::<()>().await;
}

fn bare() -> Airlock {
    let builder = Airlock::builder().skip_resource_check();
    builder.build().expect("it builds")
}

/// Returns the snapshot of a block that is drained under a policy. Two runs must agree.
fn drained_below(policy: fn() -> Arc<dyn Policy>, block: fn()) -> String {
    steady(|| {
        let captured = airlock::policy(policy()).run(|| capture(block));
        match captured.drain(&bare()) {
            Ok(drained) => drained.plain_in_full(),
            Err(error) => error.drained().plain_in_full(),
        }
    })
}

/// Returns the snapshot of a block's report. Two runs must agree.
fn reported(builder: fn() -> airlock::ScopeBuilder, block: fn()) -> String {
    steady(
        || match builder().airlock(&bare()).run_infallible(|_| block()) {
            Ok(ended) => ended.report.plain(),
            Err(error) => error.report().plain(),
        },
    )
}

fn steady(run: impl Fn() -> Plain) -> String {
    let first = run().to_string();
    // Uses up more ids in between, so that any difference shows.
    capture(|| (0..3).for_each(|_| _ = airlock::enqueue(mail("between"))))
        .assert_count::<SendMail>(3);
    assert_eq!(first, run().to_string());
    let mut behind_files = first.split(".rs:").skip(1);
    let line = behind_files.find(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(line, None, "a line number is left");
    first
}

fn two_mails() {
    airlock::enqueue(mail("ada"));
    airlock::enqueue(mail("ada").with_key("ada"));
    airlock::enqueue(mail("ada").with_key("ada"));
}

#[test]
fn what_any_policy_drops() {
    let policies: [fn() -> Arc<dyn Policy>; 8] = [
        || Arc::new(drop_all()),
        || Arc::new(limit(1)),
        || Arc::new(not_mail),
        || Arc::new(block::<SendMail>()),
        || Arc::new(allow_only::<Charge>()),
        || Arc::new(dedupe()),
        || Arc::new(dedupe_by(|intent| Some(intent.effect().id().into_key())).keep_first()),
        || Arc::new(allow_all().not().and(drop_all())),
    ];
    for policy in policies {
        let text = drained_below(policy, two_mails);
        assert!(text.contains("dropped by "), "{text}");
    }
}

fn not_mail(intent: &airlock::Intent) -> bool {
    !intent.is::<SendMail>()
}

#[test]
fn what_a_closure_drops_names_its_file() {
    let text = drained_below(
        || Arc::new(allow_if(not_mail)),
        || _ = airlock::enqueue(mail("ada")),
    );
    let dropped = "dropped by allow_if at tests/testing/fates.rs\n";
    assert!(text.ends_with(dropped), "{text}");
}

#[test]
fn what_a_loop_is_dropped_for_names_the_intents_by_their_numbers() {
    let text = drained_below(|| Arc::new(no_reentry()), || _ = airlock::enqueue(loops(1)));
    insta::assert_snapshot!(text, @"
    1 testing.fates.loops Loops { n: 1 }, scope 1, dispatched
    2 testing.fates.loops Loops { .. }, caused by 1, dropped by no_reentry: re-entry: testing.fates.loops #1 -> testing.fates.loops
    ");
    let text = reported(airlock::scope, || _ = airlock::enqueue(insists(1)));
    assert!(
        text.contains("re-entry: testing.fates.insists #1 -> "),
        "{text}"
    );
}

#[test]
fn a_cause_that_is_not_among_the_intents_has_no_number() {
    #[airlock::effect]
    fn looks() {
        let captured = airlock::policy(no_reentry()).run(|| capture(|| airlock::enqueue(looks())));
        let drained = captured.drain(&bare()).expect("it finishes");
        panic!("{}", drained.plain_in_full());
    }
    let text = reported(airlock::scope, || _ = airlock::enqueue(looks()));
    let cause = "re-entry: testing.fates.looks #.. -> testing.fates.looks";
    assert!(text.contains(cause), "{text}");
}

#[test]
fn a_scope_that_has_ended_has_no_number_either() {
    let text = reported(airlock::scope, || {
        let ended = airlock::scope().open();
        let scope = Scope::clone(&ended);
        drop(ended);
        airlock::enqueue(reaches_back(scope));
    });
    assert!(text.contains("the scope @.. has ended"), "{text}");
    let text = reported(airlock::scope, || _ = airlock::enqueue(undeclared()));
    assert!(
        text.contains("the scope `@..` does not declare it"),
        "{text}"
    );
}

#[test]
fn what_an_error_says_of_other_numbers_stays() {
    let text = reported(airlock::scope, || _ = airlock::enqueue(refuses(7)));
    let said = "no such order #70707 of shop@7: see src/order.rs, or other.rs: 9\n";
    assert!(text.ends_with(said), "{text}");
}

#[test]
fn what_other_scopes_and_intents_stand_for() {
    let text = reported(airlock::scope, || {
        airlock::enqueue(charge(1, 1).with_key(1));
        airlock::enqueue(charge(1, 1).with_key(1));
        airlock::enqueue(mail("ada").on_failure());
        airlock::enqueue(loops(1));
    });
    for fate in ["coalesced into 2", "not due", "deeper than 32 effects\n"] {
        assert!(text.contains(fate), "{text}");
    }
    let captured = steady(|| {
        let ended = airlock::scope().run_infallible(|_| {
            let inner = airlock::scope().run_infallible(|_| _ = airlock::enqueue(mail("ada")));
            inner.expect("it is captured").report.plain()
        });
        ended.map(|ended| ended.value).expect("it is performed")
    });
    assert!(captured.ends_with("captured by scope 2\n"), "{captured}");
}

#[test]
fn what_a_policy_that_panics_says_names_the_intent_by_its_number() {
    let text = drained_below(
        || Arc::new(|intent: &airlock::Intent| -> bool { panic!("what is {}?", intent.id()) }),
        || _ = airlock::enqueue(mail("ada")),
    );
    let failed = "failed: the policy `closure` panicked: what is #1?\n";
    assert!(text.ends_with(failed), "{text}");
}

#[test]
fn what_an_ended_scope_cannot_capture() {
    let text = reported(airlock::scope, || {
        let outer = airlock::scope().open();
        let inner = outer.enter(|| airlock::scope().open());
        inner.enter(|| airlock::enqueue(mail("ada")));
        drop(outer);
        let error = inner.flush().expect_err("nothing is there to capture it");
        airlock::enqueue(tells(error.report().plain().to_string()));
    });
    let failed = "failed: an enclosing scope had ended before its own";
    assert!(text.contains(failed), "{text}");
}

#[airlock::effect]
fn tells(text: String) -> Result<(), String> {
    Err(text)
}

/// An executor that performs nothing, and panics with the ids of its intents.
#[derive(Debug)]
struct Lazy;

impl Executor for Lazy {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        let ids: Vec<_> = batch
            .intents()
            .map(|intent| intent.id().to_string())
            .collect();
        panic!("no time for {}", ids.join(", "));
    }
}

#[test]
fn what_an_executor_left_undone_names_the_intents_by_their_numbers() {
    let text = reported(|| airlock::scope().executor(Lazy), two_mails);
    assert!(text.contains("no time for #1, #3\n"), "{text}");
}

#[test]
fn what_took_too_long() {
    let text = steady(|| {
        let scope = airlock::scope().airlock(&bare());
        let ended = block_on(scope.run_async(async |_| {
            airlock::enqueue(hangs());
            Ok::<_, airlock::FlushError>(())
        }));
        ended.expect_err("it hangs").report().plain()
    });
    let took = Duration::from_millis(1);
    assert!(
        text.contains(&format!("took longer than {took:?}\n")),
        "{text}"
    );
}
