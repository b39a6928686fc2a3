//! Tests of `cargo airlock list`.

use std::process::Command;

use expect_test::expect;

use crate::fixture::{airlock, airlock_in, build, check, root, scratch, shop, transcript};

#[test]
fn it_is_the_list_that_the_program_gives_itself() {
    let shop = shop();
    let own = Command::new(&shop).output().expect("it runs");
    let read = airlock(&["list", "--format", "json", &shop]);
    assert_eq!(
        String::from_utf8_lossy(&own.stdout),
        String::from_utf8_lossy(&read.stdout)
    );
    assert!(own.stdout.len() > 1000);
}

#[test]
fn a_program_is_built_and_listed() {
    check(
        &["list", "--bin", "shop"],
        &expect![[r#"
        3 effects
          effect        arguments                                                                  needs   declares                                                                                           declared at           summary
          mail.send     to: String, text: String (redacted), copies: u8, reply_to: Option<String>  Mailer  async, durable, retry 5, timeout 30s, queue slow, priority -2, tag mail, tag out, alias mail.post  mail/src/lib.rs:27    Mails a text to somebody.
          mail.sweep                                                                                                                                                                                          mail/src/lib.rs:43    Nobody calls it.
          orders.index  orders: u64                                                                Search  batch, key orders                                                                                  orders/src/lib.rs:10  Writes orders into the search index.
        3 boundaries
          boundary       kind   emits                    declared at          summary
          checkout       sync   orders.index, mail.send  shop/src/main.rs:6   Checks out: the order is processed, and the buyer gets a mail.
          import-orders  async  anything                 shop/src/main.rs:13  Reads a file of orders.
          show           sync   nothing                  shop/src/main.rs:17  Shows an order, and changes nothing.
        -- exit code 0 --
    "#]],
    );
}

#[test]
fn everything_that_is_built_is_one_list_and_clashes_are_findings() {
    check(
        &["list"],
        &expect![[r#"
        9 effects
          effect        arguments                                                                  needs   declares                                                                                           declared at               summary
          card.charge   cents: u64                                                                                                                                                                            shop/src/bin/clash.rs:6   Charges a card.
          card.charge   cents: u64                                                                         alias mail.post                                                                                    shop/src/bin/clash.rs:14  Charges a card, too.
          core.private  text: String                                                                                                                                                                          tiny/core/src/lib.rs:15   Is private.
          core.public   n: u32                                                                                                                                                                                tiny/core/src/lib.rs:7    Is public.
          mail.send     to: String, text: String (redacted), copies: u8, reply_to: Option<String>  Mailer  async, durable, retry 5, timeout 30s, queue slow, priority -2, tag mail, tag out, alias mail.post  mail/src/lib.rs:27        Mails a text to somebody.
          mail.sweep                                                                                                                                                                                          mail/src/lib.rs:43        Nobody calls it.
          orders.index  orders: u64                                                                Search  batch, key orders                                                                                  orders/src/lib.rs:10      Writes orders into the search index.
          tiny.library                                                                                                                                                                                        tiny/src/lib.rs:8         Is of the library.
          tiny.program                                                                                                                                                                                        tiny/src/main.rs:8        Is of the program.
        5 boundaries
          boundary       kind   emits                    declared at              summary
          reindex        sync   orders.index             plugin/src/lib.rs:5      Reindexes what a foreign program names.
          checkout       sync   orders.index, mail.send  shop/src/main.rs:6       Checks out: the order is processed, and the buyer gets a mail.
          import-orders  async  anything                 shop/src/main.rs:13      Reads a file of orders.
          show           sync   nothing                  shop/src/main.rs:17      Shows an order, and changes nothing.
          bound          sync   core.private             tiny/core/src/lib.rs:21  Is a boundary.
        -- stderr --
        note: binary `plain` holds no records of airlock
        error: in binary `clash`, `card.charge` names two effects: `clash::first` at shop/src/bin/clash.rs:6 and `clash::second` at shop/src/bin/clash.rs:14; give one of them another `name = ".."` or drop the alias
        error: in binary `clash`, `mail.post` names two effects: `clash::second` at shop/src/bin/clash.rs:14 and `mail` at mail/src/lib.rs:27; give one of them another `name = ".."` or drop the alias
        -- exit code 1 --
    "#]],
    );
}

#[test]
fn a_feature_brings_its_effects() {
    check(
        &[
            "list",
            "--bin",
            "shop",
            "--features",
            "shop/loyalty",
            "--id",
            "*reward",
        ],
        &expect![[r#"
            1 effect
              effect         arguments   declares  declared at           summary
              orders.reward  buyer: u64  once      orders/src/lib.rs:17  Gives the buyer points.
            1 boundary
              boundary       kind   emits     declared at          summary
              import-orders  async  anything  shop/src/main.rs:13  Reads a file of orders.
            -- exit code 0 --
        "#]],
    );
}

#[test]
fn tests_examples_and_libraries_have_effects_of_their_own() {
    check(
        &[
            "list",
            "--test",
            "checkout",
            "--example",
            "demo",
            "--format",
            "markdown",
        ],
        &expect![[r#"
            2 effects

            | effect | arguments | declared at |
            |---|---|---|
            | demo.show |  | shop/examples/demo.rs:4 |
            | test.note | text: String | shop/tests/checkout.rs:4 |

            0 boundaries
            -- exit code 0 --
        "#]],
    );
    check(
        &["list", "--lib", "-p", "orders"],
        &expect![[r#"
        1 effect
          effect        arguments    needs   declares           declared at           summary
          orders.index  orders: u64  Search  batch, key orders  orders/src/lib.rs:10  Writes orders into the search index.
        0 boundaries
        -- stderr --
        note: a library holds its own effects; those of its dependencies show in the programs that link them
        -- exit code 0 --
    "#]],
    );
    check(
        &["list", "-p", "plugin", "--crate", "plugin"],
        &expect![[r#"
        0 effects
        1 boundary
          boundary  kind  emits         declared at          summary
          reindex   sync  orders.index  plugin/src/lib.rs:5  Reindexes what a foreign program names.
        -- exit code 0 --
    "#]],
    );
}

#[test]
fn in_the_directory_of_a_library_its_own_effects_are_listed() {
    let expected = expect![[r#"
        1 effect
          effect        arguments    needs   declares           declared at           summary
          orders.index  orders: u64  Search  batch, key orders  orders/src/lib.rs:10  Writes orders into the search index.
        0 boundaries
        -- stderr --
        note: a library holds its own effects; those of its dependencies show in the programs that link them
        -- exit code 0 --
    "#]];
    check(&["list", "-p", "orders"], &expected);
    let orders = airlock_in(&root().join("orders"), &["list"]);
    expected.assert_eq(&transcript(&orders));
}

#[test]
fn effects_that_cause_effects_are_listed_with_what_they_emit() {
    check(
        &["list", "-p", "cascades"],
        &expect![[r#"
        3 effects
          effect        arguments   needs  emits                      declared at             summary
          cascade.pack  order: u64         cascade.ship               cascades/src/lib.rs:17  Packs an order, and has it shipped.
          cascade.pay   order: u64  Bank   cascade.pack, cascade.pay  cascades/src/lib.rs:10  Takes the money, then has the order packed.
          cascade.ship  order: u64         nothing                    cascades/src/lib.rs:23  Ships an order, and causes nothing.
        2 boundaries
          boundary  kind  emits        declared at             summary
          import    sync  anything     cascades/src/lib.rs:35  Imports orders.
          order     sync  cascade.pay  cascades/src/lib.rs:29  Orders something.
        -- stderr --
        note: a library holds its own effects; those of its dependencies show in the programs that link them
        -- exit code 0 --
    "#]],
    );
}

#[test]
fn filters_must_all_be_met() {
    let shop = shop();
    check(
        &[
            "list",
            &shop,
            "--id",
            "mail.p*",
            "--tag",
            "out",
            "--durable",
        ],
        &expect![[r#"
            1 effect
              effect     arguments                                                                  needs   declares                                                                                           declared at         summary
              mail.send  to: String, text: String (redacted), copies: u8, reply_to: Option<String>  Mailer  async, durable, retry 5, timeout 30s, queue slow, priority -2, tag mail, tag out, alias mail.post  mail/src/lib.rs:27  Mails a text to somebody.
            2 boundaries
              boundary       kind   emits                    declared at          summary
              checkout       sync   orders.index, mail.send  shop/src/main.rs:6   Checks out: the order is processed, and the buyer gets a mail.
              import-orders  async  anything                 shop/src/main.rs:13  Reads a file of orders.
            -- exit code 0 --
        "#]],
    );
    check(
        &["list", &shop, "--tag", "uot"],
        &expect![[r#"
            0 effects
            0 boundaries
            -- stderr --
            note: no effect has the tag `uot`, did you mean `out`?
            -- exit code 0 --
        "#]],
    );
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    check(
        &["list", "--bin", "shpo"],
        &expect![[r#"
            -- stderr --
            error: no binary is named `shpo`; there are: `clash`, `plain`, `shop`, `tiny`; did you mean `shop`?
            -- exit code 2 --
        "#]],
    );
    check(
        &["list", "--test", "chekout"],
        &expect![[r#"
            -- stderr --
            error: no test is named `chekout`; there are: `checkout`; did you mean `checkout`?
            -- exit code 2 --
        "#]],
    );
    check(
        &["list", "-p", "odrers"],
        &expect![[r#"
        -- stderr --
        error: package ID specification `odrers` did not match any packages

        help: a package with a similar name exists: `orders`
        error: the build failed
        -- exit code 2 --
    "#]],
    );
}

#[test]
fn a_file_that_tells_nothing_says_why() {
    check(
        &["list", "--bin", "plain"],
        &expect![[r#"
        -- stderr --
        error: {target}/debug/plain holds no records of airlock: it declares no effect and no boundary, was built with an airlock that left none, or a tool removed the section after the build (`strip -s` does not)
        -- exit code 2 --
    "#]],
    );
    check(
        &["list", "Cargo.toml"],
        &expect![[r#"
        -- stderr --
        error: Cargo.toml is a text: give a program, a library or an archive in the format ELF, Mach-O or PE
        -- exit code 2 --
    "#]],
    );
    check(
        &["list", "no-such-file"],
        &expect![[r#"
            -- stderr --
            error: there is no file `no-such-file`: give the path of a built file, or `--bin no-such-file` to build and read a binary
            -- exit code 2 --
        "#]],
    );
    let folder = scratch("foreign");
    let mut said_all = String::new();
    for (name, bytes) in [
        ("program.wasm", &b"\0asm\x01\0\0\0"[..]),
        ("script", b"#!/bin/sh\n"),
        ("bitcode", b"BC\xC0\xDE...."),
        ("empty", b""),
        ("noise", b"\xFF\xFE\xFD\xFC"),
        ("cut-off", b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("it can be written");
        let output = airlock(&["list", &path.to_string_lossy()]);
        let said = transcript(&output).replace(&*folder.to_string_lossy(), "{folder}");
        said_all.push_str(&said);
    }
    expect![[r#"
        -- stderr --
        error: {folder}/program.wasm is WebAssembly, whose linker drops the records of dependencies, so that airlock writes none there: give a program, a library or an archive in the format ELF, Mach-O or PE
        -- exit code 2 --
        -- stderr --
        error: {folder}/script is a script: give a program, a library or an archive in the format ELF, Mach-O or PE
        -- exit code 2 --
        -- stderr --
        error: {folder}/bitcode is LLVM bitcode, as link-time optimisation leaves it before linking: give a program, a library or an archive in the format ELF, Mach-O or PE
        -- exit code 2 --
        -- stderr --
        error: {folder}/empty is empty: give a program, a library or an archive in the format ELF, Mach-O or PE
        -- exit code 2 --
        -- stderr --
        error: {folder}/noise is no built file that can be recognised: give a program, a library or an archive in the format ELF, Mach-O or PE
        -- exit code 2 --
        -- stderr --
        error: {folder}/cut-off is damaged: build it again
          caused by: Invalid ELF header size or alignment
        -- exit code 2 --
    "#]].assert_eq(&said_all);
}

/// Writes a copy of the built program in which the first occurrence of some bytes is replaced.
fn patched(name: &str, old: &[u8], new: &[u8]) -> String {
    assert_eq!(old.len(), new.len());
    let mut bytes = std::fs::read(shop()).expect("it was built");
    let at = bytes.windows(old.len()).position(|window| window == old);
    let at = at.expect("the program has these bytes");
    bytes[at..at + new.len()].copy_from_slice(new);
    let path = scratch(name).join("shop");
    std::fs::write(&path, bytes).expect("it can be written");
    path.to_string_lossy().into_owned()
}

#[test]
fn two_versions_of_airlock_in_one_program_are_a_finding() {
    let shop = patched("two-versions", b"0.1.0\x09mail.send", b"0.2.0\x09mail.send");
    let output = airlock(&["list", &shop, "--crate", "nobody"]);
    expect![[r#"
        0 effects
        0 boundaries
        -- stderr --
        note: no effect or boundary is of the package `nobody`; there are: mail, orders, shop
        error: in {shop}, two versions of airlock are linked: 0.1.0 (5 records), 0.2.0 (1 records); the scopes of one refuse the intents of the other, and each lists only its own: `cargo tree --duplicates --invert airlock-core` shows which crate needs which version
        -- exit code 1 --
    "#]].assert_eq(&transcript(&output).replace(&shop, "{shop}"));
}

#[test]
fn records_of_a_newer_format_are_skipped_and_counted() {
    let shop = patched("newer", b"\x91airlock\x01\0", b"\x91airlock\x63\0");
    let output = airlock(&["list", &shop]);
    expect![[r#"
        3 effects
          effect        arguments                                                                  needs   declares                                                                                           declared at           summary
          mail.send     to: String, text: String (redacted), copies: u8, reply_to: Option<String>  Mailer  async, durable, retry 5, timeout 30s, queue slow, priority -2, tag mail, tag out, alias mail.post  mail/src/lib.rs:27    Mails a text to somebody.
          mail.sweep                                                                                                                                                                                          mail/src/lib.rs:43    Nobody calls it.
          orders.index  orders: u64                                                                Search  batch, key orders                                                                                  orders/src/lib.rs:10  Writes orders into the search index.
        2 boundaries
          boundary       kind   emits                    declared at          summary
          checkout       sync   orders.index, mail.send  shop/src/main.rs:6   Checks out: the order is processed, and the buyer gets a mail.
          import-orders  async  anything                 shop/src/main.rs:13  Reads a file of orders.
        -- stderr --
        note: 1 records in {shop} have the format 99, which is newer than this cargo-airlock: they are left out; install the cargo-airlock of that airlock's version
        -- exit code 0 --
    "#]].assert_eq(&transcript(&output).replace(&shop, "{shop}"));
    // An incomplete list cannot be locked.
    let output = airlock(&["lock", &shop, "--lock-file", "never-written.lock"]);
    expect![[r#"
        -- stderr --
        error: an incomplete list cannot be locked or checked: 1 records in {shop} have the format 99, which is newer than this cargo-airlock: they are left out; install the cargo-airlock of that airlock's version
        -- exit code 2 --
    "#]]
    .assert_eq(&transcript(&output).replace(&shop, "{shop}"));
}

#[test]
fn a_damaged_record_is_an_error() {
    let shop = patched(
        "damaged",
        b"\x91airlock\x01\0\x01",
        b"\x91airlock\x01\0\x07",
    );
    let output = airlock(&["list", &shop]);
    let said = transcript(&output).replace(&shop, "{shop}");
    assert!(
        said.contains("is damaged: it is of an unknown kind"),
        "{said}"
    );
    assert!(said.contains("-- exit code 2 --"), "{said}");
}

#[test]
fn colours_are_for_terminals() {
    let shop = shop();
    let plain = airlock(&["list", &shop]);
    assert!(!plain.stdout.contains(&0x1B));
    let build = build(&["--bin", "shop"], "debug");
    let forced = Command::new(env!("CARGO_BIN_EXE_cargo-airlock"))
        .args(["airlock", "list", &shop])
        .current_dir(build)
        .env("CLICOLOR_FORCE", "1")
        .env_remove("NO_COLOR")
        .output()
        .expect("it is built");
    assert!(forced.stdout.contains(&0x1B));
}

#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_cannot_be_written_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-airlock"))
        .args(["airlock", "list", &shop()])
        .stdout(full.expect("Linux has it"))
        .output()
        .expect("it is built");
    expect![[r#"
        -- stderr --
        error: cannot write the output
          caused by: No space left on device (os error 28)
        -- exit code 2 --
    "#]]
    .assert_eq(&transcript(&output));
}

#[test]
fn packages_are_given_as_cargo_takes_them() {
    let list = |package: &str| {
        let output = airlock(&["list", "--package", package, "--bin", "shop"]);
        assert!(output.status.success(), "{}", transcript(&output));
        output.stdout
    };
    let named = list("shop");
    assert!(!named.is_empty());
    assert_eq!(list("shop@0.1.0"), named);
    assert_eq!(list("sho*"), named);
}
