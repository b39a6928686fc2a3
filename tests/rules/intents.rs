//! R1 to R4: intents and enqueue.

use airlock::intent::IntentId;
use airlock::policy::{assert_no_effects, drop_all};
use airlock::prelude::*;
use airlock::{Effect, EnqueueErrorKind, try_enqueue};

use crate::fixture::{Mail, airlock, block_on, fail, logged, mail, panic_of, ship};

#[test]
fn r01_calling_an_effect_runs_nothing() {
    let log = logged(|_| {
        let intent = mail(1);
        assert_eq!(intent.n, 1);
    });
    assert!(log.is_empty());
}

#[test]
fn r01_perform_now_is_the_explicit_call_that_runs_it() {
    let log = logged(|log| {
        mail(1).perform_now(&airlock(log)).expect("it succeeds");
        block_on(ship(2).perform_now_async(&airlock(log))).expect("it succeeds");
        let error = fail(3).perform_now(&airlock(log)).expect_err("it fails");
        assert_eq!(error.report().failed().count(), 1);
    });
    assert_eq!(log, ["mail 1", "ship 2", "fail 3"]);
}

#[test]
fn r02_outside_a_scope_try_enqueue_says_how_to_open_one() {
    let error = try_enqueue(mail(7)).expect_err("there is no scope");
    assert_eq!(*error.kind(), EnqueueErrorKind::NoScope);
    let text = error.to_string();
    assert!(
        text.contains("airlock::scope().run(..)") && text.contains("boundary"),
        "{text}"
    );
    assert!(
        text.contains(".mail`") && text.contains("intents.rs:"),
        "{text}"
    );
    let mail = error
        .into_intent()
        .downcast::<Mail>()
        .expect("the intent comes back");
    assert_eq!(mail.n, 7);
}

#[test]
fn r02_outside_a_scope_enqueue_panics_at_the_callers_line() {
    let line = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
    let seen = line.clone();
    let this = std::thread::current().id();
    let outer = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().id() == this {
            let line = info.location().map_or(0, std::panic::Location::line);
            seen.store(line, std::sync::atomic::Ordering::SeqCst);
        }
        outer(info);
    }));
    let message = panic_of(|| {
        airlock::enqueue(mail(1));
    });
    let expected = line!() - 2;
    assert_eq!(line.load(std::sync::atomic::Ordering::SeqCst), expected);
    assert!(message.contains("no scope is open here"), "{message}");
}

#[test]
fn r02_a_veto_panics_in_enqueue_and_is_an_error_in_try_enqueue() {
    let log = logged(|_| {
        let scope = airlock::scope().policy(assert_no_effects()).enter();
        let message = panic_of(|| {
            airlock::enqueue(mail(1));
        });
        assert!(
            message.contains("`assert_no_effects` vetoes it"),
            "{message}"
        );
        let error = try_enqueue(mail(2)).expect_err("vetoed");
        assert!(matches!(error.kind(), EnqueueErrorKind::Vetoed { .. }));
        assert!(scope.is_empty());
        scope.flush().expect("nothing to do");
    });
    assert!(log.is_empty());
}

/// A value that enqueues when it is dropped.
struct EnqueuesOnDrop(u32);

impl Drop for EnqueuesOnDrop {
    fn drop(&mut self) {
        airlock::enqueue(mail(self.0));
    }
}

#[test]
fn r02_enqueue_in_a_destructor_does_not_turn_a_panic_into_an_abort() {
    let message = panic_of(|| {
        let _late = EnqueuesOnDrop(1);
        panic!("the first panic");
    });
    assert_eq!(message, "the first panic");
}

#[test]
fn r03_an_intent_owns_its_arguments() {
    let log = logged(|_| {
        let mut names = vec!["a".to_owned()];
        airlock::scope()
            .run_infallible(|_| {
                airlock::enqueue(greet(names.clone()));
                names.push("b".to_owned());
            })
            .expect("it succeeds");
    });
    assert_eq!(log, ["greet a"]);
}

#[airlock::effect]
fn greet(#[resource] log: &crate::fixture::Log, names: Vec<String>) {
    log.add(format!("greet {}", names.join(",")));
}

#[test]
fn r04_an_intent_knows_where_it_comes_from() {
    airlock::scope()
        .policy(drop_all())
        .run_infallible(|scope| {
            let id: IntentId = airlock::enqueue(mail(5).on_queue("slow").with_priority(-3));
            let line = line!() - 1;
            scope.inspect(|intents| {
                let intent = &intents[0];
                assert_eq!(intent.id(), id);
                assert_eq!(intent.effect(), Mail::DESCRIPTOR);
                assert_eq!(intent.downcast_ref::<Mail>().map(|mail| mail.n), Some(5));
                assert_eq!(
                    (intent.queue(), intent.priority()),
                    (Some("slow"), Some(-3))
                );
                assert_eq!(intent.location().line(), line);
                assert_eq!(intent.location().column(), 32);
                assert!(intent.location().file().ends_with("intents.rs"));
                assert_eq!(intent.scope(), Some(scope.id()));
                assert!(intent.cause().is_none());
            });
        })
        .expect("dropped, not failed");
}
