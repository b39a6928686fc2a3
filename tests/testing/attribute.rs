//! `#[airlock::test]`, alone and combined with other attributes.

use airlock::policy::drop_all;
use airlock::testing::{Assertions, TestScope, all_in_order, capture};
use airlock::{Airlock, FlushError};
use proptest::prelude::*;
use rstest::{fixture, rstest};

use crate::fixture::{Charge, SendMail, charge, checkout, mail};

#[airlock::test]
fn a_sync_test_stands_in_a_scope_that_captures_boundaries(scope: &TestScope) {
    checkout(7).expect("it succeeds");
    scope.assert_exactly(all_in_order![Charge { order: 7, .. }, SendMail]);
}

#[airlock::test]
fn it_may_return_a_result_and_use_the_question_mark() -> Result<(), FlushError> {
    checkout(7)?;
    if TestScope::current().count::<Charge>() == 1 {
        return Ok(());
    }
    panic!("it was not captured");
}

#[airlock::test]
async fn an_async_test_needs_no_runtime(r#scope: &airlock::testing::TestScope) {
    let (sender, receiver) = std::sync::mpsc::channel::<std::task::Waker>();
    let waking = std::thread::spawn(move || receiver.recv().map(std::task::Waker::wake));
    let mut waker = Some(sender);
    // Pending until another thread wakes it, so the thread of the test parks.
    std::future::poll_fn(|cx| match waker.take() {
        Some(sender) => {
            sender.send(cx.waker().clone()).expect("the thread waits");
            std::task::Poll::Pending
        }
        None => std::task::Poll::Ready(()),
    })
    .await;
    waking.join().expect("no panic").expect("it was woken");
    checkout(1).expect("it succeeds");
    scope.assert_count::<Charge>(1);
}

#[airlock::test]
#[tokio::test(start_paused = true)]
async fn above_tokio(scope: &TestScope) -> Result<(), FlushError> {
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    checkout(1)?;
    scope.assert_count::<Charge>(1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[airlock::test]
async fn below_tokio(scope: &TestScope) -> Result<(), FlushError> {
    tokio::task::yield_now().await;
    checkout(1)?;
    scope.assert_count::<Charge>(1);
    let handed_over = scope.scope().clone();
    let task = tokio::spawn(handed_over.bind(async { airlock::enqueue(charge(2, 1)) }));
    task.await.expect("no panic");
    TestScope::current().assert_count::<Charge>(2);
    Ok(())
}

#[fixture]
fn cents() -> u32 {
    50
}

#[rstest]
#[case(1)]
#[case(2)]
#[airlock::test]
fn below_rstest(#[case] order: u64, cents: u32) {
    airlock::enqueue(charge(order, cents));
    TestScope::current().assert_exactly(all_in_order![Charge { cents: 50, .. }]);
    TestScope::current().assert_enqueued::<Charge>(|it| it.order == order);
}

#[airlock::test]
#[rstest]
#[case(1)]
#[case(2)]
fn above_rstest(#[case] order: u64, cents: u32, scope: &TestScope) {
    airlock::enqueue(charge(order, cents));
    scope.assert_enqueued_eq(&charge(order, 50));
    scope.assert_count::<Charge>(1);
}

#[rstest]
#[case(1)]
#[airlock::test]
async fn below_rstest_and_async(#[case] order: u64) {
    checkout(order).expect("it succeeds");
    TestScope::current().assert_count::<Charge>(1);
}

#[airlock::test]
#[rstest]
#[case(1)]
#[tokio::test]
async fn above_rstest_and_tokio(#[case] order: u64, scope: &TestScope) {
    tokio::task::yield_now().await;
    checkout(order).expect("it succeeds");
    scope.assert_count::<Charge>(1);
}

#[airlock::test(strict)]
#[rstest]
#[case(1)]
#[timeout(std::time::Duration::from_secs(3600))]
fn above_rstest_that_runs_it_on_another_thread(#[case] order: u64, scope: &TestScope) {
    checkout(order).expect("it succeeds");
    scope.assert_exactly(all_in_order![Charge, SendMail]);
}

proptest! {
    #[airlock::test]
    fn inside_of_proptest(orders in proptest::collection::vec(0..9_u64, 0..5)) {
        let captured = capture(|| orders.iter().for_each(|order| _ = airlock::enqueue(charge(*order, 1))));
        prop_assert_eq!(captured.count::<Charge>(), orders.len());
        // The scope encloses all cases, and the captures leave nothing in it.
        TestScope::current().assert_nothing_enqueued();
    }
}

#[airlock::test(strict)]
fn a_strict_test_that_has_looked_at_everything_passes(scope: &TestScope) {
    checkout(7).expect("it succeeds");
    scope.assert_enqueued::<Charge>(|it| it.order == 7);
    assert_eq!(scope.enqueued::<SendMail>()[0].to, "ada");
    let captured = capture(|| checkout(8));
    captured.assert_order(all_in_order![Charge, SendMail]);
    airlock::enqueue(mail("nobody minds"));
    scope.ignore_rest();
}

#[airlock::test(strict)]
#[should_panic(expected = "the test is strict, and no assertion has checked what it left")]
fn a_strict_test_fails_for_what_no_assertion_has_looked_at(scope: &TestScope) {
    checkout(7).expect("it succeeds");
    scope.assert_count::<Charge>(1);
}

#[airlock::test(strict)]
#[should_panic(expected = "testing.fixture.send_mail  SendMail { to: \"ada\"")]
fn it_names_what_was_left() {
    checkout(7).expect("it succeeds");
    TestScope::current().assert_count::<Charge>(1);
}

#[airlock::test(strict)]
#[should_panic(expected = "testing.fixture.charge  Charge { order: 9")]
fn what_was_captured_and_dropped_was_left_too() {
    drop(capture(|| airlock::enqueue(charge(9, 1))));
}

#[airlock::test(strict)]
#[should_panic(expected = "\n  and 10 more\n")]
fn of_very_much_that_was_left_it_shows_the_first() {
    (0..60).for_each(|order| _ = airlock::enqueue(charge(order, 1)));
}

#[airlock::test(strict)]
fn what_was_asserted_or_ignored_before_it_is_taken_has_been_looked_at(scope: &TestScope) {
    checkout(7).expect("it succeeds");
    scope.assert_count::<Charge>(1);
    scope.assert_count::<SendMail>(1);
    drop(scope.take());
    checkout(8).expect("it succeeds");
    scope.ignore_rest();
    drop(scope.take());
}

#[airlock::test]
fn a_lax_test_shows_nothing_of_what_nobody_looks_at() {
    struct Quiet;
    impl Clone for Quiet {
        fn clone(&self) -> Self {
            Quiet
        }
    }
    impl std::fmt::Debug for Quiet {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("nobody asks for it");
        }
    }
    #[airlock::effect]
    fn keep_quiet(quiet: Quiet) {
        _ = quiet;
    }
    drop(capture(|| airlock::enqueue(keep_quiet(Quiet))));
}

#[airlock::test(strict)]
#[tokio::test]
#[should_panic(expected = "no assertion has checked")]
async fn strict_holds_for_async_tests() {
    airlock::enqueue(charge(9, 1));
}

#[airlock::test(strict)]
#[should_panic(expected = "the first to fail")]
fn a_test_that_fails_otherwise_says_that_and_no_more() {
    airlock::enqueue(charge(9, 1));
    panic!("the first to fail");
}

fn quiet() -> Airlock {
    let builder = Airlock::builder().policy(airlock::policy::assert_no_effects());
    builder.skip_resource_check().build().expect("it builds")
}

#[airlock::test(airlock = quiet())]
#[should_panic(expected = "the policy `assert_no_effects` vetoes it")]
fn it_may_run_in_an_airlock_of_its_own() {
    airlock::enqueue(charge(9, 1));
}

#[airlock::test]
fn what_the_test_leaves_is_discarded_and_local_policies_hold() {
    let _quiet = airlock::policy(drop_all()).enter();
    airlock::enqueue(mail("ada").always());
}

use airlock::prelude::*;

#[airlock::test]
#[should_panic(expected = "if the test enters another airlock, call this before it does")]
fn in_another_airlock_there_is_no_test_scope_either() {
    quiet().run(TestScope::current);
}

#[test]
#[should_panic(expected = "put `#[airlock::test]` on the test function")]
fn outside_of_such_a_test_there_is_no_test_scope() {
    TestScope::current();
}
