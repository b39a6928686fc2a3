//! R14 to R17: flushing.

use std::sync::{Arc, Mutex};

use airlock::executor::Recorder;
use airlock::lifecycle::AlwaysFlush;
use airlock::{Failure, FailureMode, Fate, FlushError};

use crate::fixture::{Log, builder, charge, fail, fates, logged, logged_async, mail, ship};

#[test]
fn r14_a_failure_hands_back_the_failed_and_the_unreached() {
    let log = logged(|_| {
        let error = airlock::scope()
            .run_infallible(|_| {
                airlock::enqueue(mail(1));
                airlock::enqueue(fail(2));
                airlock::enqueue(charge(3));
            })
            .expect_err("one fails");
        let fates = fates(error.report());
        assert_eq!(
            fates,
            ["mail dispatched", "fail failed", "charge not reached"]
        );
        let text = format!("{error}");
        assert!(
            text.contains(".fail`")
                && text.contains("flushing.rs:")
                && text.contains("1 not reached"),
            "{text}"
        );
        assert!(
            matches!(error.failure(), Some(Failure::Effect(source)) if source.to_string() == "no luck with 2")
        );
        let returned = error.into_intents();
        assert_eq!(returned.len(), 2);
        // They can be enqueued again unchanged, and keep their ids.
        let ids: Vec<_> = returned.iter().map(|intent| intent.id()).collect();
        let again = airlock::scope()
            .failure_mode(FailureMode::CarryOn)
            .run_infallible(|_| {
                returned
                    .into_iter()
                    .map(airlock::enqueue)
                    .collect::<Vec<_>>()
            });
        let error = again.expect_err("it fails again");
        assert_eq!(
            error
                .report()
                .entries()
                .iter()
                .map(airlock::intent::IntentInfo::id)
                .collect::<Vec<_>>(),
            ids
        );
    });
    assert_eq!(log, ["mail 1", "fail 2", "fail 2", "charge 3"]);
}

#[test]
fn r14_carrying_on_is_a_choice() {
    let log = logged_async(async |_| {
        let error = airlock::scope()
            .failure_mode(FailureMode::CarryOn)
            .run_infallible_async(async |_| {
                airlock::enqueue(fail(1));
                airlock::enqueue(ship(2));
                airlock::enqueue(fail(3));
            })
            .await
            .expect_err("two fail");
        assert_eq!(
            fates(error.report()),
            ["fail failed", "ship dispatched", "fail failed"]
        );
        assert!(error.to_string().contains("1 more failed"), "{error}");
    });
    assert_eq!(log, ["fail 1", "ship 2", "fail 3"]);
}

#[test]
fn r14_the_report_gives_each_fate_and_prints_as_a_table() {
    logged(|_| {
        airlock::scope()
            .name("outer")
            .run_infallible(|_| {
                let report = airlock::scope()
                    .name("inner")
                    .run_infallible(|_| airlock::enqueue(mail(1)))
                    .expect("captured")
                    .report;
                let Fate::Captured(by) = report.entries()[0].fate() else {
                    panic!("{report}")
                };
                assert_eq!(report.captor_name(by), Some("outer"));
                let text = report.to_string();
                assert!(
                    text.starts_with("scope inner, success: 1 intent\n"),
                    "{text}"
                );
                assert!(
                    text.contains("captured") && text.contains("by scope outer"),
                    "{text}"
                );
            })
            .expect("it succeeds");
    });
}

#[derive(Debug, PartialEq)]
enum AppError {
    Own,
    Flush,
}

impl From<FlushError> for AppError {
    fn from(_: FlushError) -> Self {
        AppError::Flush
    }
}

#[test]
fn r15_the_bodys_error_wins_over_the_flushs_which_is_reported_as_unhandled_with_its_report() {
    let unhandled = Arc::new(Mutex::new(Vec::new()));
    let seen = unhandled.clone();
    let log = Log::default();
    let airlock = builder(&log)
        .on_unhandled_error(move |error| {
            seen.lock()
                .expect("no panic")
                .push((fates(error.report()), error.into_intents().len()));
        })
        .build()
        .expect("it builds");
    let result = airlock.run(|| {
        airlock::scope().lifecycle(AlwaysFlush).run(|_| {
            airlock::enqueue(fail(1));
            Err::<(), _>(AppError::Own)
        })
    });
    assert_eq!(result, Err(AppError::Own));
    let unhandled = unhandled.lock().expect("no panic");
    assert_eq!(*unhandled, [(vec!["fail failed".to_owned()], 1)]);
}

#[test]
fn r16_the_nearest_named_executor_decides_how_and_the_dispatching_scope_when() {
    let near = Recorder::new();
    let far = Recorder::new();
    logged(|_| {
        airlock::scope()
            .executor(far.clone())
            .run_infallible(|_| {
                airlock::enqueue(mail(1));
                airlock::scope()
                    .executor(near.clone())
                    .run_infallible(|_| airlock::enqueue(mail(2)))
                    .expect("captured");
                assert!(near.is_empty());
                airlock::enqueue(mail(3));
            })
            .expect("recorded");
    });
    assert_eq!((near.len(), far.len()), (1, 2));
}

#[test]
fn r16_order_is_kept_across_executors() {
    struct Noting(&'static str, Arc<Mutex<Vec<String>>>);
    impl airlock::executor::Executor for Noting {
        fn dispatch(&self, batch: &mut airlock::executor::Batch<'_>) {
            batch.hand_over(|delivery| {
                let line = format!("{} {:?}", self.0, delivery.intents()[0].arguments());
                self.1.lock().expect("no panic").push(line);
                Ok(())
            });
        }
    }
    let order = Arc::new(Mutex::new(Vec::new()));
    airlock::scope()
        .executor(Noting("outer", order.clone()))
        .run_infallible(|_| {
            for n in [1, 3] {
                airlock::enqueue(mail(n));
                let inner = airlock::scope().executor(Noting("inner", order.clone()));
                inner
                    .run_infallible(|_| airlock::enqueue(mail(n + 1)))
                    .expect("captured");
            }
        })
        .expect("noted");
    let expected = [
        "outer Mail { n: 1 }",
        "inner Mail { n: 2 }",
        "outer Mail { n: 3 }",
        "inner Mail { n: 4 }",
    ];
    assert_eq!(*order.lock().expect("no panic"), expected);
}

#[airlock::boundary]
fn returning(n: u32) -> Result<u32, AppError> {
    airlock::enqueue(fail(n));
    Ok(n)
}

#[airlock::boundary(on_flush_error = log)]
fn logging(n: u32) -> u32 {
    airlock::enqueue(fail(n));
    n
}

#[airlock::boundary(on_flush_error = panic)]
async fn panicking(n: u32) {
    airlock::enqueue(fail(n));
}

#[airlock::boundary(on_flush_error = |error: FlushError| error.report().failed().count() as u32 + 100)]
async fn replacing(n: u32) -> u32 {
    airlock::enqueue(fail(n));
    n
}

#[test]
fn r17_a_boundary_says_what_happens_when_its_flush_fails() {
    logged(|_| {
        assert_eq!(returning(1), Err(AppError::Flush));
        assert_eq!(logging(2), 2);
    });
    logged_async(async |_| {
        assert_eq!(replacing(3).await, 101);
        let message = tokio::spawn(async {
            airlock::Airlock::builder()
                .resource(Log::default())
                .skip_resource_check()
                .build()
                .expect("it builds")
                .bind(panicking(4))
                .await;
        });
        let panic = message.await.expect_err("it panics").into_panic();
        let message = panic.downcast_ref::<String>().expect("a text");
        assert!(
            message.contains("could not dispatch") && message.contains(".fail`"),
            "{message}"
        );
    });
}
