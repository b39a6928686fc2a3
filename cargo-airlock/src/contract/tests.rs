//! Pairs of contracts in the format of lock files, and the output of `check` for each.

mod arguments;
mod random;

use expect_test::{Expect, expect};

use crate::commands::lock::diff;
use crate::contract::changes::changes;
use crate::contract::lock_file::parse;

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
                  a new durable effect; workers of the previous version do not know it
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
                  renamed; stored messages find it by its alias. Workers of the previous version do not know the new id
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
                  renamed; stored messages find it by its alias. Workers of the previous version do not know the new id
            compatible: effect mail
              - argument text: String
                  stored messages are still read; workers of the previous version do not decode the new ones in any case
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
                  its messages are stored from now on; workers of the previous version cannot decode them
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
                  a new durable effect; workers of the previous version do not know it
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
                  it now declares what it may emit
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
