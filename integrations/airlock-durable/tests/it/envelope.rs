//! Tests of the envelope's format, which other languages read.

use std::time::{Duration, SystemTime};

use airlock::executor::Recorder;
use airlock::prelude::*;
use airlock::{Intent, Origin};
use airlock_durable::{Capabilities, Dedupe, Envelope, EnvelopeError};

use crate::effects::{cause, confirm, not_durable, pay};

/// Replaces the parts that differ between runs.
fn settled(json: &str, intent: &Intent) -> String {
    let line = intent.location().to_string();
    json.replace(&intent.uuid().to_string(), "<id>")
        .replace(&line.replace('\\', "\\\\"), "<place>")
}

#[test]
fn the_form_is_golden() -> Result<(), Box<dyn std::error::Error>> {
    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(32_503_680_000_250);
    let trace_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let origin = Origin::traced("POST /orders", Some(trace_parent.into()));
    let scope = airlock::scope()
        .origin(origin)
        .executor(Recorder::new())
        .open();
    scope.enter(|| {
        let intent = confirm(7, "Ada \"<ada@example.com>\"".to_owned())
            .run_at(at)
            .in_order_of("customer-3")
            .with_header("tenant", "acme");
        airlock::enqueue(intent.with_priority(9));
    });
    let json = scope.inspect(|intents| {
        let intent = intents.first().expect("an intent");
        let envelope = Envelope::from_intent(intent, None).expect("an envelope");
        settled(&envelope.to_json().expect("JSON"), intent)
    });
    scope.discard();
    let golden = r#"{"effect":"test.confirm","args":{"order":7,"to":"Ada \"<ada@example.com>\""},"v":1,"id":"<id>","at":"<place>","origin":"POST /orders","traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01","key":"7","ordering_key":"customer-3","queue":"mail","priority":9,"run_at":"3000-01-01T00:00:00.250Z","headers":{"tenant":"acme"}}"#;
    assert_eq!(json, golden);
    let read = Envelope::from_json(&json.replace("<id>", "0199d2c4-7a40-7000-8000-00a1b2c3d4e5"))?;
    assert_eq!(read.about.run_at, Some(at));
    assert_eq!(read.about.version, 1);
    Ok(())
}

#[test]
fn what_says_only_its_effect_and_arguments_is_read() -> Result<(), serde_json::Error> {
    let read = Envelope::from_json(r#"{"effect":"test.confirm","args":{},"unknown":[1]}"#)?;
    assert_eq!(read.about, airlock_durable::About::default());
    assert_eq!(
        read.to_json()?,
        r#"{"effect":"test.confirm","args":{},"v":1}"#
    );
    Ok(())
}

#[test]
fn an_effect_that_is_not_durable_has_none() {
    let error = Envelope::from_intent(&Intent::new(not_durable()), None).expect_err("not durable");
    assert!(matches!(error, EnvelopeError::Encode(_)), "{error}");
    assert!(error.to_string().contains("#[airlock::effect(durable)]"));
}

#[test]
fn a_redacted_argument_is_never_in_the_clear() {
    let intent = Intent::new(pay(7, "4111".to_owned()));
    let error = Envelope::from_intent(&intent, None).expect_err("no keys");
    let message = error.to_string();
    assert!(message.contains("`test.pay` redacts `card`"), "{message}");
    assert!(!message.contains("4111"));
}

#[test]
fn an_engine_says_what_it_cannot_do() {
    let refusal = |engine: &Capabilities, intent: &Intent| match engine.check(intent) {
        Ok(()) => String::new(),
        Err(reason) => reason.into_owned(),
    };
    let mut engine = Capabilities::new("Small");
    let plain = Intent::new(cause(1));
    assert_eq!(refusal(&engine, &plain), "");
    let delayed = cause(1).after(Duration::from_secs(1));
    assert!(refusal(&engine, &delayed).contains("Small cannot delay"));
    let urgent = cause(1).with_priority(3);
    assert!(refusal(&engine, &urgent).contains("Small has no priorities"));
    engine.priorities = Some(1..=2);
    assert!(refusal(&engine, &urgent).contains("the priorities 1 to 2, and this is 3"));
    let ordered = cause(1).in_order_of("one");
    assert!(refusal(&engine, &ordered).contains("keeps no order"));
    let keyed = cause(1).with_key("one");
    assert!(refusal(&engine, &keyed).contains("does not recognise keys"));
    engine.dedupe = Dedupe::WhileUnfinished;
    assert_eq!(refusal(&engine, &keyed), "");
    engine.max_argument_bytes = Some(5);
    assert!(refusal(&engine, &plain).contains("store the data and pass its id"));
    engine.max_argument_bytes = None;
    engine.max_id_bytes = 5;
    assert!(refusal(&engine, &plain).contains("a shorter `name`"));
}
