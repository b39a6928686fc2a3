//! The current context of a thread or a future, and the code that may change it.

use std::cell::RefCell;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::thread;

use airlock::EnqueueErrorKind;
use airlock::executor::Recorder;
use airlock::policy::{allow_all, drop_all};

use crate::child::watched;
use crate::fixture::{Log, caught, fates, logged, mail, pause, poll_once};

#[test]
fn a_guard_that_leaves_out_of_turn_does_not_move_another_threads_context() {
    let outer = airlock::scope().name("outer").enter();
    let a = airlock::scope().name("a").enter();
    let handle = a.clone();
    let (entered, has_entered) = channel();
    let (flushed, has_flushed) = channel::<()>();
    let other = thread::spawn(move || {
        handle.enter(|| {
            airlock::policy(allow_all()).run(|| {
                entered.send(()).expect("somebody waits");
                has_flushed.recv().expect("it is flushed");
            });
            let enqueued = airlock::try_enqueue(mail(1));
            enqueued.map_err(|error| error.kind().clone())
        })
    });
    has_entered.recv().expect("the other thread enters");
    let later = airlock::policy(allow_all()).enter();
    a.flush().expect("it holds nothing");
    flushed.send(()).expect("somebody waits");
    let refused = other.join().expect("it does not panic");
    drop(later);
    assert!(
        matches!(refused, Err(EnqueueErrorKind::ScopeEnded { .. })),
        "{refused:?}"
    );
    assert!(outer.is_empty());
}

#[test]
fn a_guard_that_leaves_out_of_turn_does_not_move_another_futures_context() {
    let outer = airlock::scope().name("outer").open();
    let shared = RefCell::new(None);
    let mut first = Box::pin(outer.bind(async {
        let a = airlock::scope().name("a").enter();
        *shared.borrow_mut() = Some(a.clone());
        pause().await;
        let later = airlock::policy(allow_all()).enter();
        a.flush().expect("it holds nothing");
        pause().await;
        drop(later);
    }));
    assert!(poll_once(first.as_mut()).is_pending());
    let handle = shared.take().expect("it has been entered");
    let mut second = Box::pin(handle.bind(async {
        let inner = airlock::policy(allow_all()).enter();
        pause().await;
        drop(inner);
        airlock::try_enqueue(mail(1)).map_err(|error| error.kind().clone())
    }));
    assert!(poll_once(second.as_mut()).is_pending());
    assert!(poll_once(first.as_mut()).is_pending());
    let Poll::Ready(refused) = poll_once(second.as_mut()) else {
        panic!("it waits for nothing")
    };
    assert!(
        matches!(refused, Err(EnqueueErrorKind::ScopeEnded { .. })),
        "{refused:?}"
    );
    assert!(outer.is_empty());
    drop((first, second));
    outer.discard();
}

#[test]
fn a_policy_guard_that_leaves_out_of_turn_does_not_take_another_thread_out_of_its_policy() {
    logged(|_| {
        let outer = airlock::scope().enter();
        let quiet = airlock::policy(drop_all()).enter();
        let handle = airlock::current().expect("a scope is open");
        let (entered, has_entered) = channel();
        let (left, has_left) = channel::<()>();
        let other = thread::spawn(move || {
            handle.enter(|| {
                airlock::policy(allow_all()).run(|| {
                    entered.send(()).expect("somebody waits");
                    has_left.recv().expect("the guard leaves");
                    airlock::enqueue(mail(1));
                });
                airlock::enqueue(mail(2));
            });
        });
        has_entered.recv().expect("the other thread enters");
        let later = airlock::policy(allow_all()).enter();
        drop(quiet);
        left.send(()).expect("somebody waits");
        other.join().expect("it does not panic");
        drop(later);
        let fates = fates(&outer.flush().expect("nothing fails"));
        assert_eq!(fates[0], fates[1], "{fates:?}");
    });
}

/// A value that tries to enqueue in its destructor, and logs the result.
#[derive(Debug)]
struct EnqueuesInItsDestructor(Log);

impl Drop for EnqueuesInItsDestructor {
    fn drop(&mut self) {
        self.0.add(match airlock::try_enqueue(mail(1)) {
            Ok(_) => "accepted",
            Err(_) => "refused",
        });
    }
}

#[airlock::effect(once)]
fn keep(argument: EnqueuesInItsDestructor) {
    drop(argument);
}

#[test]
fn a_buffered_argument_that_enqueues_in_its_destructor_does_not_leak_into_the_droppers_scope() {
    let log = logged(|log| {
        let dropper = airlock::scope().name("dropper").enter();
        let scope = airlock::scope().executor(Recorder::new());
        let mut work = Box::pin(scope.run_infallible_async(async |_| {
            airlock::enqueue(keep(EnqueuesInItsDestructor(log.clone())));
            pause().await;
        }));
        assert!(poll_once(work.as_mut()).is_pending());
        drop(work);
        assert!(dropper.is_empty());
        dropper.discard();
    });
    assert_eq!(log, ["refused"]);
}

#[test]
fn a_closure_that_inspects_a_scope_and_panics_with_its_open_scope_does_not_wait_for_itself() {
    let (panic, is_open) = watched(|| {
        let open = airlock::scope().open();
        let handle = open.clone();
        let panic = caught(|| {
            handle.inspect(move |_| {
                let _open = open;
                panic!("in the look");
            })
        });
        (panic, handle.is_open())
    });
    assert_eq!(panic, Err("in the look".to_owned()));
    assert!(!is_open);
}

#[test]
fn a_scope_that_is_entered_through_a_clone_of_its_handle_cannot_be_flushed_meanwhile() {
    let log = logged(|_| {
        let open = airlock::scope().open();
        let handle = open.clone();
        handle.enter(|| airlock::enqueue(mail(1)));
        // A panic counts as an error, too.
        let flushed = caught(|| handle.enter(|| open.flush()));
        assert!(!matches!(flushed, Ok(Ok(_))), "{flushed:?}");
    });
    assert!(log.is_empty(), "{log:?}");
}

/// Returns a future that panics on its first poll, and then yields the name of the current scope.
fn panics_first() -> impl Future<Output = Option<String>> {
    let mut polled = false;
    std::future::poll_fn(move |_| {
        assert!(std::mem::replace(&mut polled, true), "the first poll");
        let scope = airlock::current();
        Poll::Ready(scope.and_then(|scope| scope.name().map(str::to_owned)))
    })
}

#[test]
fn a_bound_future_that_is_polled_again_after_a_panic_still_has_its_scope() {
    let open = airlock::scope().name("work").open();
    let mut bound = Box::pin(open.bind(panics_first()));
    caught(|| poll_once(bound.as_mut())).expect_err("the first poll panics");
    let name = poll_once(bound.as_mut());
    assert_eq!(name, Poll::Ready(Some("work".to_owned())));
    open.discard();
}

#[test]
fn a_future_under_a_policy_that_is_polled_again_after_a_panic_is_still_under_it() {
    let log = logged(|_| {
        let scope = airlock::scope().enter();
        let mut polled = false;
        let work = std::future::poll_fn(move |_| {
            assert!(std::mem::replace(&mut polled, true), "the first poll");
            airlock::enqueue(mail(1));
            Poll::Ready(())
        });
        let mut bound = Box::pin(airlock::policy(drop_all()).bind(work));
        caught(|| poll_once(bound.as_mut())).expect_err("the first poll panics");
        assert!(poll_once(bound.as_mut()).is_ready());
        scope.flush().expect("nothing fails");
    });
    assert!(log.is_empty(), "{log:?}");
}
