//! Results of a flush: intents that are handed back, refusals, and the policy that dropped an intent.

use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::Duration;

use airlock::intent::FireOn;
use airlock::policy::{allow_all, assert_no_effects, cap, limit};
use airlock::prelude::*;
use airlock::{EnqueueErrorKind, Fate, FlushError, FlushReport};

use crate::fixture::{AtEnqueue, Fail, Log, builder, fail, logged, mail};

#[test]
fn an_intent_on_failure_that_is_handed_back_still_waits_for_a_failure() {
    logged(|_| {
        let error = airlock::scope().run_infallible(|_| {
            let inner = airlock::scope();
            let failed = inner.run(|_| {
                airlock::enqueue(fail(1).on_failure());
                Err::<(), _>(Error)
            });
            failed.expect_err("the body fails");
        });
        let intents = error.expect_err("the effect fails").into_intents();
        assert_eq!(intents.len(), 1);
        assert!(intents[0].is::<Fail>());
        assert_eq!(intents[0].fire_on(), FireOn::Failure);
    });
}

#[derive(Debug)]
struct Error;

impl From<FlushError> for Error {
    fn from(_: FlushError) -> Self {
        Error
    }
}

#[test]
fn an_intent_that_a_policy_has_refused_is_in_no_scope() {
    let scope = airlock::scope().policy(assert_no_effects()).enter();
    let error = airlock::try_enqueue(mail(1)).expect_err("the policy vetoes");
    assert_eq!(error.into_intent().scope(), None);
    scope.discard();
}

#[test]
fn an_intent_that_a_scope_does_not_declare_is_in_no_scope() {
    let scope = airlock::scope().emits::<Fail>().enter();
    let error = airlock::try_enqueue(mail(1)).expect_err("it is not declared");
    assert_eq!(error.into_intent().scope(), None);
    scope.discard();
}

#[test]
fn an_intent_that_an_executor_has_refused_is_in_no_scope() {
    let scope = airlock::scope().enter();
    let later = mail(1).after(Duration::from_secs(1));
    let error = airlock::try_enqueue(later).expect_err("it cannot delay");
    assert_eq!(error.into_intent().scope(), None);
    scope.discard();
}

/// A barrier that releases its threads together, so that all of them are between the cap and the buffer.
/// If the core lets in only one thread at a time, each goes on alone after a timeout.
struct Together {
    arrived: Mutex<usize>,
    all: Condvar,
}

impl Together {
    const THREADS: usize = 4;

    fn wait(&self) {
        let mut arrived = self.arrived.lock().expect("no panic");
        *arrived += 1;
        self.all.notify_all();
        let waits = |arrived: &mut usize| *arrived < Self::THREADS;
        let limit = Duration::from_millis(500);
        drop(self.all.wait_timeout_while(arrived, limit, waits));
    }
}

#[test]
fn a_cap_of_ten_does_not_let_four_threads_enqueue_more() {
    let together = Together {
        arrived: Mutex::new(0),
        all: Condvar::new(),
    };
    let meets = move |intent: &airlock::Intent| {
        if intent.queue() == Some("together") {
            together.wait();
        }
    };
    let scope = airlock::scope().policy(cap(10)).policy(AtEnqueue(meets));
    let scope = scope.enter();
    for n in 0..9 {
        airlock::enqueue(mail(n));
    }
    let handle = scope.clone();
    thread::scope(|threads| {
        for n in 0..Together::THREADS {
            let handle = &handle;
            let intent = mail(n as u32).on_queue("together");
            threads.spawn(move || handle.enter(|| airlock::try_enqueue(intent).is_ok()));
        }
    });
    assert_eq!(scope.len(), 10);
    scope.discard();
}

/// Returns the policy that dropped the only intent of a report.
fn dropped_by(report: &FlushReport) -> &str {
    match report.entries()[0].fate() {
        Fate::Dropped(dropped) => &dropped.policy,
        fate => panic!("it was {fate}"),
    }
}

#[test]
fn of_a_scopes_policies_the_one_that_dropped_is_reported() {
    let scope = airlock::scope().policy(allow_all()).policy(limit(0));
    let ended = scope.run_infallible(|_| airlock::enqueue(mail(1)));
    let report = ended.expect("nothing fails").report;
    assert_eq!(dropped_by(&report), "limit(0)");
}

#[test]
fn of_an_airlocks_policies_the_one_that_dropped_is_reported() {
    let builder = builder(&Log::default());
    let airlock = builder.policy(allow_all()).policy(limit(0)).build();
    airlock.expect("it builds").run(|| {
        let ended = airlock::scope().run_infallible(|_| airlock::enqueue(mail(1)));
        let report = ended.expect("nothing fails").report;
        assert_eq!(dropped_by(&report), "limit(0)");
    });
}

#[test]
fn of_a_scopes_policies_the_one_that_vetoed_is_named() {
    let scope = airlock::scope().policy(allow_all());
    let scope = scope.policy(assert_no_effects()).enter();
    let error = airlock::try_enqueue(mail(1)).expect_err("it is vetoed");
    let EnqueueErrorKind::Vetoed { policy, .. } = error.kind() else {
        panic!("{error}")
    };
    assert_eq!(policy, "assert_no_effects");
    scope.discard();
}

#[cfg(feature = "serde")]
mod encoding {
    use airlock::Intent;
    use serde::{Deserialize, Serialize, Serializer, ser};

    #[derive(Clone, Debug, Deserialize)]
    struct Secret(String);

    impl Serialize for Secret {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(ser::Error::custom(format!("cannot write {}", self.0)))
        }
    }

    #[airlock::effect(durable, name = "defects.login", redact(token))]
    fn login(token: Secret) {
        drop(token);
    }

    #[test]
    fn an_error_of_encoding_does_not_show_what_serialize_says_of_a_redacted_argument() {
        let intent = Intent::new(login(Secret("tok_secret".to_owned())));
        let error = intent.encode().expect_err("it cannot be written");
        let mut texts = vec![error.to_string(), format!("{error:?}")];
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            texts.extend([error.to_string(), format!("{error:?}")]);
            source = error.source();
        }
        for text in texts {
            assert!(!text.contains("tok_secret"), "{text}");
        }
    }
}
