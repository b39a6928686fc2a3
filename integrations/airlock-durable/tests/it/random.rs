//! Tests with random envelopes: none of them stops a worker.

use std::future::pending;

use airlock_durable::{Envelope, Keys};
use proptest::prelude::*;

use crate::perform::performer;

const SOUND: &str = r#"{"effect":"test.pay","args":{"order":7,"card":{"$sealed":"AAAA"}},"v":1,"id":"0199d2c4-7a40-7000-8000-00a1b2c3d4e5","at":"a.rs:1:1","causes":[{"effect":"test.cause","id":"0199d2c4-7a40-7000-8000-00a1b2c3d4e4"}],"depth":1,"origin":"x","traceparent":"y","key":"k","ordering_key":"o","queue":"q","priority":5,"run_at":"2026-12-01T08:00:00.000Z","headers":{"a":"b"}}"#;

/// Replaces a slice of the envelope with other text.
fn changed(at: usize, length: usize, by: &str) -> String {
    let floor = |at: usize| {
        (0..=at.min(SOUND.len()))
            .rev()
            .find(|it| SOUND.is_char_boundary(*it))
    };
    let (start, end) = (floor(at).unwrap_or(0), floor(at + length).unwrap_or(0));
    format!("{}{by}{}", &SOUND[..start], &SOUND[end..])
}

/// Generates the replacement: a piece of JSON, or any text.
fn piece() -> impl Strategy<Value = String> {
    const JSON: &[&str] = &[
        "",
        "{",
        "}",
        "[",
        "]",
        "null",
        "-1",
        "99999999999999999999",
        "\"",
        ",",
        "\\u0000",
        "\u{0}",
        "1e999",
    ];
    prop_oneof![
        prop::sample::select(JSON).prop_map(str::to_owned),
        any::<String>()
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_row_stops_a_worker(at in 0..500_usize, length in 0..80_usize, by in piece(), attempt in 0..40_u32) {
        let Ok(envelope) = Envelope::from_json(&changed(at, length, &by)) else {
            return Ok(());
        };
        let (performer, _) = performer(Some(Keys::new([1; 32])));
        let performing = performer.perform(&envelope, attempt, None, pending());
        let verdict = airlock::__private::block_on(performing);
        prop_assert!(["done", "dead", "unknown", "retry"].contains(&verdict.word()));
        // A parsed envelope survives a round trip through JSON.
        let again = envelope.to_json().expect("JSON");
        let read = Envelope::from_json(&again).expect("our own form");
        prop_assert_eq!(read.to_json().expect("JSON"), again);
    }
}
