//! The messages for likely mistakes, each in its `.stderr` file. `TRYBUILD=overwrite` writes them
//! anew; the compiler is pinned in rust-toolchain.toml, so that they agree everywhere.

#[test]
fn mistakes_are_explained_where_they_stand() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/effect/*.rs");
    cases.compile_fail("tests/ui/boundary/*.rs");
    cases.compile_fail("tests/ui/api/*.rs");
    cases.pass("tests/ui/pass/*.rs");
    #[cfg(not(feature = "serde"))]
    cases.compile_fail("tests/ui/without_serde/*.rs");
    #[cfg(feature = "serde")]
    cases.compile_fail("tests/ui/with_serde/*.rs");
}
