//! The guarantees of an engine as tests: [`engine_suite!`](crate::engine_suite).

mod promises;
mod seen;
mod subject;

pub use self::seen::{Performed, Seen};
pub use self::subject::{Dead, Subject, Worker};

use airlock_core::Intent;

/// The effects of the suite. The macro declares them in the test program, because workers find effects in the
/// catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Effects {
    /// Records a number.
    pub note: fn(i64) -> Intent,
    /// Fails before the attempt with this number; has three attempts.
    pub succeed_at: fn(u32) -> Intent,
    /// Enqueues `note` and records a number.
    pub cause: fn(i64) -> Intent,
    /// Enqueues `note` and fails; has one attempt.
    pub cause_and_fail: fn(i64) -> Intent,
    /// Records a number, and never completes in the first attempt.
    pub hang_at_first: fn(i64) -> Intent,
    /// Records a number, which is also its key.
    pub keyed: fn(i64) -> Intent,
    /// Records a number; redacts a text.
    pub secret: fn(i64, String) -> Intent,
}

#[doc(hidden)]
pub async fn __check(name: &str, subject: &dyn Subject, effects: Effects) {
    promises::check(name, subject, effects).await;
}

/// The single list of guarantees. It is passed to a macro, after the other tokens given.
#[doc(hidden)]
#[macro_export]
macro_rules! __engine_promises {
    ({ $($list:tt)* } $($before:tt)*) => {
        $($list)*! {
            $($before)*
            a_stored_intent_is_performed_by_a_worker
            many_intents_are_stored_at_once
            attempts_share_a_key_and_follow_the_effects_rule
            what_failed_too_often_is_dead_with_its_reason
            an_unknown_effect_is_left_to_others
            a_bad_envelope_stops_no_other
            what_an_effect_enqueues_is_stored_when_it_succeeds
            what_a_failed_effect_enqueued_is_not_stored
            the_chain_of_causes_goes_on
            headers_arrive
            a_delay_is_kept_or_refused
            a_key_is_recognised_or_refused
            an_order_is_refused_unless_it_is_kept
            a_size_that_is_too_large_is_refused
            a_worker_that_stops_loses_nothing
            a_worker_that_is_killed_loses_nothing
            two_workers_share_the_work
            a_redacted_argument_is_sealed
            a_hand_over_that_fails_is_told_and_loses_nothing
        }
    };
}

/// Tests an engine with one `#[tokio::test]` for each guarantee. The argument is an async function or closure that
/// creates a [`Subject`](crate::suite::Subject) with an empty store; it is called for each test.
///
/// The test program depends on `airlock` and `tokio`, and invokes the macro once, in a separate module:
///
/// ```text
/// mod engine {
///     airlock_durable::engine_suite!(crate::subject);
/// }
/// ```
#[macro_export]
macro_rules! engine_suite {
    (@tests { $make:expr } $($promise:ident)+) => {$(
        #[::tokio::test(flavor = "multi_thread")]
        async fn $promise() {
            let subject = $make().await;
            $crate::suite::__check(::core::stringify!($promise), &subject, __EFFECTS).await;
        }
    )+};
    ($make:expr) => {
        #[::airlock::effect(durable, name = "suite.note", timeout = "1s")]
        async fn note(#[resource] seen: &$crate::suite::Seen, number: i64) {
            seen.note("note", number);
        }

        #[::airlock::effect(
            durable, name = "suite.succeed_at", timeout = "1s",
            retry(attempts = 3, delay = "10ms", max_delay = "20ms")
        )]
        async fn succeed_at(
            #[resource] seen: &$crate::suite::Seen,
            attempt: u32,
        ) -> ::core::result::Result<(), ::airlock::BoxError> {
            match seen.note("succeed_at", ::core::convert::From::from(attempt)) >= attempt {
                true => ::core::result::Result::Ok(()),
                false => ::core::result::Result::Err("not yet".into()),
            }
        }

        #[::airlock::effect(durable, name = "suite.cause", timeout = "1s")]
        async fn cause(#[resource] seen: &$crate::suite::Seen, number: i64) {
            ::airlock::enqueue(note(number + 1));
            seen.note("cause", number);
        }

        #[::airlock::effect(durable, name = "suite.cause_and_fail", timeout = "1s", once)]
        async fn cause_and_fail(
            number: i64,
        ) -> ::core::result::Result<(), ::airlock::BoxError> {
            ::airlock::enqueue(note(number));
            ::core::result::Result::Err("on purpose".into())
        }

        #[::airlock::effect(durable, name = "suite.hang_at_first", timeout = "30s")]
        async fn hang_at_first(#[resource] seen: &$crate::suite::Seen, number: i64) {
            seen.hang_at_first("hang_at_first", number).await;
        }

        #[::airlock::effect(durable, name = "suite.keyed", timeout = "1s", key = number)]
        async fn keyed(#[resource] seen: &$crate::suite::Seen, number: i64) {
            seen.note("keyed", number);
        }

        #[::airlock::effect(durable, name = "suite.secret", timeout = "1s", redact(text))]
        async fn secret(
            #[resource] seen: &$crate::suite::Seen,
            number: i64,
            text: ::std::string::String,
        ) {
            if text == $crate::suite::SECRET {
                seen.note("secret", number);
            }
        }

        const __EFFECTS: $crate::suite::Effects = $crate::suite::Effects {
            note: |number| ::airlock::Intent::new(note(number)),
            succeed_at: |attempt| ::airlock::Intent::new(succeed_at(attempt)),
            cause: |number| ::airlock::Intent::new(cause(number)),
            cause_and_fail: |number| ::airlock::Intent::new(cause_and_fail(number)),
            hang_at_first: |number| ::airlock::Intent::new(hang_at_first(number)),
            keyed: |number| ::airlock::Intent::new(keyed(number)),
            secret: |number, text| ::airlock::Intent::new(secret(number, text)),
        };

        $crate::__engine_promises!({ $crate::engine_suite } @tests { $make });
    };
}

/// The text that `secret` redacts.
#[doc(hidden)]
pub const SECRET: &str = "4111-1111-1111-1111";
