//! Reports of many intents, and errors that no one handles.

use std::process::Command;

use airlock::policy::allow_if;
use airlock::prelude::*;
use airlock::{Effect, Origin};
use std::time::Duration;

#[airlock::effect]
fn ship(order: u64) {
    let _ = order;
}

#[airlock::effect]
fn charge(order: u64) -> Result<(), String> {
    Err(format!("card of {order} declined"))
}

#[test]
fn a_report_of_ten_thousand_intents_is_counted_and_its_table_is_short() {
    let scope = airlock::scope().policy(allow_if(|intent| {
        intent
            .downcast_ref::<Ship>()
            .is_none_or(|ship| ship.order % 4 != 0)
    }));
    let completed =
        scope.run_infallible(|_| (0..10_000).for_each(|n| _ = airlock::enqueue(ship(n))));
    let report = completed.expect("nothing fails").report;
    let summary = report.summary();
    assert_eq!(summary.count(Ship::DESCRIPTOR, "dispatched"), 7_500);
    assert_eq!(summary.count(Ship::DESCRIPTOR, "dropped"), 2_500);
    let dropped = &summary.lines()[0];
    assert!(
        dropped
            .policy
            .as_ref()
            .is_some_and(|policy| policy.starts_with("allow_if at "))
    );
    let table = report.to_string();
    assert_eq!(
        table.lines().count(),
        53,
        "a line for the scope, a header, 50 rows, and the rest"
    );
    assert!(
        table.ends_with("  and 9950 more; `summary()` counts them all\n"),
        "{table}"
    );
}

#[test]
fn a_long_report_shows_what_failed() {
    let scope = airlock::scope().failure_mode(airlock::FailureMode::CarryOn);
    let error = scope
        .run_infallible(|_| {
            (0..200).for_each(|n| _ = airlock::enqueue(ship(n)));
            airlock::enqueue(charge(7));
        })
        .expect_err("the charge fails");
    assert!(error.report().to_string().contains("card of 7 declined"));
}

#[test]
fn a_flush_error_names_its_root_cause_and_its_debug_form_is_a_table() {
    let error = airlock::scope().run_infallible(|_| airlock::enqueue(charge(7)));
    let error = error.expect_err("the charge fails");
    assert!(
        error.to_string().ends_with("): card of 7 declined"),
        "{error}"
    );
    let debug = format!("{error:?}");
    assert!(
        debug.starts_with(&error.to_string()) && debug.contains("enqueued at"),
        "{debug}"
    );
}

#[test]
fn a_body_that_fails_has_its_value_and_its_report() {
    let completed = airlock::scope().run_with_report(|_| {
        airlock::enqueue(ship(1));
        Err::<(), airlock::BoxError>("no such order".into())
    });
    assert_eq!(
        completed.value.expect_err("it fails").to_string(),
        "no such order"
    );
    assert_eq!(completed.report.entries()[0].fate().word(), "discarded");

    let completed = airlock::scope().run_with_report(|_| {
        airlock::enqueue(charge(2));
        Ok::<_, airlock::BoxError>(())
    });
    let error = completed.value.expect_err("the flush fails");
    assert!(error.to_string().contains("card of 2 declined"), "{error}");
    assert_eq!(completed.report.entries()[0].fate().word(), "failed");
}

#[test]
fn an_intent_and_a_snapshot_show_options_and_origin() {
    let scope = airlock::scope().executor(airlock::executor::Recorder::new());
    let scope = scope.origin(Origin::new("POST /orders"));
    let completed = scope.run_infallible(|scope| {
        airlock::enqueue(
            ship(1)
                .after(Duration::from_secs(5))
                .on_queue("slow")
                .always(),
        );
        (
            scope.inspect(|intents| format!("{:?}", intents[0])),
            scope.snapshot().to_string(),
        )
    });
    let (debug, table) = completed.expect("it is recorded").value;
    assert!(
        debug.ends_with(", after 5s, queue slow, always, from POST /orders"),
        "{debug}"
    );
    assert!(
        table.contains("after 5s, queue slow") && table.contains("POST /orders"),
        "{table}"
    );
}

#[test]
fn an_error_that_nobody_handles_is_printed_where_nobody_listens() {
    const CHILD: &str = "AIRLOCK_TRAPS_CHILD";
    if std::env::var_os(CHILD).is_some() {
        // In the child process, where no subscriber listens.
        let error = airlock::scope().run_infallible(|_| airlock::enqueue(charge(3)));
        return error.expect_err("it fails").report_unhandled();
    }
    let executable = std::env::current_exe().expect("the test has a file");
    let test = "reports::an_error_that_nobody_handles_is_printed_where_nobody_listens";
    let output = Command::new(executable)
        .args([test, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("the child runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let start = "airlock: a flush failed and nobody handles its error: could not dispatch `traps.reports.charge`";
    assert!(
        stderr.contains(start) && stderr.contains("): card of 3 declined"),
        "{stderr}"
    );
    assert!(
        stderr.contains("note: set `AirlockBuilder::on_unhandled_error`"),
        "{stderr}"
    );
}
