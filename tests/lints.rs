//! Expansions trigger no lint that the user's own code would not. This file must build, also under clippy.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    rust_2018_idioms
)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

/// Sends a text.
#[airlock::effect(name = "lints.send", retry(attempts = 3), tags("mail"), key = r#type)]
pub async fn send(#[resource] mailer: &str, r#type: u32, mut text: String) -> Result<(), String> {
    text.push_str(mailer);
    if r#type == 0 { Err(text) } else { Ok(()) }
}

/// Takes no arguments.
#[airlock::effect]
pub fn r#match() {}

/// Takes arguments that are disabled by `cfg`.
#[airlock::effect]
pub fn configured(
    #[cfg(target_os = "none")] gone: NoSuchType,
    #[cfg(not(target_os = "none"))] here: u32,
    #[resource]
    #[cfg(target_os = "none")]
    away: &NoSuchType,
) {
    let _ = here;
}

/// Sends a telegram.
#[airlock::effect]
#[deprecated = "write a letter"]
#[allow(clippy::needless_pass_by_value, reason = "an example")]
pub fn telegraph(text: String) {
    let _ = text.len();
}

/// Checks out.
///
/// # Errors
///
/// Returns an error if an effect fails.
#[airlock::boundary]
pub fn checkout(n: u32) -> Result<u32, airlock::FlushError> {
    airlock::enqueue(send(n, String::new()));
    airlock::enqueue(r#match());
    airlock::enqueue(configured(n));
    Ok(n)
}

/// Does nothing, in an async function.
///
/// # Errors
///
/// Returns an error if an effect fails.
#[airlock::boundary]
#[allow(clippy::unused_async, reason = "an example")]
pub async fn short() -> Result<(), airlock::FlushError> {
    Ok(())
}

/// Does nothing, in a sync function.
///
/// # Errors
///
/// Returns an error if an effect fails.
#[airlock::boundary]
pub fn short_too() -> Result<(), airlock::FlushError> {
    Ok(())
}

/// Tests a sync boundary.
#[airlock::test(strict)]
#[allow(clippy::unnecessary_wraps, reason = "an example")]
fn tested(scope: &airlock::testing::TestScope) -> Result<(), airlock::FlushError> {
    use airlock::testing::{Assertions, all_in_order};
    checkout(1)?;
    scope.assert_exactly(
        all_in_order![SendIntent { r#type: 1, .. }, Match, Configured { here } if *here == 1],
    );
    Ok(())
}

/// Tests an async boundary.
#[airlock::test]
async fn tested_async() {
    short().await.expect("it succeeds");
}

mod suite {
    airlock::testing::executor_suite!(|| {
        airlock::testing::Subject::performs(airlock::executor::Inline)
    });
}

macro_rules! declare {
    ($name:ident, $arg:ident, $ty:ty) => {
        /// Declared by a macro.
        #[airlock::effect]
        pub fn $name($arg: $ty) {
            let _ = $arg;
        }
    };
}
declare!(by_macro, n, Vec<u32>);

#[test]
fn expansions_raise_no_lint() {
    let _ = by_macro(Vec::new());
    assert!(short_too().is_ok());
}
