//! Verdicts of a performer on envelopes.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use airlock::executor::Recorder;
use airlock::prelude::*;
use airlock::{Airlock, Intent};
use airlock_durable::{Envelope, Keys, Performer, Verdict};

use crate::effects::{Seen, Trap, cause, confirm, fail, step_on, wait};

pub(crate) fn performer(keys: Option<Keys>) -> (Performer, Arc<Seen>) {
    let seen = Arc::new(Seen::default());
    let airlock = Airlock::builder().resource(seen.clone()).build();
    let performer = Performer::new(airlock.expect("an airlock")).keys(keys);
    (performer, seen)
}

pub(crate) async fn run(performer: &Performer, envelope: &Envelope, attempt: u32) -> Verdict {
    performer.perform(envelope, attempt, None, pending()).await
}

fn envelope(intent: impl airlock::IntoIntent) -> Envelope {
    Envelope::from_intent(&intent.into_intent(), None).expect("an envelope")
}

fn envelope_of(json: &str) -> Envelope {
    Envelope::from_json(json).expect("an envelope")
}

#[tokio::test]
async fn an_envelope_is_performed_with_its_id_attempt_and_headers() {
    let (performer, seen) = performer(None);
    let mut envelope = envelope(confirm(7, "ada".to_owned()).with_header("tenant", "acme"));
    let key = envelope.about.id;
    for (effect, attempt) in [("test.confirm", 1), ("test.confirm_before", 4)] {
        envelope.effect = effect.to_owned();
        let read = envelope_of(&envelope.to_json().expect("JSON"));
        let verdict = run(&performer, &read, attempt).await;
        assert_eq!(verdict.word(), "done");
        let expected = format!("7 ada for acme, attempt {attempt}, key {key}");
        assert_eq!(seen.take(), [expected]);
    }
}

#[tokio::test]
async fn a_failure_is_tried_again_by_the_effects_rule_and_then_dead() {
    let (performer, _) = performer(None);
    let envelope = envelope(fail("no carrier".to_owned()));
    for (attempt, seconds) in [(1, 2), (2, 6)] {
        let Verdict::Retry { after, reason } = run(&performer, &envelope, attempt).await else {
            panic!("it is tried three times")
        };
        assert_eq!(after, Duration::from_secs(seconds));
        assert!(reason.contains("no carrier"), "{reason}");
    }
    let verdict = run(&performer, &envelope, 3).await;
    assert_eq!(verdict.word(), "dead");
}

/// Intents that an effect enqueues pass the policies at once, but are dispatched only after its completion.
#[tokio::test]
async fn what_an_effect_enqueues_waits_for_its_completion() {
    let (performer, seen) = performer(None);
    let stores = Recorder::new();
    let durable: Arc<dyn airlock::executor::Executor> = Arc::new(OnlyDurable(stores.clone()));
    let verdict = performer
        .perform(&envelope(cause(7)), 1, Some(durable.clone()), pending())
        .await;
    let Verdict::Done(mut released) = verdict else {
        panic!("{verdict:?}")
    };
    assert!(seen.take().is_empty());
    let stored: Vec<_> = released
        .batch_for(&*durable)
        .expect("something to store")
        .intents()
        .map(|intent| {
            let envelope = Envelope::from_intent(intent, None).expect("an envelope");
            let causes = envelope.about.causes.iter().map(|it| it.effect.clone());
            (
                envelope.effect,
                causes.collect::<Vec<_>>(),
                envelope.about.depth,
            )
        })
        .collect();
    let expected = ("test.confirm".to_owned(), vec!["test.cause".to_owned()], 1);
    assert_eq!(stored, [expected]);
    assert_eq!(
        released.dispatch_async().await.expect("no failure").len(),
        3
    );
    assert_eq!(seen.take(), ["told 7"]);
    assert_eq!(stores.len(), 1);
}

/// A recorder that takes only durable effects. All clones are the same executor.
struct OnlyDurable(Recorder);

impl airlock::executor::Executor for OnlyDurable {
    fn dispatch(&self, batch: &mut airlock::executor::Batch<'_>) {
        self.0.dispatch(batch);
    }

    fn only_durable(&self) -> bool {
        true
    }

    fn identity(&self) -> Option<airlock::executor::Identity> {
        self.0.identity()
    }
}

/// The chain of causes continues across processes.
#[tokio::test]
async fn the_chain_of_causes_goes_on() {
    let (performer, _) = performer(None);
    let mut first = envelope(cause(7));
    first.about.depth = 31;
    let verdict = run(&performer, &first, 1).await;
    assert_eq!(verdict.word(), "done");
    first.about.depth = 32;
    let Verdict::Dead { reason } = run(&performer, &first, 1).await else {
        panic!("the chain is too long")
    };
    assert!(reason.contains("deeper than 32"), "{reason}");
}

#[tokio::test]
async fn a_worker_that_stops_gives_an_attempt_up() {
    let (performer, seen) = performer(None);
    let envelope = envelope(wait(7));
    let verdict = performer
        .perform(&envelope, 1, None, tokio::task::yield_now())
        .await;
    assert_eq!(verdict.word(), "interrupted");
    assert_eq!(seen.take(), ["begun"], "what it enqueued is discarded");
}

#[tokio::test(start_paused = true)]
async fn an_effect_without_a_timeout_gets_one() {
    let seen = Arc::new(Seen::default());
    let airlock = Airlock::builder()
        .resource(seen)
        .timer(airlock::tokio::TokioTimer)
        .build()
        .expect("an airlock");
    let verdict = run(
        &Performer::new(airlock),
        &envelope(crate::effects::no_limit()),
        1,
    )
    .await;
    let Verdict::Retry { reason, .. } = verdict else {
        panic!("{verdict:?}")
    };
    assert!(reason.contains("longer than 60s"), "{reason}");
}

#[tokio::test]
async fn bad_envelopes_are_judged() {
    let (performer, _) = performer(None);
    let cases = [
        (
            r#"{"effect":"test.nobody","args":{}}"#,
            "unknown",
            "no effect has the id or alias",
        ),
        (
            r#"{"effect":"test.confirm","args":{},"v":2}"#,
            "unknown",
            "version 2",
        ),
        (
            r#"{"effect":"it.effects.not_durable","args":{}}"#,
            "unknown",
            "is not durable",
        ),
        (
            r#"{"effect":"test.confirm","args":[]}"#,
            "dead",
            "could not decode",
        ),
        (
            r#"{"effect":"test.confirm","args":{"order":"7","to":1}}"#,
            "dead",
            "could not decode",
        ),
    ];
    for (json, word, why) in cases {
        let verdict = run(&performer, &envelope_of(json), 1).await;
        assert_eq!(verdict.word(), word, "{json}");
        assert!(format!("{verdict:?}").contains(why), "{verdict:?}");
    }
    let trapped = Envelope::from_intent(&Intent::new(step_on(Trap)), None).expect("it encodes");
    let verdict = run(&performer, &trapped, 1).await;
    assert!(format!("{verdict:?}").contains("decoding the arguments of `test.step_on` panicked"));
}

/// An effect declared `once` is not repeated if it may have happened.
#[tokio::test]
async fn an_effect_declared_once_that_was_given_up_is_dead() {
    let (performer, seen) = performer(None);
    let envelope = envelope(crate::effects::wait_once(7));
    let stops = tokio::task::yield_now();
    let Verdict::Dead { reason } = performer.perform(&envelope, 1, None, stops).await else {
        panic!("it may have happened")
    };
    assert!(reason.contains("declared `once`"), "{reason}");
    assert_eq!(seen.take(), ["begun 7 once"]);
}
