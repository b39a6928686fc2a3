//! The messages for likely mistakes, each in its `.stderr` file. `TRYBUILD=overwrite` writes them
//! anew; the compiler is pinned in rust-toolchain.toml, so that they agree everywhere. Where a
//! message would quote the standard library, whether rust-src is installed would show: such a
//! mistake is a `compile_fail` example instead. Nor does a message name a closure, whose path would
//! make rustc break lines by the length of the folder's name.

/// The lists of types in rustc's notes grow with features, so the files hold with all of them.
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
