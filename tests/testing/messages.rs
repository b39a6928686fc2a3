//! The messages of failed assertions.

use std::panic::Location;

use airlock::Key;
use airlock::prelude::*;
use airlock::testing::{Assertions, Captured, TestScope, all_in_order, capture};

use crate::fixture::{
    Charge, KeepCard, SendMail, SendMails, charge, checkout, keep_card, mail, panic_of,
    panics_during, send_mails,
};

/// Returns the panic message, without line numbers.
fn message(failing: impl FnOnce()) -> String {
    let mut text = String::new();
    for line in panic_of(failing).lines() {
        text.push_str(&without_lines(line));
        text.push('\n');
    }
    text
}

/// Replaces `file.rs:12` by `file.rs:N`.
fn without_lines(line: &str) -> String {
    match line.split_once(".rs:") {
        Some((before, after)) => {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{before}.rs:N{}", without_lines(rest))
        }
        None => line.to_owned(),
    }
}

fn shop() -> Captured<()> {
    capture(|| {
        airlock::enqueue(charge(7, 100));
        airlock::enqueue(keep_card(7, "4711".to_owned()));
        airlock::enqueue(mail("ada").on_queue("slow").with_priority(2).always());
        checkout(8).expect("it succeeds");
    })
}

#[test]
fn a_table_shows_all_that_was_captured_and_marks_what_came_nearest() {
    let text = message(|| shop().assert_enqueued::<SendMail>(|it| it.to == "eve"));
    let fixture = "tests/testing/fixture.rs:N";
    let here = "tests/testing/messages.rs:N";
    assert_eq!(
        text,
        format!(
            "\
no intent of `testing.fixture.send_mail` is accepted by the closure
captured: 5 intents
      effect                     intent                                    options                         enqueued at
      testing.fixture.charge     Charge {{ order: 7, cents: 100 }}                                           {here}
      testing.fixture.keep_card  KeepCard {{ order: 7, card: <redacted> }}                                   {here}
  ->  testing.fixture.send_mail  SendMail {{ to: \"ada\", subject: \"Hello\" }}  queue slow, priority 2, always  {here}
      testing.fixture.charge     Charge {{ order: 8, cents: 100 }}                                           {fixture}
  ->  testing.fixture.send_mail  SendMail {{ to: \"ada\", subject: \"Hello\" }}                                  {fixture}
"
        )
    );
}

#[test]
fn the_nearest_intent_is_the_one_with_the_fewest_differing_fields() {
    let text = message(|| shop().assert_enqueued_eq(&charge(8, 50)));
    assert!(
        text.starts_with(
            "no intent equals `Charge { order: 8, cents: 50 }`; the nearest differs in `cents` (100 instead of 50)\n"
        ),
        "{text}"
    );
    assert_eq!(text.matches("->").count(), 1);
    assert!(
        text.contains("->  testing.fixture.charge     Charge { order: 8, cents: 100 }"),
        "{text}"
    );
}

#[test]
fn a_redacted_argument_that_differs_is_not_shown() {
    let text = message(|| shop().assert_enqueued_eq(&keep_card(7, "4712".to_owned())));
    assert!(
        text.contains("differs in an argument that does not show in its `Debug`"),
        "{text}"
    );
    assert!(!text.contains("471"), "{text}");
}

#[allow(unused_variables)]
#[airlock::effect(redact(card), key = format!("{card}/{order}"))]
fn hold(order: u64, card: String) {}

#[allow(unused_variables)]
#[airlock::effect(redact(card), key = order)]
fn charge_card(order: u64, card: String) {}

#[test]
fn a_key_that_is_made_of_a_redacted_argument_is_not_shown() {
    let captured = capture(|| {
        airlock::enqueue(hold(7, "4711".to_owned()));
        airlock::enqueue(hold(8, "4711".to_owned()).with_key("shown"));
        airlock::enqueue(charge_card(9, "4711".to_owned()));
    });
    let held = Key::Text("4711/7".into());
    captured.assert_enqueued::<Hold>(|it| it.key().as_ref() == Some(&held));
    let text = message(|| captured.assert_count::<Hold>(3)) + &captured.plain().to_string();
    assert!(!text.contains("4711"), "{text}");
    assert_eq!(text.matches("key <redacted>").count(), 2, "{text}");
    assert_eq!(text.matches("key shown").count(), 2, "{text}");
    assert_eq!(text.matches("key 9").count(), 2, "{text}");
}

#[test]
fn an_effect_that_was_never_enqueued_is_answered_with_one_of_a_near_id() {
    let captured = capture(|| airlock::enqueue(send_mails(vec!["ada".to_owned()])));
    let text = message(|| captured.assert_enqueued::<SendMail>(|_| true));
    assert!(
        text.starts_with(
            "no intent of `testing.fixture.send_mail` is there; similar to it is `testing.fixture.send_mails`\n"
        ),
        "{text}"
    );
    captured.assert_count::<SendMails>(1);
    let text = message(|| capture(|| {}).assert_count::<SendMail>(2));
    assert_eq!(
        text,
        "expected 2 of `testing.fixture.send_mail`, found 0\ncaptured: nothing\n"
    );
}

#[airlock::test]
fn a_test_that_has_captured_apart_is_told_so(scope: &TestScope) {
    let captured = capture(|| checkout(7));
    captured.assert_count::<Charge>(1);
    let text = message(|| scope.assert_count::<Charge>(1));
    assert_eq!(
        text,
        "expected 1 of `testing.fixture.charge`, found 0\nthe test has enqueued: nothing; what a capture in it has taken is not among it\n"
    );
}

#[test]
fn a_step_that_is_missing_or_too_early_is_named() {
    let text = message(|| {
        shop().assert_order(all_in_order![Charge { order: 8, .. }, KeepCard]);
    });
    assert!(
        text.starts_with("step 2, `KeepCard`, stands before the step it should follow\n"),
        "{text}"
    );
    assert!(text.contains("->  testing.fixture.keep_card"), "{text}");
    let text = message(|| {
        shop().assert_order(all_in_order![Charge, SendMail { to, .. } if to == "eve"]);
    });
    assert!(
        text.starts_with("step 2, `SendMail { to, .. } if to == \"eve\"`, is not there\n"),
        "{text}"
    );
    assert_eq!(text.matches("->").count(), 2, "{text}");
}

#[test]
fn a_step_whose_intent_an_earlier_step_has_taken_is_not_said_to_be_early() {
    let once = capture(|| airlock::enqueue(charge(7, 100)));
    let text = message(|| once.assert_order(all_in_order![Charge, Charge]));
    assert!(
        text.starts_with("step 2, `Charge`, is not there a second time\n"),
        "{text}"
    );
    assert!(text.contains("->  testing.fixture.charge"), "{text}");
    // An earlier `Charge` also precedes the `SendMail`, which is fine: a later one follows.
    let text = message(|| shop().assert_order(all_in_order![SendMail, Charge, KeepCard]));
    assert!(
        text.starts_with("step 3, `KeepCard`, stands before the step it should follow\n"),
        "{text}"
    );
}

#[test]
fn one_wide_intent_makes_no_other_row_wide() {
    let captured = capture(|| {
        airlock::enqueue(mail(&"x".repeat(20_000)));
        airlock::enqueue(mail("a\u{0}").on_queue("two\nlines"));
        (0..500).for_each(|n| _ = airlock::enqueue(charge(n, 1)));
        airlock::enqueue(keep_card(7, "4711".to_owned()));
    });
    let text = message(|| captured.assert_count::<KeepCard>(2));
    assert!(text.len() < 20_000, "{} bytes", text.len());
    assert!(text.contains("captured: 503 intents\n"), "{text}");
    assert!(text.contains("\n  and 452 more\n"), "{text}");
    assert!(text.contains("->  testing.fixture.keep_card"), "{text}");
    assert!(text.contains("queue two\\nlines"), "{text}");
    let longest = text.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(600), "{longest:?}");
}

#[test]
fn a_wide_value_that_differs_is_shortened_too() {
    #[airlock::effect(derive(PartialEq))]
    fn print(text: String) {
        _ = text;
    }
    let captured = capture(|| airlock::enqueue(print("x".repeat(20_000))));
    let text = message(|| captured.assert_enqueued_eq(&print("y".repeat(20_000))));
    assert!(text.len() < 3_000, "{} bytes", text.len());
    assert!(text.contains("differs in `text` (\"xxx"), "{text}");
}

#[test]
fn an_exact_list_says_which_place_is_wrong() {
    let starts = |expected, text: &str| {
        let found = message(|| shop().assert_exactly(expected));
        assert!(found.starts_with(text), "{found}");
    };
    starts(
        all_in_order![Charge, SendMail],
        "intent 2 is of `testing.fixture.keep_card`, expected `SendMail`\n",
    );
    starts(
        all_in_order![Charge, KeepCard, SendMail, Charge],
        "intent 5 and all later ones are unexpected\n",
    );
    starts(
        all_in_order![
            Charge,
            KeepCard,
            SendMail,
            Charge,
            SendMail,
            Charge { order: 9, .. }
        ],
        "intent 6 is missing, expected `Charge { order: 9, .. }`\n",
    );
}

#[test]
fn what_should_not_be_there_is_marked() {
    let text = message(|| shop().assert_not_enqueued::<Charge>(|it| it.order == 8));
    assert!(
        text.starts_with("an intent of `testing.fixture.charge` is there that should not be\n")
    );
    assert_eq!(text.matches("->").count(), 1, "{text}");
    let text = message(|| shop().assert_nothing_enqueued());
    assert!(
        text.starts_with("nothing should have been enqueued\ncaptured: 5 intents\n"),
        "{text}"
    );
}

#[test]
fn a_report_says_that_it_keeps_no_arguments() {
    let ended = airlock::scope().run_infallible(|_| airlock::enqueue(charge(7, 100)));
    let report = ended.expect("it succeeds").report;
    let text = message(|| report.assert_exactly(all_in_order![Charge { order: 7, .. }]));
    assert!(
        text.contains("a report keeps no arguments, so that only types can be matched"),
        "{text}"
    );
    assert!(text.contains("reported: 1 intent\n"), "{text}");
    assert!(text.contains("dispatched"), "{text}");
}

#[test]
fn the_message_points_to_the_line_that_asserts() {
    let mut lines = Vec::new();
    let captured = capture(|| {});
    let places = panics_during(|| {
        let mut failing = |assert: &dyn Fn(), line: u32| {
            panic_of(assert);
            lines.push((file!().to_owned(), line));
        };
        failing(&|| captured.assert_enqueued::<Charge>(|_| true), here());
        failing(&|| captured.assert_enqueued_eq(&charge(1, 1)), here());
        failing(&|| captured.assert_count::<Charge>(1), here());
        failing(&|| captured.assert_any(|_| true), here());
        failing(&|| captured.assert_order(all_in_order![Charge]), here());
        failing(&|| captured.assert_exactly(all_in_order![Charge]), here());
    });
    assert_eq!(places, lines);
}

#[track_caller]
fn here() -> u32 {
    Location::caller().line()
}
