//! The conformance suite for executors.

mod effects;
mod promises;
mod subject;
mod world;

pub use self::subject::Subject;

/// One promise of the contract of [`Executor`](crate::executor::Executor), tested by
/// [`executor_suite!`](crate::testing::executor_suite).
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    name: &'static str,
    check: fn(&dyn Fn() -> Subject),
}

impl Promise {
    /// Returns its name, which is also the name of its test.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Checks it. The closure creates the executors, a new one for each check.
    ///
    /// # Panics
    ///
    /// If an executor breaks the promise; the message explains how.
    #[track_caller]
    pub fn check(&self, make: impl Fn() -> Subject) {
        (self.check)(&make);
    }
}

/// Returns every promise, in the order of the contract.
pub fn executor_promises() -> &'static [Promise] {
    macro_rules! table {
        ($($name:ident)+) => {
            &[$(Promise { name: stringify!($name), check: promises::$name }),+]
        };
    }
    crate::__airlock_executor_promises!({ table })
}

#[doc(hidden)]
#[track_caller]
pub fn __check(name: &str, make: impl Fn() -> Subject) {
    for promise in executor_promises().iter().filter(|it| it.name == name) {
        promise.check(&make);
    }
}

/// The only list of promises. Passes it to another macro, after that macro's other arguments.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_executor_promises {
    ({ $($list:tt)* } $($before:tt)*) => {
        $($list)*! {
            $($before)*
            it_has_a_name
            it_accepts_an_ordinary_intent
            accepting_has_no_consequences
            a_delay_is_refused_at_enqueue_or_kept
            each_intent_is_performed_once
            the_report_names_each_intent_once
            the_order_is_kept
            an_async_flush_performs_async_effects
            a_sync_flush_loses_no_async_effect
            intents_of_a_batch_effect_are_one_call
            an_effect_finds_its_resources
            an_effect_finds_its_origin
            a_failure_is_told_once_and_handed_back
            a_failure_stops_what_comes_after_it
            a_flush_that_carries_on_reaches_the_rest
            a_panic_of_an_effect_is_contained
            it_serves_again_after_a_failure
            an_effects_own_retries_are_kept_to
            an_effects_own_timeout_is_kept_to
            a_once_effect_is_never_repeated
            a_redacted_argument_stays_out_of_errors
            cascades_are_performed_with_their_cause
            what_a_failed_effect_caused_is_discarded
            a_flush_that_is_dropped_loses_nothing_in_silence
            many_threads_may_flush_at_once
        }
    };
}

/// Generates a `#[test]` for each promise of the contract of [`Executor`](crate::executor::Executor). The
/// argument is a function or closure that creates a [`Subject`](crate::testing::Subject); it is called for
/// each check.
///
/// Write it in a separate module, so that the module's name is part of the tests' paths:
///
/// ```
/// # fn main() {}
/// mod inline {
///     use airlock::executor::Inline;
///     use airlock::testing::{Subject, executor_suite};
///
///     executor_suite!(|| Subject::performs(Inline));
/// }
/// ```
#[macro_export]
macro_rules! __airlock_executor_suite {
    (@tests { $make:expr } $($promise:ident)+) => {$(
        #[::core::prelude::v1::test]
        fn $promise() {
            $crate::testing::__check(::core::stringify!($promise), $make);
        }
    )+};
    ($make:expr) => {
        $crate::__airlock_executor_promises!({ $crate::__airlock_executor_suite } @tests { $make });
    };
}
