//! Durable effects: encoding, and decoding through the catalogue.
#![cfg(feature = "serde")]

mod encoding;

use airlock::Intent;
use airlock::catalogue::{Catalogue, DecodeError};
use airlock::intent::EncodeError;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Address {
    street: String,
}

#[airlock::effect(
    durable,
    name = "letter.send",
    alias("letter.post"),
    redact(text),
    derive(PartialEq, Clone)
)]
fn send_letter(to: Address, text: String, #[serde(default)] copies: u8) {
    drop((to, text, copies));
}

#[airlock::effect]
fn fleeting(n: u32) {
    let _ = n;
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.street == other.street
    }
}

fn letter() -> SendLetter {
    send_letter(
        Address {
            street: "Main".to_owned(),
        },
        "hello".to_owned(),
        2,
    )
}

#[test]
fn an_intent_comes_back_as_it_was_by_id_and_by_alias() {
    let text = Intent::new(letter()).encode().expect("it is durable");
    assert_eq!(
        text,
        r#"{"to":{"street":"Main"},"text":"hello","copies":2}"#
    );
    let catalogue = Catalogue::global().expect("sound");
    for id in ["letter.send", "letter.post"] {
        let intent = catalogue.decode(id, &text).expect("it fits");
        assert_eq!(intent.downcast_ref::<SendLetter>(), Some(&letter()));
    }
}

#[test]
fn an_argument_with_a_default_may_be_missing() {
    let catalogue = Catalogue::global().expect("sound");
    let old = r#"{"to":{"street":"Main"},"text":"hello"}"#;
    let intent = catalogue.decode("letter.send", old).expect("it fits");
    assert_eq!(
        intent
            .downcast_ref::<SendLetter>()
            .map(|letter| letter.copies),
        Some(0)
    );
}

#[test]
fn what_cannot_be_encoded_or_decoded_says_why() {
    let catalogue = Catalogue::global().expect("sound");
    let unknown = catalogue
        .decode("letter.burn", "{}")
        .expect_err("no such effect");
    assert!(matches!(unknown, DecodeError::UnknownEffect { .. }));
    assert!(
        unknown.to_string().contains("alias(\"letter.burn\")"),
        "{unknown}"
    );
    let wrong = catalogue
        .decode("letter.send", "{}")
        .expect_err("arguments are missing");
    assert!(matches!(
        wrong,
        DecodeError::Deserialize {
            effect: "letter.send",
            ..
        }
    ));
    let error = catalogue
        .decode("durable.fleeting", "{}")
        .expect_err("not durable");
    assert!(matches!(error, DecodeError::NotDurable { .. }));
    let error = Intent::new(fleeting(1)).encode().expect_err("not durable");
    assert!(matches!(error, EncodeError::NotDurable { .. }));
}

#[test]
fn a_report_serialises_with_stable_names() {
    let ended = airlock::scope()
        .name("import")
        .policy(airlock::policy::drop_all())
        .run_infallible(|_| airlock::enqueue(fleeting(1)))
        .expect("it succeeds");
    let mut value = serde_json::to_value(&ended.report).expect("it serialises");
    let entry = value["intents"][0].as_object_mut().expect("there is one");
    for varies in ["intent", "scope", "at"] {
        assert!(entry.remove(varies).is_some(), "{varies}");
    }
    assert_eq!(
        value["intents"],
        serde_json::json!([{
            "effect": "durable.fleeting",
            "fate": "dropped",
            "why": "by drop_all",
            "captured": false,
            "cause": null,
            "detached_from": null,
        }])
    );
    assert_eq!(
        (&value["name"], &value["outcome"]),
        (&"import".into(), &"success".into())
    );
}
