//! The intents that a capture holds, and those that it does not.

use airlock::executor::Inline;
use airlock::lifecycle::ReleaseAll;
use airlock::policy::{assert_no_effects, block, drop_all};
use airlock::prelude::*;
use airlock::testing::{Assertions, all_in_order, capture, capture_async};
use airlock::{Airlock, FlushError, try_enqueue};

use crate::fixture::{
    Charge, CloseTill, SendMail, Till, charge, checkout, close_till, mail, panic_of,
};

#[test]
fn only_what_the_block_enqueues_is_captured() {
    let scope = airlock::scope().enter();
    airlock::enqueue(mail("set-up"));
    let captured = capture(|| {
        airlock::enqueue(charge(7, 100));
        7
    });
    airlock::enqueue(mail("afterwards"));
    assert_eq!(captured.value, 7);
    captured.assert_exactly(all_in_order![Charge { order: 7, .. }]);
    assert_eq!(captured.len(), 1);
    assert!(!captured.is_empty());
    // The enclosing scope does not see the captured intent.
    scope.assert_exactly(all_in_order![
        SendMail { to, .. } if to == "set-up",
        SendMail { to, .. } if to == "afterwards",
    ]);
    scope.discard();
}

#[test]
fn nested_boundaries_and_scopes_that_flush_are_captured_in_order() {
    let captured = capture(|| -> Result<(), FlushError> {
        airlock::enqueue(mail("first"));
        checkout(1)?;
        let releasing = airlock::scope().lifecycle(ReleaseAll);
        releasing.run(|_| checkout(2))?;
        airlock::enqueue(mail("last"));
        Ok(())
    });
    captured.value.as_ref().expect("both succeed");
    captured.assert_exactly(all_in_order![
        SendMail { to, .. } if to == "first",
        Charge { order: 1, .. }, SendMail,
        Charge { order: 2, .. }, SendMail,
        SendMail { to, .. } if to == "last",
    ]);
}

#[test]
fn what_a_nested_scope_discards_is_not_captured() {
    let captured = capture(|| {
        let failed = airlock::scope().run(|_| {
            airlock::enqueue(charge(1, 100));
            airlock::enqueue(mail("support").on_failure());
            Err::<(), FlushError>(checkout_error())
        });
        assert!(failed.is_err());
    });
    // The nested scope failed, so its `on_failure` intent is released and captured.
    captured.assert_exactly(all_in_order![SendMail { to, .. } if to == "support"]);
}

fn checkout_error() -> FlushError {
    #[airlock::effect]
    fn decline() -> Result<(), String> {
        Err("declined".to_owned())
    }
    let ended = airlock::scope()
        .airlock(&plain())
        .run_infallible(|_| airlock::enqueue(decline()));
    ended.expect_err("it fails")
}

fn plain() -> Airlock {
    Airlock::builder()
        .skip_resource_check()
        .build()
        .expect("it builds")
}

#[test]
fn policies_around_it_hold() {
    let airlock = Airlock::builder()
        .policy(assert_no_effects())
        .skip_resource_check()
        .build()
        .expect("it builds");
    let refused = airlock.run(|| capture(|| try_enqueue(charge(1, 1)).is_err()));
    assert!(refused.value);
    refused.assert_nothing_enqueued();
    let vetoed =
        airlock::policy(assert_no_effects()).run(|| capture(|| try_enqueue(mail("a")).is_err()));
    assert!(vetoed.value);
    // A policy that drops at dispatch is called only when the intents are performed.
    let dropped = airlock::policy(drop_all()).run(|| capture(|| checkout(1)));
    assert_eq!(dropped.count::<Charge>(), 1);
    let blocked = capture(|| airlock::policy(block::<Charge>()).run(|| checkout(1)));
    assert_eq!(blocked.len(), 2);
}

#[test]
fn a_delay_is_refused_only_by_an_executor_that_is_named_around_the_block() {
    let later = || try_enqueue(mail("ada").after(std::time::Duration::from_secs(60)));
    let captured = capture(|| later().is_ok());
    assert!(captured.value);
    let inline = Airlock::builder()
        .executor(Inline)
        .skip_resource_check()
        .build()
        .expect("it builds");
    assert!(!inline.run(|| capture(|| later().is_ok())).value);
}

#[test]
fn captures_nest() {
    let outer = capture(|| {
        airlock::enqueue(mail("outer"));
        capture(|| airlock::enqueue(charge(1, 1)))
    });
    outer.value.assert_exactly(all_in_order![Charge]);
    outer.assert_exactly(all_in_order![SendMail]);
}

#[test]
fn a_panic_in_the_block_goes_on_and_nothing_escapes() {
    let scope = airlock::scope().enter();
    let message = panic_of(|| {
        capture(|| {
            airlock::enqueue(mail("ada").always());
            panic!("no luck");
        });
    });
    assert_eq!(message, "no luck");
    scope.assert_nothing_enqueued();
    scope.discard();
}

#[test]
fn nothing_is_reported_of_a_capture() {
    let airlock = Airlock::builder()
        .on_report(|report| panic!("there is nothing to report: {report}"))
        .skip_resource_check()
        .build()
        .expect("it builds");
    airlock
        .run(|| capture(|| airlock::enqueue(mail("ada"))))
        .assert_count::<SendMail>(1);
}

#[test]
fn intents_that_cannot_be_repeated_are_looked_at_in_place() {
    let captured = capture(|| airlock::enqueue(close_till(Till(3))));
    captured.assert_enqueued::<CloseTill>(|it| it.till.0 == 3);
    let till = captured.intents()[0].downcast_ref::<CloseTill>();
    assert_eq!(till.map(|it| it.till.0), Some(3));
}

#[tokio::test]
async fn async_blocks_are_captured_too() {
    let captured = capture_async(async {
        airlock::enqueue(mail("before"));
        tokio::task::yield_now().await;
        checkout(1)
    })
    .await;
    captured.assert_exactly(all_in_order![SendMail, Charge, SendMail]);
    assert_eq!(captured.enqueued::<Charge>()[0].order, 1);
    assert!(airlock::current().is_none());
}

#[tokio::test]
async fn two_captures_on_one_thread_do_not_see_each_other() {
    let one = |order| async move {
        for _ in 0..5 {
            airlock::enqueue(charge(order, 1));
            tokio::task::yield_now().await;
        }
    };
    let (first, second) = tokio::join!(capture_async(one(1)), capture_async(one(2)));
    for (captured, order) in [(first, 1), (second, 2)] {
        captured.assert_count::<Charge>(5);
        captured.assert_not_enqueued::<Charge>(|it| it.order != order);
    }
}

#[tokio::test]
async fn a_dropped_capture_leaves_nothing_behind() {
    let mut block = Box::pin(capture_async(async {
        airlock::enqueue(mail("ada").always());
        std::future::pending::<()>().await;
    }));
    assert!(is_pending(block.as_mut()).await);
    drop(block);
    assert!(airlock::current().is_none());
}

/// Polls once, and returns whether the future is pending.
async fn is_pending(mut future: std::pin::Pin<&mut impl Future>) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}
