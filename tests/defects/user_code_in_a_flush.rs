//! User code that looks at scopes while one is judged, stored or flushed.

use airlock::executor::{Batch, Executor, Retry};
use airlock::policy::{Policy, ScopeView, Verdict, Veto};
use airlock::{FailureMode, Intent};

use crate::fixture::{Log, Mail, fates, logged, mail};

/// A policy that asks for a handle of the scope while it inspects a buffer with two intents.
struct AsksWhileInspecting;

impl Policy for AsksWhileInspecting {
    fn at_enqueue(&self, _: &Intent, view: &ScopeView<'_>) -> Result<(), Veto> {
        view.inspect(|intents| {
            if intents.len() == 2 {
                assert!(airlock::current().is_some());
            }
        });
        Ok(())
    }
}

#[test]
fn a_handle_that_a_policy_asks_for_while_it_inspects_loses_no_intent() {
    let log = logged(|_| {
        let scope = airlock::scope().policy(AsksWhileInspecting);
        let ended = scope.run_infallible(|scope| {
            for n in 1..=3 {
                airlock::enqueue(mail(n));
            }
            assert_eq!(scope.len(), 3);
        });
        ended.expect("nothing fails");
    });
    assert_eq!(log, ["mail 1", "mail 2", "mail 3"]);
}

/// An executor that logs its number and that of each mail, and performs it.
struct Numbered(u32, Log);

impl Executor for Numbered {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        for intent in batch.intents() {
            let mail = intent.downcast_ref::<Mail>().expect("it is that");
            self.1
                .add(format!("executor {} of mail {}", self.0, mail.n));
        }
        batch.perform_all();
    }
}

/// Enqueues a mail in a nested scope that has its own executor.
#[airlock::effect]
fn nest(#[resource] log: &Log, n: u32) {
    let scope = airlock::scope().executor(Numbered(n, log.clone()));
    let ended = scope.run_infallible(|_| airlock::enqueue(mail(n)));
    ended.expect("it is captured");
}

#[test]
fn cascades_whose_scopes_reuse_an_address_keep_their_executors() {
    let log = logged(|_| {
        let ended =
            airlock::scope().run_infallible(|_| (0..8).for_each(|n| _ = airlock::enqueue(nest(n))));
        ended.expect("nothing fails");
    });
    let used: Vec<_> = log
        .iter()
        .filter(|line| line.starts_with("executor"))
        .collect();
    let expected: Vec<_> = (0..8)
        .map(|n| format!("executor {n} of mail {n}"))
        .collect();
    assert_eq!(used, expected.iter().collect::<Vec<_>>());
}

/// A policy that drops mails.
#[derive(Clone)]
struct Drops(&'static str);

impl Policy for Drops {
    fn at_flush(&self, intent: &Intent) -> Verdict {
        (!intent.is::<Mail>()).into()
    }

    fn name(&self) -> std::borrow::Cow<'static, str> {
        self.0.into()
    }
}

/// Performs many intents in one call, and enqueues a mail.
#[airlock::effect(batch)]
fn gather(numbers: Vec<u32>) {
    airlock::enqueue(mail(numbers[0]));
}

#[test]
fn policies_of_one_scope_judge_the_cascade_of_a_batch_in_their_order() {
    let dropped_by = |scopes: &dyn Fn()| {
        let ended = airlock::scope().run_infallible(|_| scopes());
        let report = ended.expect("nothing fails").report;
        let dropped = report
            .dropped()
            .next()
            .map(|entry| entry.fate().to_string());
        dropped.expect("a policy drops the mail")
    };
    let with_policies = |n| {
        let scope = airlock::scope()
            .policy(Drops("first"))
            .policy(Drops("second"));
        let ended = scope.run_infallible(|_| airlock::enqueue(gather(n)));
        ended.expect("it is captured");
    };
    let alone = dropped_by(&|| with_policies(1));
    let together = dropped_by(&|| (1..=2).for_each(with_policies));
    assert_eq!(together, alone);
}

#[airlock::effect(key = broken_key(n))]
fn broken(n: u32) {
    let _ = n;
}

fn broken_key(n: &u32) -> u32 {
    assert_ne!(*n, 2, "no key for 2");
    *n
}

#[test]
fn an_intent_whose_key_panicked_is_not_retried() {
    let scope = airlock::scope()
        .failure_mode(FailureMode::CarryOn)
        .executor(Retry::new(
            airlock::executor::Inline,
            airlock::catalogue::RetryRule::attempts(3).delay(std::time::Duration::ZERO),
        ));
    let error = scope
        .run_infallible(|_| (1..=3).for_each(|n| _ = airlock::enqueue(broken(n))))
        .expect_err("a key panicked");
    assert_eq!(
        fates(error.report()),
        ["broken dispatched", "broken failed", "broken dispatched"]
    );
}

/// Fails until its third call.
#[airlock::effect]
fn fail_twice(#[resource] log: &Log, n: u32) -> Result<(), String> {
    let line = format!("fail_twice {n}");
    log.add(line.clone());
    let calls = log.lines().iter().filter(|it| **it == line).count();
    if calls < 3 {
        Err("not yet".to_owned())
    } else {
        Ok(())
    }
}

/// Enqueues an effect that fails twice.
#[airlock::effect]
fn cause(n: u32) {
    airlock::enqueue(fail_twice(n));
}

/// An executor that performs its batch unit by unit, and performs again what failed.
struct Stubborn;

impl Executor for Stubborn {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        loop {
            while let Some(mut unit) = batch.next_alone() {
                unit.perform_all();
            }
            if batch.retry_failed(|_, _| true) == 0 {
                return;
            }
        }
    }
}

#[test]
fn a_cascade_that_is_tried_again_stays_ahead_of_later_intents() {
    let log = logged(|_| {
        let scope = airlock::scope().executor(Stubborn);
        let ended = scope.run_infallible(|_| {
            airlock::enqueue(cause(1));
            airlock::enqueue(mail(2));
        });
        ended.expect("it succeeds in the end");
    });
    assert_eq!(
        log,
        ["fail_twice 1", "fail_twice 1", "fail_twice 1", "mail 2"]
    );
}

/// An executor that asks for the current scope when it is asked what it takes.
struct AsksForTheScope;

impl Executor for AsksForTheScope {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.perform_all();
    }

    fn only_durable(&self) -> bool {
        airlock::try_enqueue(mail(1)).is_err()
    }
}

#[test]
fn an_executor_may_enqueue_where_it_is_asked_what_it_takes() {
    let log = logged(|_| {
        let ended = airlock::scope().run_infallible(|_| {
            let inner = airlock::scope().executor(AsksForTheScope);
            inner
                .run_infallible(|_| airlock::enqueue(mail(2)))
                .expect("it is captured");
        });
        ended.expect("nothing fails");
    });
    assert_eq!(log, ["mail 1", "mail 2"]);
}

/// Arguments whose destructor panics.
#[derive(Clone)]
struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[airlock::effect(once)]
fn explosive(value: PanicsOnDrop) {
    std::mem::forget(value);
}

/// Enqueues in a destructor, where no scope is open.
struct EnqueuesOnDrop;

impl Drop for EnqueuesOnDrop {
    fn drop(&mut self) {
        airlock::enqueue(explosive(PanicsOnDrop));
    }
}

#[test]
fn an_intent_that_is_refused_while_the_thread_unwinds_does_not_abort() {
    crate::child::in_child(
        module_path!(),
        "an_intent_that_is_refused_while_the_thread_unwinds_does_not_abort",
        || {
            let unwound = std::panic::catch_unwind(|| {
                let _enqueues = EnqueuesOnDrop;
                panic!("first");
            });
            assert!(unwound.is_err());
        },
    );
}

thread_local! {
    static HELD: std::cell::RefCell<Option<airlock::scope::PolicyGuard>> = const { std::cell::RefCell::new(None) };
}

/// A policy that drops the guard of another one.
struct DropsTheGuard;

impl Policy for DropsTheGuard {
    fn at_enqueue(&self, _: &Intent, _: &ScopeView<'_>) -> Result<(), Veto> {
        drop(HELD.take());
        Ok(())
    }
}

#[test]
fn a_guard_that_a_policy_drops_at_an_enqueue_no_longer_judges_the_next_intent() {
    logged(|_| {
        let scope = airlock::scope().policy(DropsTheGuard);
        let ended = scope.run_infallible(|_| {
            HELD.set(Some(airlock::policy(airlock::policy::drop_all()).enter()));
            airlock::enqueue(mail(1));
            airlock::enqueue(mail(2));
        });
        let report = ended.expect("nothing fails").report;
        assert_eq!(fates(&report), ["mail dropped", "mail dispatched"]);
    });
}

/// A transaction's scope, whose durable intents are recorded.
#[cfg(feature = "serde")]
mod recorded {
    use std::sync::OnceLock;

    use airlock::Scope;
    use airlock::executor::{Batch, Executor, Identity};

    #[airlock::effect(durable, name = "defects.stored")]
    fn stored(n: u32) {
        let _ = n;
    }

    /// An executor whose identity reads the length of a scope.
    struct ReadsItsScope(&'static OnceLock<Scope>);

    impl Executor for ReadsItsScope {
        fn dispatch(&self, batch: &mut Batch<'_>) {
            batch.perform_all();
        }

        fn identity(&self) -> Option<Identity> {
            self.0.get().map(Scope::len);
            None
        }
    }

    #[test]
    fn an_executor_may_read_the_scope_that_is_recorded() {
        crate::child::in_child(
            module_path!(),
            "an_executor_may_read_the_scope_that_is_recorded",
            || {
                static SCOPE: OnceLock<Scope> = OnceLock::new();
                let mut scope = airlock::scope()
                    .executor(ReadsItsScope(&SCOPE))
                    .open_owned();
                let handle = scope.handle();
                handle.enter(|| airlock::enqueue(stored(1)));
                assert!(SCOPE.set(handle).is_ok());
                drop(scope.record());
            },
        );
    }
}
