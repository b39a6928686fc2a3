//! Contracts before and after, as lock files say them, and what `check` makes of the difference.

use expect_test::{Expect, expect};

use crate::commands::lock::diff;
use crate::contract::changes::changes;
use crate::contract::parse;

#[track_caller]
fn check(before: &str, after: &str, expected: &Expect) {
    let read = |text: &str| parse(&format!("effects.lock 1\n{text}")).expect("it is well-formed");
    let diff = diff(&changes(&read(before), &read(after)));
    expected.assert_eq(&anstream::adapter::strip_str(&diff).to_string());
}

const MAIL: &str = "effect mail durable\n  argument text: String\n  argument to: String\n";

#[test]
fn nothing_has_changed() {
    check(MAIL, MAIL, &expect![""]);
}

#[test]
fn an_effect_is_removed_or_renamed() {
    check(
        MAIL,
        "",
        &expect![[r#"
        breaking: effect mail
          - effect mail durable
              stored messages find no effect
              write instead: `alias("mail")` at the effect, if it has a new name; else keep it until no message of it is left
    "#]],
    );
    let renamed = MAIL.replace("mail", "post");
    check(
        MAIL,
        &renamed,
        &expect![[r#"
        breaking: effect mail
          - effect mail durable
              stored messages find no effect
              write instead: `alias("mail")` at `post`, which has the same arguments, if that is its new name; else keep it until no message of it is left
        compatible: effect post
          + effect post durable
              a new durable effect
    "#]],
    );
    let renamed = renamed.replace("durable\n", "durable\n  alias mail\n");
    check(
        MAIL,
        &renamed,
        &expect![[r#"
            compatible: effect mail
              - effect mail durable
              + effect post durable
                  renamed; stored messages find it by its alias. Workers of the version before do not know the new id, and leave its messages to others
        "#]],
    );
    let forgotten = renamed.replace("  alias mail\n", "");
    check(
        &renamed,
        &forgotten,
        &expect![[r#"
        breaking: effect post
          - alias mail
              messages that were stored as `mail` find no effect
              write instead: `alias("mail")`, until no such message is left
    "#]],
    );
}

#[test]
fn an_alias_takes_the_place_of_the_id() {
    let before = "effect post durable\n  alias mail\n";
    check(
        before,
        "effect mail durable\n  alias post\n",
        &expect![[r#"
            compatible: effect post
              - effect post durable
              + effect mail durable
                  renamed; stored messages find it by its alias. Workers of the version before do not know the new id, and leave its messages to others
        "#]],
    );
}

#[test]
fn an_effect_is_no_longer_durable_or_becomes_so() {
    let fleeting = MAIL.replace(" durable", "");
    check(
        MAIL,
        &fleeting,
        &expect![[r#"
        breaking: effect mail
          - effect mail durable
          + effect mail
              stored messages cannot be decoded
              write instead: keep `durable` until no message of it is left
    "#]],
    );
    check(
        &fleeting,
        MAIL,
        &expect![[r#"
            compatible: effect mail
              - effect mail
              + effect mail durable
                  its messages are stored from now on
        "#]],
    );
}

#[test]
fn an_argument_is_added() {
    let with = |line: &str| format!("{MAIL}  argument copies: u8\n{line}");
    check(
        MAIL,
        &with(""),
        &expect![[r#"
        breaking: effect mail
          + argument copies: u8
              stored messages lack `copies`
              write instead: `#[serde(default)] copies: u8`, or `copies: Option<u8>`
    "#]],
    );
    check(
        MAIL,
        &with("    default\n"),
        &expect![[r#"
        compatible: effect mail
          + argument copies: u8, default
              a new argument, with a default for stored messages
    "#]],
    );
}

#[test]
fn an_argument_is_removed() {
    let with = |line: &str| format!("{MAIL}  argument copies: u8\n{line}");
    check(
        &with(""),
        MAIL,
        &expect![[r#"
        breaking: effect mail
          - argument copies: u8
              workers of the version before cannot read messages without `copies`
              write instead: keep it with `#[serde(default)]` for one deployment, lock that, and remove it in the next
    "#]],
    );
    check(
        &with("    default\n"),
        MAIL,
        &expect![[r#"
        compatible: effect mail
          - argument copies: u8, default
              removed; workers of the version before have a default for it
    "#]],
    );
}

#[test]
fn an_argument_changes_its_type_form_or_default() {
    check(
        MAIL,
        &MAIL.replace("to: String", "to: Address"),
        &expect![[r#"
            breaking: effect mail
              - argument to: String
              + argument to: Address
                  stored messages hold `to` in its former form
                  write instead: keep `to` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`
        "#]],
    );
    let by_hand = format!("{MAIL}    encoded by with = \"hex\"\n");
    check(
        MAIL,
        &by_hand,
        &expect![[r#"
        breaking: effect mail
          - argument to: String
          + argument to: String, encoded by with = "hex"
              stored messages hold `to` in its former form
              write instead: keep `to` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`
    "#]],
    );
    let default = format!("{MAIL}    default\n");
    check(
        MAIL,
        &default,
        &expect![[r#"
        compatible: effect mail
          - argument to: String
          + argument to: String, default
              a default is new
    "#]],
    );
    check(
        &default,
        MAIL,
        &expect![[r#"
        breaking: effect mail
          - argument to: String, default
          + argument to: String
              messages that were stored before `to` was added lack it
              write instead: `#[serde(default)]` on `to`, until no such message is left
    "#]],
    );
}

#[test]
fn an_argument_is_renamed() {
    let renamed = MAIL.replace("to: String", "whom: String");
    check(
        MAIL,
        &renamed,
        &expect![[r#"
        breaking: effect mail
          - argument to: String
              workers of the version before cannot read messages without `to`
              write instead: `#[serde(rename = "to")] whom: String`, if `whom` is its new name
          + argument whom: String
              stored messages lack `whom`
              write instead: `#[serde(default)] whom: String`, or `whom: Option<String>`
    "#]],
    );
    let renamed = format!("{renamed}    formerly to\n");
    check(
        MAIL,
        &renamed,
        &expect![[r#"
            compatible: effect mail
              - argument to: String
              + argument whom: String, formerly to
                  renamed; the former name is still read. Workers of the version before do not know the new one
        "#]],
    );
    let forgotten = renamed.replace("    formerly to\n", "");
    check(
        &renamed,
        &forgotten,
        &expect![[r#"
        breaking: effect mail
          - formerly to
              messages that hold it as `to` cannot be decoded
              write instead: `#[serde(alias = "to")]` on `whom`, until no such message is left
    "#]],
    );
}

#[test]
fn what_is_not_durable_breaks_nothing() {
    let fleeting = MAIL.replace(" durable", "");
    check(
        &fleeting,
        "",
        &expect![[r#"
        note: effect mail
          - effect mail
              it is not durable: no message of it is stored
    "#]],
    );
    check(
        &fleeting,
        &fleeting.replace("to: String", "to: Address"),
        &expect![[r#"
            note: effect mail
              - argument to: String
              + argument to: Address
                  it is not durable: no message of it is stored
        "#]],
    );
    check(
        "",
        &fleeting,
        &expect![[r#"
        note: effect mail
          + effect mail
              a new effect
    "#]],
    );
    check(
        "",
        MAIL,
        &expect![[r#"
        compatible: effect mail
          + effect mail durable
              a new durable effect
    "#]],
    );
}

#[test]
fn what_boundaries_emit_is_for_people_to_know() {
    check(
        "boundary gone\n\nboundary import\n  emits *\n\nboundary shop\n  emits a\n  emits b\n",
        "boundary import\n  emits a\n\nboundary new\n\nboundary shop\n  emits b\n  emits c\n",
        &expect![[r#"
            note: boundary gone
              - boundary gone
                  it is gone
            note: boundary import
              - emits *
                  it says what it may emit
            note: boundary new
              + boundary new
                  it is new
            note: boundary shop
              - emits a
                  it may no longer emit it
              + emits c
                  it may emit it
        "#]],
    );
}
