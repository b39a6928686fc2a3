//! R13: effects that cause effects.

use airlock::executor::Recorder;
use airlock::policy::{allow_if, block, no_reentry};
use airlock::prelude::*;
use airlock::{Effect, EnqueueErrorKind, Failure, try_enqueue};

use crate::fixture::{Log, Mail, block_on, builder, fates, id, logged, logged_async, mail, order};

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
        assert_eq!(ids, [id("cascades.order_async"), id("fixture.order")]);
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
    assert_eq!(recorder.enqueued::<Mail>(), [mail(1)]);
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

/// Enqueues itself again, as an effect might do through domain code.
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
            .expect_err("the cascade is endless");
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
fn r13_an_endless_cascade_stops_the_flush() {
    let log = Log::default();
    let airlock = builder(&log).depth_limit(1).build().expect("it builds");
    airlock.run(|| {
        let error = airlock::scope()
            .run_infallible(|_| {
                airlock::enqueue(save_user(1));
                airlock::enqueue(mail(2));
            })
            .expect_err("the cascade is endless");
        let expected = [
            "save_user dispatched",
            "mail not reached",
            "save_user dispatched",
            "save_user failed",
        ];
        assert_eq!(fates(error.report()), expected);
        assert_eq!(error.into_intents().len(), 2);
    });
    assert_eq!(log.lines(), ["save 1", "save 1"]);
}

/// Enqueues one mail for all its numbers.
#[airlock::effect(batch)]
fn announce(numbers: Vec<u32>) {
    airlock::enqueue(mail(numbers.iter().sum()));
}

/// Enqueues two announcements, of which the first is detached.
#[airlock::effect]
fn announces_twice() {
    airlock::enqueue(announce(1).detached());
    airlock::enqueue(announce(2));
}

#[test]
fn r13_the_cause_of_what_a_batch_enqueues_includes_the_cause_of_each_of_its_intents() {
    let log = logged(|_| {
        let ended = airlock::scope().run_infallible(|_| airlock::enqueue(announces_twice()));
        let report = ended.expect("it succeeds").report;
        let mailed = report.cascades().last().expect("a mail");
        let cause = mailed.cause().expect("an effect caused it");
        assert!(cause.includes(Announce::DESCRIPTOR));
        assert!(cause.includes(AnnouncesTwice::DESCRIPTOR));
        assert_eq!(cause.depth(), 2);
    });
    assert_eq!(log, ["mail 3"]);
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

/// Stores a handle to its scope outside the effect.
#[airlock::effect]
fn leaks(#[resource] leaked: &std::sync::Mutex<Option<airlock::Scope>>) {
    *leaked.lock().expect("no panic") = airlock::current();
}

#[test]
fn r13_what_is_enqueued_into_an_effects_scope_after_it_is_refused() {
    let leaked = std::sync::Arc::new(std::sync::Mutex::new(None::<airlock::Scope>));
    let airlock = airlock::Airlock::builder()
        .resource(leaked.clone())
        .skip_resource_check();
    airlock.build().expect("it builds").run(|| {
        airlock::scope()
            .run_infallible(|_| airlock::enqueue(leaks()))
            .expect("it succeeds");
        let scope = leaked.lock().expect("no panic").take().expect("leaked");
        let error = scope
            .enter(|| try_enqueue(mail(1)))
            .expect_err("it has ended");
        assert!(matches!(error.kind(), EnqueueErrorKind::ScopeEnded { .. }));
    });
}

/// Enqueues itself detached, `left` more times.
#[airlock::effect]
fn tick(#[resource] log: &Log, left: u32) {
    log.add(format!("tick {left}"));
    if left > 0 {
        airlock::enqueue(tick(left - 1).detached());
    }
}

#[airlock::effect]
async fn tick_async(#[resource] log: &Log, left: u32) {
    tokio::task::yield_now().await;
    log.add(format!("tick {left}"));
    if left > 0 {
        airlock::enqueue(tick_async(left - 1).detached());
    }
}

#[test]
fn r13_a_detached_intent_starts_a_new_chain_and_says_where_it_came_from() {
    logged(|_| {
        let ended = airlock::scope().run_infallible(|_| airlock::enqueue(tick(2)));
        let report = ended.expect("it succeeds").report;
        let [first, second, third] = report.entries() else {
            panic!("{report}");
        };
        assert!(first.detached_from().is_none());
        for (before, after) in [(first, second), (second, third)] {
            assert!(after.cause().is_none());
            let from = after.detached_from().expect("an effect started it");
            assert_eq!(from.effect().name(), "tick");
            assert_eq!(from.intent(), before.id());
            assert_eq!(from.location(), before.location());
            // It keeps only the last effect of the old chain.
            assert_eq!((from.depth(), from.parent().is_none()), (1, true));
        }
        let table = report.to_string();
        for entry in [first, second] {
            let from = format!("detached from {} {}", id("cascades.tick"), entry.id());
            assert_eq!(table.matches(&from).count(), 1, "{table}");
        }
    });
}

#[cfg(feature = "serde")]
#[test]
fn r13_the_serde_form_of_a_report_says_where_a_new_chain_started() {
    logged(|_| {
        let ended = airlock::scope().run_infallible(|_| {
            airlock::enqueue(tick(1));
            airlock::enqueue(order(2));
        });
        let report = ended.expect("it succeeds").report;
        let json = serde_json::to_value(&report).expect("it serialises");
        let ids: Vec<_> = report
            .buffered()
            .iter()
            .map(airlock::intent::IntentInfo::id)
            .collect();
        let (ticked, mailed) = (&json["cascades"][0], &json["cascades"][1]);
        let from = format!("{} {}", id("cascades.tick"), ids[0]);
        assert_eq!(ticked["detached_from"], from);
        assert!(ticked["cause"].is_null());
        assert!(mailed["detached_from"].is_null());
        let cause = format!("{} {}", id("fixture.order"), ids[1]);
        assert_eq!(mailed["cause"], cause);
    });
}

#[test]
fn r13_the_depth_limit_and_no_reentry_do_not_apply_to_detached_intents() {
    let log = Log::default();
    let airlock = builder(&log)
        .depth_limit(3)
        .policy(no_reentry().reject())
        .build()
        .expect("it builds");
    airlock.run(|| {
        airlock::scope()
            .run_infallible(|_| airlock::enqueue(tick(2_000)))
            .expect("each starts a chain");
    });
    assert_eq!(log.lines().len(), 2_001);
    block_on(airlock.bind(async {
        airlock::scope()
            .run_infallible_async(async |_| {
                airlock::enqueue(tick_async(2_000));
            })
            .await
            .expect("each starts a chain");
    }));
    assert_eq!(log.lines().len(), 4_002);
}

/// Enqueues itself `left` more times, and detaches every fourth time.
#[airlock::effect]
fn restart(#[resource] log: &Log, left: u32) {
    log.add(format!("restart {left}"));
    let next = restart(left.saturating_sub(1));
    match left {
        0 => {}
        left if left % 4 == 0 => _ = airlock::enqueue(next.detached()),
        _ => _ = airlock::enqueue(next),
    }
}

#[test]
fn r13_the_chain_of_what_a_detached_intent_causes_counts_from_zero() {
    let log = Log::default();
    let airlock = builder(&log).depth_limit(4).build().expect("it builds");
    airlock.run(|| {
        let ended = airlock::scope().run_infallible(|_| airlock::enqueue(restart(40)));
        let report = ended.expect("no chain is deeper than four").report;
        let depths = report.entries().iter();
        let depths: Vec<_> = depths
            .map(|it| it.cause().map_or(0, airlock::intent::Cause::depth))
            .collect();
        assert_eq!(depths[..7], [0, 0, 1, 2, 3, 0, 1]);
        assert!(depths.iter().all(|depth| *depth <= 3));
    });
    assert_eq!(log.lines().len(), 41);
}

/// Enqueues a detached intent in a nested scope.
#[airlock::effect]
fn ticks_within(n: u32) -> Result<(), airlock::FlushError> {
    airlock::scope().run(|_| {
        airlock::enqueue(mail(n).detached());
        Ok(())
    })
}

#[test]
fn r13_an_intent_is_detached_in_a_scope_within_an_effect_too() {
    let log = logged(|_| {
        let ended = airlock::scope().run_infallible(|_| airlock::enqueue(ticks_within(1)));
        let report = ended.expect("it succeeds").report;
        let mailed = &report.cascades()[0];
        assert!(mailed.cause().is_none());
        let from = mailed.detached_from().expect("an effect started it");
        assert_eq!(from.effect().name(), "ticks_within");
    });
    assert_eq!(log, ["mail 1"]);
}

#[airlock::effect(batch)]
fn mail_all(orders: Vec<u32>) {
    for n in orders {
        airlock::enqueue(mail(n).detached());
    }
}

#[test]
fn r13_what_a_batch_detaches_names_all_of_its_intents() {
    let log = logged(|_| {
        let ended = airlock::scope().run_infallible(|_| {
            (1..=3).for_each(|n| _ = airlock::enqueue(mail_all(n)));
        });
        let report = ended.expect("it succeeds").report;
        let batch: Vec<_> = report
            .buffered()
            .iter()
            .map(airlock::intent::IntentInfo::id)
            .collect();
        for mailed in report.cascades() {
            let from = mailed.detached_from().expect("an effect started it");
            assert_eq!(from.intents().collect::<Vec<_>>(), batch);
        }
    });
    assert_eq!(log, ["mail 1", "mail 2", "mail 3"]);
}

#[airlock::effect(retry(attempts = 2, delay = "1ms"))]
fn detaches_at_each_attempt(
    #[resource] attempts: &std::sync::atomic::AtomicU32,
    fails: u32,
) -> Result<(), String> {
    let attempt = attempts.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
    airlock::enqueue(mail(attempt).detached());
    if attempt <= fails {
        Err("after all".to_owned())
    } else {
        Ok(())
    }
}

#[test]
fn r13_what_a_failing_attempt_has_detached_is_discarded() {
    for (fails, expected) in [(1, vec!["mail 2"]), (2, vec![])] {
        let log = Log::default();
        let airlock = builder(&log)
            .resource(std::sync::atomic::AtomicU32::new(0))
            .build()
            .expect("it builds");
        let ended = airlock.run(|| {
            airlock::scope().run_infallible(|_| airlock::enqueue(detaches_at_each_attempt(fails)))
        });
        assert_eq!(ended.is_ok(), fails == 1);
        assert_eq!(log.lines(), expected);
    }
}

#[test]
fn r13_policies_and_the_executor_around_an_effect_hold_for_what_it_detaches() {
    let recorder = Recorder::new();
    let log = logged(|_| {
        airlock::scope()
            .executor(recorder.clone())
            .run_infallible(|_| airlock::enqueue(tick(2)))
            .expect("recorded");
        for n in 1..=3 {
            let deliveries = recorder.take();
            assert_eq!(deliveries.len(), 1, "after {n}");
            for delivery in deliveries {
                delivery.perform().expect("it succeeds");
            }
        }
        assert!(recorder.is_empty());
    });
    assert_eq!(log, ["tick 2", "tick 1", "tick 0"]);

    let log = logged(|_| {
        let few = airlock::scope().policy(allow_if(|intent| {
            intent.downcast_ref::<Tick>().is_none_or(|it| it.left == 5)
        }));
        let ended = few.run_infallible(|_| airlock::enqueue(tick(5)));
        let report = ended.expect("a dropped intent is no error").report;
        assert_eq!(fates(&report), ["tick dispatched", "tick dropped"]);
    });
    assert_eq!(log, ["tick 5"]);
}

#[test]
fn r13_detached_outside_of_an_effect_changes_nothing() {
    let log = logged(|_| {
        let ended = airlock::scope().run_infallible(|_| airlock::enqueue(order(1).detached()));
        let report = ended.expect("it succeeds").report;
        let [ordered, mailed] = report.entries() else {
            panic!("{report}");
        };
        assert!(ordered.cause().is_none() && ordered.detached_from().is_none());
        assert_eq!(
            mailed.cause().map(airlock::intent::Cause::intent),
            Some(ordered.id())
        );
    });
    assert_eq!(log, ["mail 1"]);
}

/// Enqueues a detached intent of an effect that fails.
#[airlock::effect]
fn detaches_one_that_fails(n: u32) {
    airlock::enqueue(crate::fixture::fail(n).detached());
}

#[airlock::effect]
fn enqueues_again(#[resource] again: &std::sync::Mutex<Vec<airlock::Intent>>) {
    for intent in again.lock().expect("no panic").drain(..) {
        airlock::enqueue(intent);
    }
}

#[test]
fn r13_a_detached_intent_that_is_handed_back_is_detached_where_it_is_enqueued_again() {
    let log = Log::default();
    let again = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let airlock = builder(&log)
        .resource(again.clone())
        .build()
        .expect("it builds");
    airlock.run(|| {
        let error = airlock::scope()
            .run_infallible(|_| airlock::enqueue(detaches_one_that_fails(1)))
            .expect_err("it fails");
        let intents = error.into_intents();
        let from = intents[0].detached_from().expect("an effect started it");
        assert_eq!(from.effect().name(), "detaches_one_that_fails");
        again.lock().expect("no panic").extend(intents);

        let error = airlock::scope()
            .run_infallible(|_| airlock::enqueue(enqueues_again()))
            .expect_err("it fails again");
        let failed = &error.report().cascades()[0];
        assert!(failed.cause().is_none());
        let from = failed.detached_from().expect("another effect started it");
        assert_eq!(from.effect().name(), "enqueues_again");

        let error = airlock::scope()
            .run_infallible(|_| {
                for intent in error.into_intents() {
                    airlock::enqueue(intent);
                }
            })
            .expect_err("it fails a third time");
        assert!(error.report().entries()[0].detached_from().is_none());
    });
}

#[cfg(feature = "tokio")]
#[airlock::effect]
async fn poll(#[resource] log: &Log, n: u32, alive: std::sync::Arc<()>) {
    log.add(format!("poll {n}"));
    let delay = std::time::Duration::from_secs(60);
    if n < 1_000 {
        airlock::enqueue(poll(n + 1, alive).detached().after(delay));
    }
}

/// Each poll's task ends before the next one starts, and nothing of it is retained.
#[cfg(feature = "tokio")]
#[test]
fn r13_a_poller_on_spawned_tasks_goes_on_and_keeps_nothing_of_what_it_did() {
    let alive = std::sync::Arc::new(());
    let kept = alive.clone();
    let log = logged_async(async |_| {
        let spawn = airlock::tokio::Spawn::current();
        airlock::scope()
            .executor(spawn.clone())
            .run_infallible(|_| airlock::enqueue(poll(0, alive)))
            .expect("it is spawned");
        let started = tokio::time::Instant::now();
        spawn.drained().await;
        assert_eq!(started.elapsed().as_secs(), 60_000);
    });
    assert_eq!(log.len(), 1_001);
    assert_eq!(std::sync::Arc::strong_count(&kept), 1);
}

#[cfg(feature = "tokio")]
#[test]
fn r13_a_poller_that_waits_when_its_runtime_ends_comes_to_on_error() {
    let log = Log::default();
    let errors = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let taken = errors.clone();
    block_on(crate::fixture::airlock(&log).bind(async {
        let spawn = airlock::tokio::Spawn::current()
            .on_error(move |error| taken.lock().expect("no panic").push(error));
        airlock::scope()
            .executor(spawn)
            .run_infallible(|_| airlock::enqueue(poll(0, std::sync::Arc::default())))
            .expect("it is spawned");
        tokio::time::sleep(std::time::Duration::from_secs(90)).await;
    }));
    assert_eq!(log.lines(), ["poll 0", "poll 1"]);
    let mut errors = errors.lock().expect("no panic");
    let error = errors.pop().expect("the third poll was waiting");
    assert!(errors.is_empty());
    assert_eq!(fates(error.report()), ["poll not reached"]);
    let text = error.report().to_string();
    assert!(
        text.contains(&format!("detached from {} #", id("cascades.poll"))),
        "{text}"
    );
    assert_eq!(error.into_intents().len(), 1);
}
