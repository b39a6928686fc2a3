//! A small shop.

#![allow(unused_variables, reason = "the effects of this shop do nothing")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use airlock::FlushError;

#[airlock::effect(derive(PartialEq))]
pub(crate) fn charge(order: u64, cents: u32) -> Result<(), String> {
    Ok(())
}

#[airlock::effect(redact(card), derive(PartialEq))]
pub(crate) fn keep_card(order: u64, card: String) {}

#[airlock::effect]
pub(crate) fn send_mail(to: String, subject: String) {}

/// Its effect's id is near that of [`send_mail`].
#[airlock::effect]
pub(crate) fn send_mails(to: Vec<String>) {}

#[airlock::effect(once)]
pub(crate) fn close_till(till: Till) {}

/// Not `Clone`.
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

/// What a panic says, and where it says that it came from.
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
