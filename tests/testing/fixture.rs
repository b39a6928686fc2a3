//! The effects of a small shop, airlocks with a log, and helpers for panics.

#![allow(unused_variables, reason = "the effects of this shop do nothing")]

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::{Arc, Mutex, PoisonError};

use airlock::{Airlock, AirlockBuilder, FlushError};
use airlock_test_support::Log;

#[airlock::effect(derive(PartialEq))]
pub(crate) fn charge(order: u64, cents: u32) -> Result<(), String> {
    Ok(())
}

#[airlock::effect(redact(card), derive(PartialEq))]
pub(crate) fn keep_card(order: u64, card: String) {}

#[airlock::effect]
pub(crate) fn send_mail(to: String, subject: String) {}

/// Has an id that is similar to the id of [`send_mail`].
#[airlock::effect]
pub(crate) fn send_mails(to: Vec<String>) {}

#[airlock::effect(once)]
pub(crate) fn close_till(till: Till) {}

/// An argument that is not `Clone`.
#[derive(Debug)]
pub(crate) struct Till(pub(crate) u32);

pub(crate) fn mail(to: &str) -> SendMail {
    send_mail(to.to_owned(), "Hello".to_owned())
}

#[airlock::boundary]
pub(crate) fn checkout(order: u64) -> Result<(), FlushError> {
    airlock::enqueue(charge(order, 100));
    airlock::enqueue(mail("ada"));
    Ok(())
}

/// Returns an airlock that supplies this log.
pub(crate) fn airlock(log: &Log) -> Airlock {
    builder(log).build().expect("it builds")
}

/// Returns a builder without a resource check: effects of other tests need resources not supplied here.
pub(crate) fn builder(log: &Log) -> AirlockBuilder {
    Airlock::builder()
        .resource(log.clone())
        .skip_resource_check()
}

/// Calls `work`, which must panic, and returns the panic's message.
pub(crate) fn panic_of(work: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(work)).expect_err("it panics");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .unwrap_or_default(),
    }
}

/// Returns the locations of this thread's panics during `work`, as a panic hook sees them. The hook is
/// global, so calls are serialised, and panics of other threads go to the previous hook.
pub(crate) fn panics_during(work: impl FnOnce()) -> Vec<(String, u32)> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let places = Arc::new(Mutex::new(Vec::new()));
    let before: Arc<dyn Fn(&PanicHookInfo<'_>) + Send + Sync> = take_hook().into();
    let (seen, me, others) = (places.clone(), std::thread::current().id(), before.clone());
    set_hook(Box::new(move |info| {
        if std::thread::current().id() != me {
            return others(info);
        }
        let place = info.location().map(|it| (it.file().to_owned(), it.line()));
        seen.lock().expect("it is free").extend(place);
    }));
    work();
    set_hook(Box::new(move |info| before(info)));
    let places = places.lock().expect("it is free");
    places.clone()
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().build();
    runtime.expect("a runtime starts").block_on(future)
}
