//! Contracts before and after, as lock files say them, and what `check` makes of the difference.

use expect_test::{Expect, expect};
use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;

use crate::commands::lock::diff;
use crate::contract::changes::changes;
use crate::contract::{ArgumentContract, Contracts, EffectContract, parse, text};

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
            one-way: effect post
              + effect post durable
                  a new durable effect; workers of the version before do not know it
        "#]],
    );
    let renamed = renamed.replace("durable\n", "durable\n  alias mail\n");
    check(
        MAIL,
        &renamed,
        &expect![[r#"
            one-way: effect mail
              - effect mail durable
              + effect post durable
                  renamed; stored messages find it by its alias. Workers of the version before do not know the new id
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
fn an_effect_that_was_there_before_is_not_the_new_name_of_another() {
    let both = format!("{MAIL}{}", MAIL.replace("mail", "post"));
    check(
        &both,
        &MAIL.replace("mail", "post"),
        &expect![[r#"
        breaking: effect mail
          - effect mail durable
              stored messages find no effect
              write instead: `alias("mail")` at the effect, if it has a new name; else keep it until no message of it is left
    "#]],
    );
}

#[test]
fn a_new_id_excuses_from_what_old_workers_could_not_read() {
    check(
        MAIL,
        "effect post durable\n  alias mail\n  argument to: String\n",
        &expect![[r#"
            one-way: effect mail
              - effect mail durable
              + effect post durable
                  renamed; stored messages find it by its alias. Workers of the version before do not know the new id
            compatible: effect mail
              - argument text: String
                  stored messages are still read; workers of the version before do not decode the new ones in any case
        "#]],
    );
}

#[test]
fn an_effect_is_merged_into_another() {
    let both = format!("{MAIL}{}", MAIL.replace("mail", "post"));
    check(
        &both,
        &MAIL
            .replace("mail", "post")
            .replace("durable\n", "durable\n  alias mail\n"),
        &expect![[r#"
            compatible: effect mail
              - effect mail durable
              + effect post durable
                  stored messages are taken for messages of `post`, by its alias
            compatible: effect post
              + alias mail
                  a new alias
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
                  renamed; each version knows the other's id as an alias
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
            one-way: effect mail
              - effect mail
              + effect mail durable
                  its messages are stored from now on; workers of the version before cannot decode them
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
                  a new argument, with a default for stored messages; workers of the version before do not look at it
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
            breaking: effect mail
              - argument to: String
              + argument whom: String, formerly to
                  workers of the version before look for `to` in new messages, and cannot read the message
                  write instead: `#[serde(rename = "to")]` on `whom`; or first `#[serde(alias = "whom")]` on `to`, lock and deploy that, and rename it in the next version
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
fn an_argument_gets_a_second_name_before_it_is_renamed() {
    let read_as_whom = format!("{MAIL}    formerly whom\n");
    check(
        MAIL,
        &read_as_whom,
        &expect![[r#"
        compatible: effect mail
          + formerly whom
              `whom` is read as `to`, too
    "#]],
    );
    let renamed = "effect mail durable\n  argument text: String\n  argument whom: String\n";
    check(
        &read_as_whom,
        renamed,
        &expect![[r#"
        breaking: effect mail
          - argument to: String, formerly whom
          + argument whom: String
              stored messages hold `whom` as `to`
              write instead: `#[serde(alias = "to")]` on `whom`, until no such message is left
    "#]],
    );
    let renamed = format!("{renamed}    formerly to\n");
    check(
        &read_as_whom,
        &renamed,
        &expect![[r#"
        compatible: effect mail
          - argument to: String, formerly whom
          + argument whom: String, formerly to
              renamed; each version reads the other's name
    "#]],
    );
}

#[test]
fn an_argument_is_left_out_of_some_messages() {
    let default = format!("{MAIL}    default\n");
    let left_out = format!("{default}    left out\n");
    check(
        MAIL,
        &left_out,
        &expect![[r#"
        breaking: effect mail
          - argument to: String
          + argument to: String, default, left out
              workers of the version before cannot read messages without `to`
              write instead: `#[serde(default)]` on `to` without `skip_serializing_if`; lock and deploy that, and add `skip_serializing_if` in the next version
    "#]],
    );
    check(
        &default,
        &left_out,
        &expect![[r#"
        compatible: effect mail
          - argument to: String, default
          + argument to: String, default, left out
              some messages are written without it; the version before has a default for it
    "#]],
    );
    check(
        &left_out,
        &default,
        &expect![[r#"
        compatible: effect mail
          - argument to: String, default, left out
          + argument to: String, default
              all messages are written with it again
    "#]],
    );
}

#[test]
fn two_arguments_become_one_or_one_becomes_two() {
    check(
        MAIL,
        "effect mail durable\n  argument to: String\n    formerly text\n",
        &expect![[r#"
            breaking: effect mail
              - argument text: String
              + argument to: String, formerly text
                  stored messages hold `text` beside another that is read as `to`, and a duplicate is an error
                  write instead: no `alias = "text"` on `to`; keep `text` with `#[serde(default)]` for one deployment, lock that, and remove it in the next
            compatible: effect mail
              + formerly text
                  `text` is read as `to`, too
        "#]],
    );
    let read_as_whom = format!("{MAIL}    formerly whom\n");
    check(
        &read_as_whom,
        &format!("{MAIL}  argument whom: String\n    default\n"),
        &expect![[r#"
            breaking: effect mail
              - formerly whom
                  messages that hold it as `whom` cannot be decoded
                  write instead: `#[serde(alias = "whom")]` on `to`, until no such message is left
              + argument whom: String, default
                  workers of the version before take `whom` for `to`
                  write instead: another name than `whom`, or `#[serde(rename = "..")]`
            compatible: effect mail
              + argument whom: String, default
                  a new argument, with a default for stored messages; workers of the version before do not look at it
        "#]],
    );
}

#[test]
fn an_argument_changes_in_several_ways() {
    check(
        &format!("{MAIL}    default\n"),
        &MAIL.replace("to: String", "whom: Address\n    formerly to"),
        &expect![[r#"
            breaking: effect mail
              - argument to: String, default
              + argument whom: Address, formerly to
                  stored messages hold `to` in its former form
                  write instead: keep `to` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`
              - argument to: String, default
              + argument whom: Address, formerly to
                  workers of the version before look for `to` in new messages, and take its default
                  write instead: `#[serde(rename = "to")]` on `whom`; or first `#[serde(alias = "whom")]` on `to`, lock and deploy that, and rename it in the next version
              - argument to: String, default
              + argument whom: Address, formerly to
                  messages that were stored before `to` was added lack it
                  write instead: `#[serde(default)]` on `whom`, until no such message is left
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
            one-way: effect mail
              + effect mail durable
                  a new durable effect; workers of the version before do not know it
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

fn argument() -> impl Strategy<Value = ArgumentContract> {
    let form = prop::option::of(Just("flatten".to_owned()));
    let parts = (
        "[AB]",
        any::<bool>(),
        btree_set("[xyz]", 0..3),
        form,
        any::<bool>(),
    );
    parts.prop_map(
        |(type_name, default, formerly, encoded_by, left_out)| ArgumentContract {
            type_name,
            default,
            formerly,
            encoded_by,
            left_out,
        },
    )
}

fn contracts() -> impl Strategy<Value = Contracts> {
    let effect = (
        any::<bool>(),
        btree_set("[kl]", 0..3),
        btree_map("[xyz]", argument(), 0..3),
    );
    let effect = effect.prop_map(|(durable, aliases, mut arguments)| {
        for (name, argument) in &mut arguments {
            argument.formerly.remove(name);
        }
        EffectContract {
            durable,
            aliases,
            arguments,
        }
    });
    let emits = prop::option::of(btree_set("[ef]", 0..3));
    let parts = (btree_map("e", effect, 0..2), btree_map("[bc]", emits, 0..3));
    parts.prop_map(|(effects, boundaries)| Contracts {
        effects,
        boundaries,
    })
}

proptest! {
    #[test]
    fn whatever_differs_is_told(before in contracts(), after in contracts()) {
        prop_assert_eq!(before == after, changes(&before, &after).is_empty());
        prop_assert!(changes(&before, &before).is_empty());
    }

    #[test]
    fn what_is_locked_is_read_again(contracts in contracts()) {
        let text = text(&contracts).expect("its names are plain");
        prop_assert_eq!(parse(&text).expect("we wrote it"), contracts);
    }
}
