//! Tests of the messages for likely mistakes, each with its `.stderr` file. `TRYBUILD=overwrite` rewrites
//! them. The compiler is pinned in rust-toolchain.toml, so that the messages are the same everywhere. A
//! mistake whose message quotes the standard library is a `compile_fail` example instead, because that
//! message depends on whether rust-src is installed. No message names a closure: rustc would break lines
//! depending on the length of the folder's name.

/// The lists of types in rustc's notes depend on features, so the files hold only with these features.
#[cfg(all(feature = "serde", feature = "tokio"))]
#[test]
fn mistakes_are_explained_where_they_stand() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/effect/*.rs");
    cases.compile_fail("tests/ui/boundary/*.rs");
    cases.compile_fail("tests/ui/api/*.rs");
    cases.compile_fail("tests/ui/test/*.rs");
    cases.compile_fail("tests/ui/with_serde/*.rs");
    #[cfg(feature = "actix")]
    cases.compile_fail("tests/ui/with_actix/*.rs");
    cases.pass("tests/ui/pass/*.rs");
    cases.pass("tests/ui/with_serde_pass/*.rs");
}

#[cfg(not(feature = "serde"))]
#[test]
fn durable_asks_for_its_feature() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/without_serde/*.rs");
}

#[cfg(all(feature = "tower", not(feature = "tokio")))]
#[test]
fn after_response_asks_for_its_feature() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/without_tokio/*.rs");
}
