//! Units of batch effects, and executors that fall back to another one.

use std::borrow::Cow;

use airlock::executor::{Batch, Executor, Fallback, Inline};
use airlock::intent::IntentId;
use airlock::policy::{allow_all, block};
use airlock::{FlushReport, Intent};

use crate::fixture::{Log, Mail, Tally, fates, logged, mail, ready, tally};

/// An executor that accepts some `tally` intents, and logs those that it performs.
struct Picky {
    name: &'static str,
    accepts: fn(u32) -> bool,
    seen: Log,
}

impl Executor for Picky {
    fn accepts(&self, intent: &Intent) -> Result<(), Cow<'static, str>> {
        let tally = intent.downcast_ref::<Tally>().expect("it is that");
        match (self.accepts)(tally.numbers) {
            true => Ok(()),
            false => Err("not this number".into()),
        }
    }

    fn dispatch(&self, batch: &mut Batch<'_>) {
        for intent in batch.intents() {
            let tally = intent.downcast_ref::<Tally>().expect("it is that");
            self.seen.add(format!("{} {}", self.name, tally.numbers));
        }
        batch.perform_all();
    }
}

/// Ends a scope with tallies of 1 and 2. Its executor falls back from one that accepts even numbers to
/// one that accepts by `second`. Returns the tallies that each was given.
fn picked(second: fn(u32) -> bool) -> Vec<String> {
    let seen = Log::default();
    let picky = |name, accepts| Picky {
        name,
        accepts,
        seen: seen.clone(),
    };
    let fallback = Fallback::new(
        picky("first", |n| n.is_multiple_of(2)),
        picky("second", second),
    );
    logged(|_| {
        let scope = airlock::scope().executor(fallback);
        scope
            .run_infallible(|_| {
                airlock::enqueue(tally(1));
                airlock::enqueue(tally(2));
            })
            .expect("an executor accepts each");
    });
    let mut lines = seen.lines();
    lines.sort();
    lines
}

#[test]
fn a_fallback_does_not_pass_over_the_first_executor_for_a_unit_of_which_it_accepts_a_part() {
    assert_eq!(picked(|_| true), ["first 2", "second 1"]);
}

#[test]
fn a_fallback_does_not_give_the_second_executor_intents_that_it_does_not_accept() {
    assert_eq!(picked(|n| !n.is_multiple_of(2)), ["first 2", "second 1"]);
}

/// An executor that fails batches with tallies, and performs all others.
struct NoTallies;

impl Executor for NoTallies {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        if batch.intents().any(|intent| intent.is::<Tally>()) {
            batch.fail_rest("it cannot count");
        }
        batch.perform_all();
    }
}

#[test]
fn a_fallback_does_not_go_on_after_a_failure_because_the_second_executor_accepts_a_part_of_the_unit()
 {
    let log = logged(|log| {
        let only_odd = Picky {
            name: "second",
            accepts: |n| !n.is_multiple_of(2),
            seen: log.clone(),
        };
        let scope = airlock::scope().executor(Fallback::new(NoTallies, only_odd));
        let ended = scope.run_infallible(|_| {
            airlock::enqueue(tally(1));
            airlock::enqueue(tally(2));
            airlock::enqueue(mail(3));
        });
        let error = ended.expect_err("nobody takes the second tally");
        assert_eq!(
            fates(error.report()),
            ["tally failed", "tally failed", "mail not reached",]
        );
    });
    assert!(log.is_empty(), "{log:?}");
}

/// An executor that panics before it performs anything.
struct Explodes;

impl Executor for Explodes {
    fn dispatch(&self, _: &mut Batch<'_>) {
        panic!("the first executor exploded");
    }
}

#[test]
fn a_fallback_covers_a_first_executor_that_panics() {
    let log = logged(|_| {
        let scope = airlock::scope().executor(Fallback::new(Explodes, Inline));
        let ended = scope.run_infallible(|_| airlock::enqueue(mail(1)));
        ended.expect("the second executor performs it");
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn a_fallback_that_awaits_covers_a_first_executor_that_panics() {
    let log = logged(|_| {
        let scope = airlock::scope().executor(Fallback::new(Explodes, Inline));
        let ended = ready(scope.run_infallible_async(async |_| airlock::enqueue(mail(1))));
        ended.expect("the second executor performs it");
    });
    assert_eq!(log, ["mail 1"]);
}

/// Enqueues one mail for all its numbers.
#[airlock::effect(batch)]
fn announce(numbers: Vec<u32>) {
    airlock::enqueue(mail(numbers.iter().sum()));
}

/// The policy for mails under which an announcement is enqueued.
#[derive(Clone, Copy)]
enum Mails {
    Blocked,
    Allowed,
}

/// Announces 1 without a policy, and then 2 under `second`. The scope performs both in one call.
fn announced(second: Mails) -> (Vec<IntentId>, FlushReport) {
    let ended = airlock::scope().run_infallible(|_| {
        let first = airlock::enqueue(announce(1));
        let second = match second {
            Mails::Blocked => {
                airlock::policy(block::<Mail>()).run(|| airlock::enqueue(announce(2)))
            }
            Mails::Allowed => airlock::enqueue(announce(2)),
        };
        vec![first, second]
    });
    let ended = ended.expect("nothing fails");
    (ended.value, ended.report)
}

#[test]
fn what_a_batch_enqueues_is_not_judged_only_by_the_policies_of_its_first_intent() {
    let log = logged(|_| {
        let (_, report) = announced(Mails::Blocked);
        assert_eq!(fates(&report).last().expect("a mail"), "mail dropped");
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn what_a_batch_enqueues_is_judged_by_each_policy_when_all_its_intents_have_one() {
    let log = logged(|_| {
        let scope = airlock::scope();
        let ended = scope.run_infallible(|_| {
            airlock::policy(allow_all()).run(|| airlock::enqueue(announce(1)));
            airlock::policy(block::<Mail>()).run(|| airlock::enqueue(announce(2)));
        });
        let report = ended.expect("nothing fails").report;
        assert_eq!(fates(&report).last().expect("a mail"), "mail dropped");
    });
    assert!(log.is_empty(), "{log:?}");
}

#[test]
fn the_cause_of_what_a_batch_enqueues_names_all_its_intents() {
    let log = logged(|_| {
        let (ids, report) = announced(Mails::Allowed);
        let [caused] = report.cascades() else {
            panic!("one mail: {report}")
        };
        let cause = caused.cause().expect("it has a cause").to_string();
        let words: Vec<&str> = cause
            .split(|letter: char| letter != '#' && !letter.is_ascii_digit())
            .collect();
        for id in ids {
            assert!(words.contains(&&*id.to_string()), "{id} in {cause}");
        }
    });
    assert_eq!(log, ["mail 3"]);
}
