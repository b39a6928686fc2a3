//! The expansions of the kit's macros work without a prelude, with a renamed crate, and beside user modules
//! that shadow the names they use.
#![no_implicit_prelude]

use ::airlock as renamed;

mod core {}
mod std {}
mod airlock {}

#[renamed::effect(crate = ::airlock, name = "hygiene.note")]
fn note(value: u32, scope: u32) {
    let _ = (value, scope);
}

#[renamed::boundary(crate = ::airlock)]
fn run(value: u32) -> ::std::result::Result<u32, renamed::FlushError> {
    renamed::enqueue(note(value, value));
    ::std::result::Result::Ok(value)
}

#[renamed::test(crate = ::airlock, strict)]
fn a_test(value: &renamed::testing::TestScope) -> ::std::result::Result<(), renamed::FlushError> {
    let scope = run(1)?;
    let steps = renamed::testing::all_in_order![self::Note { value: 1, .. } if scope == 1];
    renamed::testing::Assertions::assert_exactly(value, steps);
    ::std::result::Result::Ok(())
}

#[renamed::test(crate = renamed)]
async fn an_async_test() {
    ::std::assert!(::std::matches!(run(1), ::std::result::Result::Ok(1)));
}

mod suite {
    ::airlock::testing::executor_suite!(|| ::airlock::testing::Subject::performs(
        ::airlock::executor::Inline
    ));
}
