//! Tests of sealed arguments.

use airlock::Intent;
use airlock_durable::{Envelope, Keys, Verdict};

use crate::effects::pay;
use crate::perform::{performer, run};

const NEW: [u8; 32] = [7; 32];
const OLD: [u8; 32] = [3; 32];

fn sealed(keys: &Keys) -> (Intent, Envelope) {
    let intent = Intent::new(pay(7, "4111".to_owned()));
    let envelope = Envelope::from_intent(&intent, Some(keys)).expect("an envelope");
    (intent, envelope)
}

#[tokio::test]
async fn a_sealed_argument_is_opened_by_the_worker() {
    let (_, envelope) = sealed(&Keys::new(OLD));
    let json = envelope.to_json().expect("JSON");
    assert!(!json.contains("4111"), "{json}");
    assert!(json.contains(r#""order":7"#), "{json}");
    // The key has been replaced in the meantime.
    let (performer, seen) = performer(Some(Keys::new(NEW).and_old(OLD)));
    let verdict = run(&performer, &envelope, 1).await;
    assert!(matches!(verdict, Verdict::Done(_)), "{verdict:?}");
    assert_eq!(seen.take(), ["7 4111"]);
}

#[tokio::test]
async fn what_cannot_be_opened_is_left_to_others_and_says_no_secret() {
    let (_, envelope) = sealed(&Keys::new(OLD));
    for keys in [None, Some(Keys::new(NEW))] {
        let (performer, seen) = performer(keys);
        let Verdict::Unknown { reason } = run(&performer, &envelope, 1).await else {
            panic!("it cannot be opened")
        };
        assert!(
            reason.contains("`card` of `test.pay` cannot be opened"),
            "{reason}"
        );
        assert!(seen.take().is_empty());
    }
}

/// A sealed argument cannot be moved to another intent.
#[tokio::test]
async fn a_seal_holds_for_one_intent() {
    let keys = Keys::new(NEW);
    let ((_, one), (_, mut other)) = (sealed(&keys), sealed(&keys));
    other.arguments = one.arguments;
    let (performer, _) = performer(Some(keys));
    let verdict = run(&performer, &other, 1).await;
    assert!(matches!(verdict, Verdict::Unknown { .. }), "{verdict:?}");
}
