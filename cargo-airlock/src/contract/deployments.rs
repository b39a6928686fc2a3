//! Pairs of versions of one effect, each with its own messages. The verdict on their records must
//! agree with serde on whether each version reads the other's messages.

use std::collections::BTreeMap;

use airlock::intent::EncodeError;
use airlock::{BoxError, DurableEffect, Intent};

use crate::contract::changes::{Severity, changes};
use crate::contract::{Aliases, Contracts, EffectContract};
use crate::record::{Record, read_file};

/// Returns the contracts compiled into this test program, by the module of the version.
fn versions() -> BTreeMap<String, EffectContract> {
    let program = std::env::current_exe().expect("it is running");
    let records = read_file(&program).expect("it has effects").records;
    let effects = records.iter().filter_map(|record| match record {
        Record::Effect(effect) => Some(effect),
        Record::Boundary(_) => None,
    });
    let versions = effects.map(|effect| {
        (
            effect.module.clone(),
            EffectContract::from_effect(effect, &Aliases::default()),
        )
    });
    versions.collect()
}

#[track_caller]
fn verdict(module: &str) -> Severity {
    let versions = versions();
    let contracts = |version: &str| Contracts {
        effects: [(
            "mail".to_owned(),
            versions[&format!("{module}::{version}")].clone(),
        )]
        .into(),
        ..Contracts::default()
    };
    let changes = changes(&contracts("old"), &contracts("new"));
    let worst = changes.first().map(|change| change.severity);
    worst.unwrap_or(Severity::Compatible)
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn encode(intent: impl DurableEffect + Send) -> Result<String, EncodeError> {
    Intent::new(intent).encode()
}

fn decode<E: DurableEffect>(message: &str) -> Result<E, BoxError> {
    // Not through the catalogue, where both versions have one id.
    E::__decode(message)
}

macro_rules! deployments {
    ($(
        $case:ident:
            ($($old:tt)*) written by ($($old_value:expr),*),
            ($($new:tt)*) written by ($($new_value:expr),*);
    )*) => {$(
        #[allow(unused_variables, reason = "nothing is performed")]
        mod $case {
            mod old {
                #[airlock::effect(durable, name = "mail")]
                pub(super) fn mail($($old)*) {}
            }
            mod new {
                #[airlock::effect(durable, name = "mail")]
                pub(super) fn mail($($new)*) {}
            }

            #[test]
            fn the_verdict_is_that_of_serde() {
                let encoded = "both are maps of texts and numbers";
                let stored = super::encode(old::mail($($old_value),*)).expect(encoded);
                let fresh = super::encode(new::mail($($new_value),*)).expect(encoded);
                let by_new = super::decode::<new::Mail>(&stored).map(drop);
                let by_old = super::decode::<old::Mail>(&fresh).map(drop);
                let is_breaking = super::verdict(module_path!()) == super::Severity::Breaking;
                assert_eq!(
                    is_breaking,
                    by_new.is_err() || by_old.is_err(),
                    "stored messages: {by_new:?}, workers of the previous version: {by_old:?}"
                );
            }
        }
    )*};
}

deployments! {
    renamed_with_an_alias:
        (to: String) written by ("me".into()),
        (#[serde(alias = "to")] rcpt: String) written by ("me".into());
    an_alias_before_the_new_name:
        (to: String) written by ("me".into()),
        (#[serde(alias = "rcpt")] to: String) written by ("me".into());
    renamed_after_an_alias:
        (#[serde(alias = "rcpt")] to: String) written by ("me".into()),
        (#[serde(alias = "to")] rcpt: String) written by ("me".into());
    renamed_after_an_alias_and_the_former_name_forgotten:
        (#[serde(alias = "rcpt")] to: String) written by ("me".into()),
        (rcpt: String) written by ("me".into());
    renamed_only_in_the_source:
        (to: String, cc: String) written by ("me".into(), "you".into()),
        (#[serde(rename = "to")] rcpt: String, #[serde(alias = "copy")] cc: String)
            written by ("me".into(), "you".into());
    left_out_and_new_default:
        (to: String, count: u32) written by ("me".into(), 0),
        (to: String, #[serde(default, skip_serializing_if = "super::super::is_zero")] count: u32)
            written by ("me".into(), 0);
    left_out_after_a_default:
        (to: String, #[serde(default)] count: u32) written by ("me".into(), 0),
        (to: String, #[serde(default, skip_serializing_if = "super::super::is_zero")] count: u32)
            written by ("me".into(), 0);
    left_out_no_more:
        (to: String, #[serde(default, skip_serializing_if = "super::super::is_zero")] count: u32)
            written by ("me".into(), 0),
        (to: String, #[serde(default)] count: u32) written by ("me".into(), 0);
    two_become_one:
        (x: String, y: String) written by ("a".into(), "b".into()),
        (#[serde(alias = "x")] y: String) written by ("b".into());
    two_become_a_third:
        (x: String, y: String) written by ("a".into(), "b".into()),
        (#[serde(alias = "x", alias = "y")] z: String) written by ("b".into());
    one_becomes_two:
        (#[serde(alias = "whom")] to: String) written by ("me".into()),
        (to: String, #[serde(default)] whom: String) written by ("me".into(), "you".into());
    added_with_a_default:
        (to: String) written by ("me".into()),
        (to: String, #[serde(default)] count: u32) written by ("me".into(), 1);
    added_as_an_option:
        (to: String) written by ("me".into()),
        (to: String, count: Option<u32>) written by ("me".into(), Some(1));
    added_without_a_default:
        (to: String) written by ("me".into()),
        (to: String, count: u32) written by ("me".into(), 1);
    removed:
        (to: String, count: u32) written by ("me".into(), 1),
        (to: String) written by ("me".into());
    removed_after_a_default:
        (to: String, #[serde(default)] count: u32) written by ("me".into(), 1),
        (to: String) written by ("me".into());
    made_optional:
        (to: String) written by ("me".into()),
        (to: Option<String>) written by (None);
    made_optional_after_a_default:
        (#[serde(default)] to: String) written by ("me".into()),
        (#[serde(default, skip_serializing_if = "Option::is_none")] to: Option<String>) written by (None);
    no_longer_optional:
        (to: Option<String>) written by (None),
        (to: String) written by ("me".into());
    no_longer_optional_with_a_default:
        (to: Option<String>) written by (None),
        (#[serde(default)] to: String) written by ("me".into());
    a_wider_number:
        (count: u8) written by (1),
        (count: u32) written by (256);
    a_narrower_number:
        (count: u32) written by (256),
        (count: u8) written by (1);
    the_same_type_by_its_path:
        (to: String, text: Vec<(String, u8,)>) written by ("me".into(), vec![]),
        (to: std::string::String, text: std::vec::Vec<(String, u8)>) written by ("me".into(), vec![]);
    in_a_box:
        (copies: Option<Box<u8>>) written by (Some(Box::new(1))),
        (copies: Option<u8>) written by (Some(1));
    another_type:
        (to: String) written by ("me".into()),
        (to: u32) written by (1);
}

#[allow(unused_variables, reason = "nothing is performed")]
mod option_renamed {
    mod old {
        #[airlock::effect(durable, name = "mail")]
        pub(super) fn mail(to: Option<String>) {}
    }
    mod new {
        #[airlock::effect(durable, name = "mail")]
        pub(super) fn mail(#[serde(alias = "to")] rcpt: Option<String>) {}
    }

    /// No error reveals it: the message is read, but its value is lost.
    #[test]
    fn what_would_be_lost_in_silence_is_breaking() {
        let fresh = super::encode(new::mail(Some("me".into()))).expect("it is a map");
        let read = super::decode::<old::Mail>(&fresh).expect("an option may be missing");
        assert_eq!(read.to, None);
        assert_eq!(super::verdict(module_path!()), super::Severity::Breaking);
    }
}
