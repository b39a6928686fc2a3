//! R13: effects that cause effects.

use airlock::executor::Recorder;
use airlock::policy::{block, no_reentry};
use airlock::{Failure, Refusal, try_enqueue};

use crate::fixture::{Log, Mail, builder, fates, logged, logged_async, mail, order};

#[test]
fn r13_what_an_effect_enqueues_is_flushed_when_it_succeeds_and_knows_its_cause() {
    let log = logged(|_| {
        let report = airlock::scope()
            .run_infallible(|_| {
                airlock::enqueue(order(1));
                airlock::enqueue(mail(2));
            })
            .expect("it succeeds")
            .report;
        assert_eq!(
            fates(&report),
            ["order dispatched", "mail dispatched", "mail dispatched"]
        );
        assert_eq!((report.buffered().len(), report.cascades().len()), (2, 1));
        let cause = report.cascades()[0].cause().expect("the order caused it");
        assert_eq!(cause.effect().name(), "order");
        assert_eq!(cause.intent(), report.buffered()[0].id());
        assert_eq!(cause.location(), report.buffered()[0].location());
    });
    assert_eq!(log, ["mail 1", "mail 2"]);
}

#[airlock::effect]
fn orders_then_fails(n: u32) -> Result<(), String> {
    airlock::enqueue(mail(n));
    Err("after all".to_owned())
}

#[test]
fn r13_what_a_failing_effect_enqueued_is_discarded() {
    let log = logged(|_| {
        let error = airlock::scope()
            .run_infallible(|_| airlock::enqueue(orders_then_fails(1)))
            .expect_err("it fails");
        assert_eq!(
            fates(error.report()),
            ["orders_then_fails failed", "mail discarded"]
        );
    });
    assert!(log.is_empty());
}

#[airlock::effect]
async fn order_async(n: u32) {
    tokio::task::yield_now().await;
    airlock::enqueue(order(n));
}

#[test]
fn r13_a_cascade_of_async_and_sync_effects_carries_the_whole_chain() {
    let log = logged_async(async |_| {
        let report = airlock::scope()
            .run_infallible_async(async |_| {
                airlock::enqueue(order_async(1));
            })
            .await
            .expect("it succeeds")
            .report;
        let chain = report.entries()[2].cause().expect("caused").to_string();
        let ids: Vec<_> = chain
            .split(" -> ")
            .map(|it| it.split(' ').next().unwrap_or(""))
            .collect();
        assert_eq!(ids, ["rules.cascades.order_async", "rules.fixture.order"]);
    });
    assert_eq!(log, ["mail 1"]);
}

#[test]
fn r13_a_cascade_uses_the_executor_of_its_cause() {
    let recorder = Recorder::new();
    logged(|_| {
        airlock::scope()
            .executor(recorder.clone())
            .run_infallible(|_| airlock::enqueue(order(1)))
            .expect("recorded");
        assert_eq!(recorder.len(), 1);
        for delivery in recorder.take() {
            delivery.perform().expect("it succeeds");
        }
    });
    assert_eq!(recorder.recorded::<Mail>(), [mail(1)]);
}

impl PartialEq for Mail {
    fn eq(&self, other: &Self) -> bool {
        self.n == other.n
    }
}

#[test]
fn r13_the_policies_that_let_a_cause_pass_judge_what_it_causes() {
    let log = logged(|_| {
        airlock::scope()
            .run_infallible(|_| {
                airlock::policy(block::<Mail>()).run(|| airlock::enqueue(order(1)));
                airlock::scope()
                    .policy(block::<Mail>())
                    .run_infallible(|_| airlock::enqueue(order(2)))
                    .expect("captured");
                airlock::enqueue(order(3));
            })
            .expect("it succeeds");
    });
    assert_eq!(log, ["mail 3"]);
}

/// An effect that, through domain code, wishes itself again.
#[airlock::effect]
fn save_user(#[resource] log: &Log, id: u32) {
    log.add(format!("save {id}"));
    airlock::enqueue(save_user(id));
}

#[test]
fn r13_an_endless_cascade_is_an_error_that_prints_the_chain() {
    let log = Log::default();
    let airlock = builder(&log).depth_limit(3).build().expect("it builds");
    airlock.run(|| {
        let error = airlock::scope()
            .run_infallible(|_| airlock::enqueue(save_user(1)))
            .expect_err("it has no end");
        let Some(Failure::TooDeep { limit: 3, chain }) = error.failure() else {
            panic!("{error:?}");
        };
        let message = error.failure().map(ToString::to_string).unwrap_or_default();
        assert!(message.contains("deeper than 3 effects"), "{message}");
        assert_eq!(chain.matches("save_user #").count(), 4, "{chain}");
        assert!(message.contains("no_reentry"), "{message}");
        assert_eq!(error.into_intents().len(), 1);
    });
    assert_eq!(log.lines().len(), 4);
}

#[test]
fn r13_a_policy_refuses_re_entry() {
    let log = logged(|_| {
        let report = airlock::scope()
            .policy(no_reentry())
            .run_infallible(|_| airlock::enqueue(save_user(1)))
            .expect("the loop is broken")
            .report;
        assert_eq!(
            fates(&report),
            ["save_user dispatched", "save_user dropped"]
        );
        assert!(
            report.to_string().contains("by no_reentry: re-entry:"),
            "{report}"
        );
        let strict = airlock::scope().policy(no_reentry().reject());
        assert!(
            strict
                .run_infallible(|_| airlock::enqueue(save_user(2)))
                .is_err()
        );
    });
    assert_eq!(log, ["save 1", "save 2"]);
}

/// Hands its scope out of itself.
#[airlock::effect]
fn leaks(#[resource] leaked: &std::sync::Mutex<Option<airlock::Scope>>) {
    *leaked.lock().expect("no panic") = airlock::current();
}

#[test]
fn r13_what_is_enqueued_into_an_effects_scope_after_it_is_refused() {
    let leaked = std::sync::Arc::new(std::sync::Mutex::new(None::<airlock::Scope>));
    let airlock = airlock::Airlock::builder()
        .shared_resource(leaked.clone())
        .skip_resource_check();
    airlock.build().expect("it builds").run(|| {
        airlock::scope()
            .run_infallible(|_| airlock::enqueue(leaks()))
            .expect("it succeeds");
        let scope = leaked.lock().expect("no panic").take().expect("leaked");
        let error = scope
            .enter(|| try_enqueue(mail(1)))
            .expect_err("it has ended");
        assert!(matches!(error.refusal(), Refusal::ScopeEnded { .. }));
    });
}
