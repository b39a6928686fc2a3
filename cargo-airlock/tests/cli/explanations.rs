//! Tests of `cargo airlock explain`.

use expect_test::expect;

use crate::fixture::{airlock, check, scratch, shop, transcript};

#[test]
fn everything_is_told_by_id_alias_and_name() {
    let none = ["--lock-file", "no-such.lock"];
    check(
        &["explain", "mail.post", &shop(), none[0], none[1]],
        &expect![[r#"
            mail.send
              Mails a text to somebody.

              The outbox keeps it until the server has taken it.

              declared   async fn send_mail, which can fail, at mail/src/lib.rs:27:14
              in         mail (package mail)
              intent     SendMail
              argument   to: String
              argument   text: String (redacted)
              argument   copies: u8 (may be missing in a stored message)
              argument   reply_to: Option<String> (may be missing in a stored message)
              needs      mailer: &Mailer
              declares   async, durable, retry 5, timeout 30s, queue slow, priority -2, tag mail, tag out, alias mail.post
              retries    waits 1s after the first attempt, then 2 times as long, at most 2m
              airlock    0.1.0
              emitted by shop::checkout, at shop/src/main.rs:6
                         1 boundary says nothing, and may emit it
              contract   not locked: there is no lock file
            -- exit code 0 --
        "#]],
    );
    check(
        &["explain", "index_order", &shop(), none[0], none[1]],
        &expect![[r#"
            orders.index
              Writes orders into the search index.

              declared   fn index_order, at orders/src/lib.rs:10:8
              in         orders (package orders)
              intent     IndexOrder
              argument   orders: u64
              needs      search: &Search
              declares   batch, key orders
              coalesces  the first intent of each key is kept
              airlock    0.1.0
              emitted by shop::checkout, at shop/src/main.rs:6
                         1 boundary says nothing, and may emit it
              contract   not locked: there is no lock file
            -- exit code 0 --
        "#]],
    );
}

#[test]
fn a_misspelt_id_is_answered_with_what_is_near() {
    check(
        &["explain", "mail.sned", &shop()],
        &expect![[r#"
            -- stderr --
            error: no effect and no boundary is named `mail.sned`; did you mean one of: `mail.send`, `mail.sweep`, `mail.post`?
            -- exit code 2 --
        "#]],
    );
    check(
        &["explain", "something-else-entirely", &shop()],
        &expect![[r#"
            -- stderr --
            error: no effect and no boundary is named `something-else-entirely`; `cargo airlock list` shows all
            -- exit code 2 --
        "#]],
    );
}

#[test]
fn the_contract_is_compared_with_the_lock_file() {
    let file = scratch("explained").join("effects.lock");
    let path = file.to_string_lossy();
    let said = |id: &str| {
        let output = airlock(&["explain", id, &shop(), "--lock-file", &path]);
        let text = transcript(&output).replace(&*path, "{lock file}");
        let at = text.find("  contract").unwrap_or_else(|| panic!("{text}"));
        text[at..].to_owned()
    };
    assert!(
        airlock(&["lock", &shop(), "--lock-file", &path])
            .status
            .success()
    );
    expect![[r#"
          contract   as locked in {lock file}
        -- exit code 0 --
    "#]]
    .assert_eq(&said("mail.send"));
    let text = std::fs::read_to_string(&file).expect("it was written");
    let text = text
        .replace("argument to: String", "argument to: Address")
        .replace("effect orders.index", "effect orders.other");
    std::fs::write(&file, text).expect("it can be written");
    expect![[r#"
          contract   changed since it was locked in {lock file}
        breaking: effect mail.send at mail/src/lib.rs:27
          - argument to: Address
          + argument to: String
              stored messages hold `to` in its former form
              write instead: keep `to` as it was, and add the new form under another name with `#[serde(default)]`, or as an `Option`
        -- exit code 0 --
    "#]].assert_eq(&said("mail.send"));
    expect![[r#"
          contract   not in {lock file} yet
        -- exit code 0 --
    "#]]
    .assert_eq(&said("orders.index"));
    check(
        &["explain", "orders.other", &shop(), "--lock-file", &path],
        &expect![[r#"
            -- stderr --
            error: no effect and no boundary is named `orders.other` any more: the lock file has it, so it was removed since, or renamed without `alias(..)`; did you mean `orders.index`?
            -- exit code 2 --
        "#]],
    );
}

#[test]
fn a_boundary_is_explained_with_what_it_reaches() {
    let said = ["order", "cascades::import"].map(|name| {
        let output = airlock(&["explain", name, "-p", "cascades"]);
        transcript(&output)
    });
    expect![[r#"
        order
          Orders something.

          declared   sync boundary, at cascades/src/lib.rs:29
          in         cascades (package cascades)
          emits      cascade.pay, at cascades/src/lib.rs:10
          reaches    cascade.pack through cascade.pay, at cascades/src/lib.rs:17
          reaches    cascade.ship through cascade.pay, cascade.pack, at cascades/src/lib.rs:23
          needs      &Bank, for cascade.pay
          airlock    0.1.0
        -- stderr --
        note: a library holds its own effects; those of its dependencies show in the programs that link them
        -- exit code 0 --
    "#]].assert_eq(&said[0]);
    expect![[r#"
        import
          Imports orders.

          declared   sync boundary, at cascades/src/lib.rs:35
          in         cascades (package cascades)
          emits      anything, since it declares no `emits(..)`
          airlock    0.1.0
        -- stderr --
        note: a library holds its own effects; those of its dependencies show in the programs that link them
        -- exit code 0 --
    "#]].assert_eq(&said[1]);
}

#[test]
fn an_effect_names_the_effects_that_emit_it() {
    check(
        &["explain", "Pack", "-p", "cascades", "--format", "markdown"],
        &expect![[r#"
            ### `cascade.pack`

            Packs an order, and has it shipped.

            |  | value |
            |---|---|
            | declared | fn pack, at cascades/src/lib.rs:17:8 |
            | in | cascades (package cascades) |
            | intent | Pack |
            | argument | order: u64 |
            | emits | cascade.ship |
            | airlock | 0.1.0 |
            | emitted by | cascade.pay, at cascades/src/lib.rs:10 |
            |  | 1 boundary says nothing, and may emit it |
            | contract | not locked: there is no lock file |
            -- stderr --
            note: a library holds its own effects; those of its dependencies show in the programs that link them
            -- exit code 0 --
        "#]],
    );
}

#[test]
fn an_explanation_for_tools_is_json() {
    let output = airlock(&["explain", "checkout", &shop(), "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(json["effects"], serde_json::json!([]));
    let boundary = &json["boundaries"][0];
    assert_eq!(boundary["place"], "shop/src/main.rs:6");
    assert_eq!(boundary["reaches"][1]["id"], "mail.send");

    let output = airlock(&["explain", "mail.send", &shop(), "--format", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let effect = &json["effects"][0];
    assert_eq!(effect["intent"], "SendMail");
    assert_eq!(effect["emitted_by"][0]["name"], "shop::checkout");
    assert_eq!(effect["open_boundaries"], 1);
    assert_eq!(effect["contract"]["locked"], false);
}
