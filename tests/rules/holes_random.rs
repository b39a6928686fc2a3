//! The holes of the ancestor, over random programs. `properties` covers R8 and R10.

use std::pin::Pin;
use std::task::{Context, Waker};

use airlock::executor::Recorder;
use airlock::policy::{allow_if, assert_no_effects, block};
use airlock::{EnqueueErrorKind, Failure, FailureMode, Fate, try_enqueue};
use proptest::prelude::*;

use crate::fixture::{Log, Mail, Ship, airlock, fates, logged, logged_async, mail, ship};

/// A construct around an enqueue. Lists of them are outermost first.
#[derive(Clone, Copy, Debug)]
enum Around {
    Scope,
    Local,
    Guard,
}

fn around() -> impl Strategy<Value = Vec<Around>> {
    let one = prop_oneof![
        Just(Around::Scope),
        Just(Around::Local),
        Just(Around::Guard)
    ];
    prop::collection::vec(one, 0..6)
}

fn within(around: &[Around], work: &mut dyn FnMut()) {
    let Some((first, rest)) = around.split_first() else {
        work();
        return;
    };
    match first {
        Around::Scope => {
            let ended = airlock::scope().run_infallible(|_| within(rest, work));
            ended.expect("nothing fails");
        }
        Around::Local => airlock::policy(airlock::policy::allow_all()).run(|| within(rest, work)),
        Around::Guard => {
            let guard = airlock::scope().enter();
            within(rest, work);
            guard.flush().expect("nothing fails");
        }
    }
}

/// A cascade as a tree: the effect of each node enqueues its branches.
#[derive(Clone, Debug)]
struct Tree(Vec<Tree>);

impl Tree {
    /// Collects the depths at which the effects are performed.
    fn depths(&self, depth: u32, into: &mut Vec<u32>) {
        into.push(depth);
        for branch in &self.0 {
            branch.depths(depth + 1, into);
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    Just(Tree(Vec::new())).prop_recursive(4, 20, 3, |inner| {
        prop::collection::vec(inner, 0..4).prop_map(Tree)
    })
}

#[airlock::effect]
fn grow(tree: Tree) {
    for branch in tree.0 {
        airlock::enqueue(grow(branch));
    }
}

#[airlock::effect]
fn sum_up(#[resource] log: &Log, numbers: Vec<u32>) {
    log.add(format!("{numbers:?}"));
}

/// Enqueues its numbers one at a time, and yields after each.
async fn gives_way(numbers: Vec<u32>) {
    let ended = airlock::scope().run_infallible_async(async |scope| {
        for n in &numbers {
            airlock::enqueue(mail(*n));
            let _held_across_the_await = airlock::policy(airlock::policy::allow_all()).enter();
            tokio::task::yield_now().await;
        }
        assert_eq!(
            scope
                .enqueued::<Mail>()
                .iter()
                .map(|it| it.n)
                .collect::<Vec<_>>(),
            numbers
        );
    });
    ended.await.expect("it succeeds");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hole_02_and_03_assert_no_effects_vetoes_through_whatever_is_nested(
        outside in around(), inside in around(), local in any::<bool>(),
    ) {
        let log = logged(|_| within(&outside, &mut || {
            let mut refused = || {
                // Opens a scope, because nothing else might.
                let ended = airlock::scope().run_infallible(|_| try_enqueue(mail(1)).err());
                let error = ended.expect("nothing to flush").value.expect("vetoed");
                let vetoed = matches!(error.kind(), EnqueueErrorKind::Vetoed { policy, .. } if policy == "assert_no_effects");
                assert!(vetoed, "{error}");
            };
            if local {
                airlock::policy(assert_no_effects()).run(|| within(&inside, &mut refused));
            } else {
                let scope = airlock::scope().policy(assert_no_effects());
                scope.run_infallible(|_| within(&inside, &mut refused)).expect("nothing to flush");
            }
        }));
        prop_assert!(log.is_empty());
    }

    #[test]
    fn hole_05_a_policy_that_panics_loses_nothing(
        panics_at in prop::collection::btree_set(0..8_u32, 0..4), carry_on in any::<bool>(),
    ) {
        let (at, mode) = (panics_at.clone(), if carry_on { FailureMode::CarryOn } else { FailureMode::Stop });
        let log = logged(|_| {
            let broken = allow_if(move |intent| {
                let n = intent.downcast_ref::<Mail>().map_or(0, |mail| mail.n);
                assert!(!at.contains(&n), "I do not like {n}");
                true
            });
            let ended = airlock::scope().policy(broken).failure_mode(mode).run_infallible(|_| {
                (0..8).for_each(|n| _ = airlock::enqueue(mail(n)));
            });
            match ended {
                Ok(_) => assert!(panics_at.is_empty()),
                Err(error) => {
                    assert!(matches!(error.failure(), Some(Failure::PolicyPanicked { .. })));
                    assert_eq!(error.report().entries().len(), 8);
                    assert_eq!(error.into_intents().len(), 8);
                }
            }
        });
        prop_assert_eq!(log.len(), if panics_at.is_empty() { 8 } else { 0 });
    }

    #[test]
    fn hole_06_what_effects_enqueue_is_performed_once_with_its_chain(tree in trees()) {
        let mut depths = Vec::new();
        tree.depths(0, &mut depths);
        let ended = airlock::scope().run_infallible(|_| airlock::enqueue(grow(tree)));
        let report = ended.expect("no limit is reached").report;
        let mut seen: Vec<_> = report.entries().iter().map(|it| it.cause().map_or(0, airlock::intent::Cause::depth)).collect();
        depths.sort_unstable();
        seen.sort_unstable();
        prop_assert_eq!(seen, depths);
        prop_assert_eq!(report.dispatched().count(), report.len());
    }

    #[test]
    fn hole_07_an_async_effect_is_awaited_or_handed_back(kinds in prop::collection::vec(any::<bool>(), 0..8)) {
        let enqueue = |(n, is_async): (usize, &bool)| {
            let n = u32::try_from(n).expect("small");
            if *is_async { airlock::enqueue(ship(n)) } else { airlock::enqueue(mail(n)) };
        };
        let all: Vec<_> = kinds.iter().enumerate()
            .map(|(n, is_async)| format!("{} {n}", if *is_async { "ship" } else { "mail" })).collect();
        let asynchronous = kinds.iter().filter(|is_async| **is_async).count();

        let log = logged(|_| {
            let scope = airlock::scope().failure_mode(FailureMode::CarryOn);
            match scope.run_infallible(|_| kinds.iter().enumerate().for_each(enqueue)) {
                Ok(_) => assert_eq!(asynchronous, 0),
                Err(error) => {
                    let returned = error.into_intents();
                    assert!(returned.iter().all(|intent| intent.is::<Ship>()));
                    assert_eq!(returned.len(), asynchronous);
                }
            }
        });
        prop_assert_eq!(log, all.iter().filter(|line| line.starts_with("mail")).cloned().collect::<Vec<_>>());

        let log = logged_async(async |_| {
            let ended = airlock::scope().run_infallible_async(async |_| kinds.iter().enumerate().for_each(enqueue));
            ended.await.expect("all are awaited");
        });
        prop_assert_eq!(log, all);
    }

    #[test]
    fn hole_08_arguments_are_what_they_were(numbers in prop::collection::vec(any::<u32>(), 0..6), more in any::<u32>()) {
        let log = logged(|_| {
            let ended = airlock::scope().run_infallible(|_| {
                let mut list = numbers.clone();
                airlock::enqueue(sum_up(list.clone()));
                list.push(more);
                list.reverse();
            });
            ended.expect("it succeeds");
        });
        prop_assert_eq!(log, [format!("{numbers:?}")]);
    }

    #[test]
    fn hole_09_only_what_exists_can_be_blocked(id in "[a-z-]{0,9}(\\.[a-z_]{0,9})?") {
        let known = airlock::effects().iter().any(|effect| effect.id() == id);
        prop_assert_eq!(block::<()>().id(&id).is_ok(), known);
    }

    #[test]
    fn hole_10_suspended_and_dropped_futures_leak_nothing(
        lists in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..4), 1..6),
        schedule in prop::collection::vec((0..6_usize, prop::bool::weighted(0.1)), 0..40),
    ) {
        let log = Log::default();
        let airlock = airlock(&log);
        let mut futures: Vec<Option<Pin<Box<dyn Future<Output = ()>>>>> = lists.iter()
            .map(|list| Some(Box::pin(airlock.bind(gives_way(list.clone()))) as Pin<Box<_>>))
            .collect();
        let mut finished = Vec::new();
        for (which, dropped) in schedule {
            let which = which % futures.len();
            let Some(future) = &mut futures[which] else { continue };
            if dropped {
                futures[which] = None;
            } else if future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                futures[which] = None;
                finished.extend(lists[which].iter().map(|n| format!("mail {n}")));
            }
            prop_assert!(airlock::current().is_none());
        }
        drop(futures);
        prop_assert!(airlock::current().is_none());
        prop_assert_eq!(log.lines(), finished);
    }

    #[test]
    fn hole_11_the_nearest_executor_takes_an_intent_wherever_it_is_captured(
        names_one in prop::collection::vec(any::<bool>(), 1..7),
    ) {
        let recorders: Vec<_> = names_one.iter().map(|named| named.then(Recorder::new)).collect();
        fn nest(recorders: &[Option<Recorder>], n: u32) {
            let Some((first, rest)) = recorders.split_first() else { return };
            let mut scope = airlock::scope();
            if let Some(recorder) = first {
                scope = scope.executor(recorder.clone());
            }
            let ended = scope.run_infallible(|_| {
                airlock::enqueue(mail(n));
                nest(rest, n + 1);
            });
            ended.expect("nothing fails");
        }
        let log = logged(|_| nest(&recorders, 0));
        let mut expected = vec![Vec::new(); recorders.len()];
        let mut inline = Vec::new();
        for n in 0..recorders.len() {
            match (0..=n).rev().find(|at| recorders[*at].is_some()) {
                Some(at) => expected[at].push(u32::try_from(n).expect("small")),
                None => inline.push(format!("mail {n}")),
            }
        }
        for (recorder, expected) in recorders.iter().zip(expected) {
            let Some(recorder) = recorder else { continue };
            let recorded: Vec<_> = recorder.enqueued::<Mail>().iter().map(|it| it.n).collect();
            prop_assert_eq!(recorded, expected);
            recorder.clear();
        }
        prop_assert_eq!(log, inline);
    }

    /// With `CarryOn`, every intent is performed, and is reported exactly once, as failed or not.
    #[test]
    fn hole_04_each_intent_has_one_fate(fails in prop::collection::vec(any::<bool>(), 0..10)) {
        let log = logged(|_| {
            let scope = airlock::scope().failure_mode(FailureMode::CarryOn);
            let ended = scope.run_infallible(|_| for (n, fails) in (0..).zip(&fails) {
                if *fails { airlock::enqueue(crate::fixture::fail(n)) } else { airlock::enqueue(mail(n)) };
            });
            let report = match ended {
                Ok(ended) => ended.report,
                Err(error) => error.into_report(),
            };
            let told: Vec<_> = report.entries().iter().map(|it| matches!(it.fate(), Fate::Failed(_))).collect();
            assert_eq!(told, fails, "{:?}", fates(&report));
        });
        prop_assert_eq!(log.len(), fails.len());
    }
}
