//! The conformance suite for executors.

mod effects;
mod promises;
mod subject;
mod world;

pub use self::subject::Subject;

/// One promise of the contract of [`Executor`](crate::executor::Executor), as
/// [`executor_suite!`](crate::testing::executor_suite) tests it.
#[derive(Clone, Copy, Debug)]
pub struct Promise {
    name: &'static str,
    check: fn(&dyn Fn() -> Subject),
}

impl Promise {
    /// Its name, which is that of the test, too.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Tests it on executors that the closure makes, one for each try.
    ///
    /// # Panics
    ///
    /// If an executor breaks it; the message says how.
    #[track_caller]
    pub fn check(&self, make: impl Fn() -> Subject) {
        (self.check)(&make);
    }
}

/// Every promise, in the order of the contract.
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

/// The one list of promises; it is handed to a macro, behind what else that is given.
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
            a_once_effect_is_never_repeated
            a_redacted_argument_stays_out_of_errors
            cascades_are_performed_with_their_cause
            what_a_failed_effect_caused_is_discarded
            a_flush_that_is_dropped_loses_nothing_in_silence
            many_threads_may_flush_at_once
        }
    };
}

/// Tests an executor: one `#[test]` for each promise of the contract that
/// [`Executor`](crate::executor::Executor) states. The argument is a function or a closure that makes a
/// [`Subject`](crate::testing::Subject); it is called anew for each try.
///
/// Write it in a module of its own, so that the tests bear its name:
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
