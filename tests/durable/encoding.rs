//! The JSON form of durable intents: the same as that of a struct with derived serde traits.

use airlock::catalogue::Catalogue;
use airlock::prelude::*;
use serde::{Deserialize, Serialize};

fn is_zero(number: &u8) -> bool {
    *number == 0
}

fn one() -> u8 {
    1
}

/// An `Option` under another name, which `#[airlock::effect]` cannot recognise as one.
type Note = Option<String>;

#[airlock::effect(durable, name = "rules.encoded")]
fn encoded(
    order: u64,
    #[serde(rename = "recipient", alias = "to")] name: String,
    #[serde(default, skip_serializing_if = "is_zero")] copies: u8,
    #[serde(default = "one")] tries: u8,
    note: Note,
    r#type: Vec<(u8, String)>,
) {
    let _ = (order, name, copies, tries, note, r#type);
}

/// The same fields, by serde's derive macros.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Derived {
    order: u64,
    #[serde(rename = "recipient", alias = "to")]
    name: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    copies: u8,
    #[serde(default = "one")]
    tries: u8,
    note: Note,
    r#type: Vec<(u8, String)>,
}

/// Times in milliseconds. `with` needs the derive macros of serde.
mod millis {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(
        time: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[airlock::effect(durable, name = "rules.encoded_with")]
fn encoded_with(
    #[serde(with = "millis")] time: std::time::Duration,
    #[serde(alias = "was")] is: u8,
) {
    let _ = (time, is);
}

fn decode<E: airlock::Effect + Clone>(text: &str) -> Result<E, String> {
    let catalogue = Catalogue::global().expect("the catalogue is valid");
    let decoded = catalogue.decode(E::DESCRIPTOR.id(), text);
    let intent = decoded.map_err(|error| {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        source.unwrap_or_else(|| error.to_string())
    })?;
    Ok(intent
        .downcast_ref::<E>()
        .cloned()
        .expect("it is of this type"))
}

#[test]
fn an_intent_is_encoded_as_a_derived_struct_is() {
    for (copies, note) in [(0, None), (3, Some("at \"noon\"\n".to_owned()))] {
        let pairs = vec![(1, "a".to_owned()), (2, String::new())];
        let derived = Derived {
            order: u64::MAX,
            name: "Zoë \u{1f980}".to_owned(),
            copies,
            tries: 2,
            note: note.clone(),
            r#type: pairs.clone(),
        };
        let intent = encoded(derived.order, derived.name.clone(), copies, 2, note, pairs);
        let text = intent.into_intent().encode().expect("it is durable");
        assert_eq!(
            text,
            serde_json::to_string(&derived).expect("it is plain data")
        );
    }
}

#[test]
fn an_intent_is_decoded_as_a_derived_struct_is() {
    let messages = [
        r#"{"order":7,"recipient":"ada","copies":2,"tries":3,"note":"x","type":[[1,"a"]]}"#,
        r#" { "type" : [ ] , "t\u006f" : "ada" , "order" : 7 } "#,
        r#"{"order":7,"to":"ada","note":null,"type":[],"new":{"a":[1,{}]}}"#,
        r#"{"order":7,"to":"ada"}"#,
        r#"{"to":"ada","type":[]}"#,
        r#"{"order":7,"to":"ada","recipient":"eve","type":[]}"#,
        r#"{"order":7,"order":7,"to":"ada","type":[]}"#,
        r#"{"order":"7","to":"ada","type":[]}"#,
        r#"{"order":7,"to":"ada","type":[],"copies":256}"#,
        r#"{"order":7,"to":"ada","type":[]"#,
        "null",
    ];
    let mut refused = 0;
    for message in messages {
        let derived = serde_json::from_str::<Derived>(message);
        match (decode::<Encoded>(message), derived) {
            (Ok(intent), Ok(derived)) => {
                let Encoded {
                    order,
                    name,
                    copies,
                    tries,
                    note,
                    r#type,
                } = intent;
                let decoded = Derived {
                    order,
                    name,
                    copies,
                    tries,
                    note,
                    r#type,
                };
                assert_eq!(decoded, derived, "{message}");
            }
            (Err(_), Err(_)) => refused += 1,
            (decoded, derived) => panic!("{message}: {decoded:?}, but derived {derived:?}"),
        }
    }
    assert_eq!(refused, 8);
}

#[test]
fn an_intent_that_cannot_be_decoded_names_the_argument() {
    let wrong = |text| decode::<Encoded>(text).expect_err("it is wrong");
    assert_eq!(wrong(r#"{"to":"ada"}"#), "missing field `order`");
    assert_eq!(wrong(r#"{"order":1,"order":2}"#), "duplicate field `order`");
    assert_eq!(
        wrong(r#"{"order":"7"}"#),
        "argument `order`: invalid type: string \"7\", expected u64 at line 1 column 3"
    );
}

#[test]
fn other_serde_attributes_apply_too() {
    let time = std::time::Duration::from_millis(1500);
    let text = encoded_with(time, 2).into_intent().encode();
    assert_eq!(text.expect("it is durable"), r#"{"time":1500,"is":2}"#);
    let decoded = decode::<EncodedWith>(r#"{"time":1500,"was":2}"#).expect("it is well-formed");
    assert_eq!((decoded.time, decoded.is), (time, 2));
}
