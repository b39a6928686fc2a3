//! The options of single intents, and how executors handle them.

use std::time::{Duration, SystemTime};

use airlock::executor::Recorder;
use airlock::intent::{FireOn, Schedule};
use airlock::prelude::*;
use airlock::{EnqueueErrorKind, try_enqueue};

use crate::fixture::{fates, logged, mail};

#[test]
fn options_are_set_fluently_and_read_back() {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(5);
    let intent = mail(1)
        .run_at(time)
        .on_queue("q")
        .with_priority(2)
        .with_key(("a", 3))
        .always();
    assert_eq!(intent.schedule(), Schedule::At(time));
    assert_eq!((intent.queue(), intent.priority()), (Some("q"), Some(2)));
    assert_eq!(
        intent.key().map(|key| key.to_string()).as_deref(),
        Some("a/3")
    );
    assert_eq!(intent.fire_on(), FireOn::Always);
    assert_eq!(mail(1).on_failure().fire_on(), FireOn::Failure);
    let after = mail(1).after(Duration::from_secs(1)).schedule();
    assert_eq!(after.delay_from(SystemTime::now()), Duration::from_secs(1));
}

#[airlock::effect(queue = "slow", priority = -7, tags("mail", "weekly"))]
fn digest(user: u32) {
    let _ = user;
}

#[test]
fn what_an_intent_does_not_say_its_effect_does() {
    let plain = digest(1).into_intent();
    assert_eq!((plain.queue(), plain.priority()), (Some("slow"), Some(-7)));
    let own = digest(1).on_queue("fast").with_priority(1);
    assert_eq!((own.queue(), own.priority()), (Some("fast"), Some(1)));
    assert!(plain.effect().has_tag("weekly"));
}

#[test]
fn an_executor_that_cannot_delay_refuses_at_the_enqueue() {
    logged(|_| {
        airlock::scope()
            .run_infallible(|_| {
                let delayed = mail(1).after(Duration::from_secs(60));
                let error = try_enqueue(delayed).expect_err("inline cannot delay");
                assert!(matches!(error.kind(), EnqueueErrorKind::NotAccepted { .. }));
                assert!(error.to_string().contains("cannot delay"), "{error}");
            })
            .expect("nothing was enqueued");
        let recorder = Recorder::new();
        airlock::scope()
            .executor(recorder.clone())
            .run_infallible(|_| airlock::enqueue(mail(1).after(Duration::from_secs(60))))
            .expect("recorded");
        let schedule = recorder.take()[0].intents()[0].schedule();
        assert_eq!(schedule, Schedule::After(Duration::from_secs(60)));
    });
}

#[test]
fn a_key_given_to_intents_coalesces_them() {
    let log = logged(|_| {
        let report = airlock::scope()
            .run_infallible(|_| {
                airlock::enqueue(mail(1).with_key("k"));
                airlock::enqueue(mail(2));
                airlock::enqueue(mail(3).with_key("k"));
            })
            .expect("it succeeds")
            .report;
        assert_eq!(
            fates(&report),
            ["mail coalesced", "mail dispatched", "mail dispatched"]
        );
        assert!(
            report
                .to_string()
                .contains(&format!("into {}", report.entries()[2].id()))
        );
    });
    assert_eq!(log, ["mail 2", "mail 3"]);
}
