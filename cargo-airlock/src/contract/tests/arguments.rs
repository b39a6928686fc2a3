//! Changes in the arguments of a durable effect.

use expect_test::expect;

use super::{MAIL, check};

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
                  a new argument, with a default for stored messages; workers of the previous version ignore it
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
              workers of the previous version cannot read messages without `copies`
              write instead: keep it with `#[serde(default)]` for one deployment, lock that, and remove it in the next
    "#]],
    );
    check(
        &with("    default\n"),
        MAIL,
        &expect![[r#"
        compatible: effect mail
          - argument copies: u8, default
              removed; workers of the previous version have a default for it
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
fn an_argument_becomes_optional_or_required() {
    let optional = MAIL.replace("to: String", "to: Option<String>\n    default");
    check(
        MAIL,
        &optional,
        &expect![[r#"
        breaking: effect mail
          - argument to: String
          + argument to: Option<String>, default
              stored messages are still read; workers of the previous version cannot read messages in which `to` is null
              write instead: `#[serde(default)]` on `to: String`; lock and deploy that, and write `#[serde(default, skip_serializing_if = "Option::is_none")] to: Option<String>` in the next version
    "#]],
    );
    check(
        &optional,
        MAIL,
        &expect![[r#"
        breaking: effect mail
          - argument to: Option<String>, default
          + argument to: String
              stored messages in which `to` is null or missing cannot be read
              write instead: keep `to: Option<String>` until no such message is left
    "#]],
    );
    let default = format!("{MAIL}    default\n");
    check(
        &optional,
        &default,
        &expect![[r#"
        breaking: effect mail
          - argument to: Option<String>, default
          + argument to: String, default
              stored messages in which `to` is null cannot be read
              write instead: keep `to: Option<String>` until no such message is left
    "#]],
    );
    let left_out = format!("{optional}    left out\n");
    check(
        MAIL,
        &left_out,
        &expect![[r#"
            breaking: effect mail
              - argument to: String
              + argument to: Option<String>, default, left out
                  stored messages are still read; workers of the previous version cannot read messages without `to`
                  write instead: `#[serde(default)]` on `to: String`; lock and deploy that, and write `#[serde(default, skip_serializing_if = "Option::is_none")] to: Option<String>` in the next version
        "#]],
    );
    check(
        &default,
        &left_out,
        &expect![[r#"
            compatible: effect mail
              - argument to: String, default
              + argument to: Option<String>, default, left out
                  some messages are written without it; the previous version has a default for it
        "#]],
    );
}

#[test]
fn an_argument_gets_a_wider_type() {
    check(
        &MAIL.replace("to: String", "to: u32"),
        &MAIL.replace("to: String", "to: u64"),
        &expect![[r#"
            breaking: effect mail
              - argument to: u32
              + argument to: u64
                  stored messages are still read; workers of the previous version cannot read a `to` that is no `u32`
                  write instead: keep `to: u32`, and add the larger number under another name with `#[serde(default)]`, or as an `Option`
        "#]],
    );
}

#[test]
fn a_type_is_written_in_another_way() {
    for same in [
        "std::string::String",
        "alloc::string::String",
        "Box<String>",
    ] {
        check(
            MAIL,
            &MAIL.replace("to: String", &format!("to: {same}")),
            &expect![""],
        );
    }
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
              workers of the previous version cannot read messages without `to`
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
                  workers of the previous version look for `to` in new messages, and cannot read the message
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
              workers of the previous version cannot read messages without `to`
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
              some messages are written without it; the previous version has a default for it
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
                  workers of the previous version take `whom` for `to`
                  write instead: another name than `whom`, or `#[serde(rename = "..")]`
            compatible: effect mail
              + argument whom: String, default
                  a new argument, with a default for stored messages; workers of the previous version ignore it
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
                  workers of the previous version look for `to` in new messages, and take its default
                  write instead: `#[serde(rename = "to")]` on `whom`; or first `#[serde(alias = "whom")]` on `to`, lock and deploy that, and rename it in the next version
              - argument to: String, default
              + argument whom: Address, formerly to
                  messages that were stored before `to` was added lack it
                  write instead: `#[serde(default)]` on `whom`, until no such message is left
        "#]],
    );
}
