//! Waiting, without a runtime.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::effect::BoxFuture;

/// How retries and timeouts wait. Give the airlock your runtime's: a timer of its own costs less
/// than [`ThreadTimer`], and in tests time can be made to fly.
pub trait Timer: Send + Sync + 'static {
    /// Blocks this thread for so long.
    fn wait(&self, duration: Duration);

    /// Completes after so long.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// Sleeps on threads: one for each sleep that is awaited. The default.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadTimer;

impl Timer for ThreadTimer {
    fn wait(&self, duration: Duration) {
        thread::sleep(duration);
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            if duration.is_zero() {
                return;
            }
            let alarm = Arc::new(Mutex::new(Alarm::default()));
            let bell = alarm.clone();
            let ring = move || {
                thread::sleep(duration);
                let waker = {
                    let mut alarm = bell.lock().unwrap_or_else(PoisonError::into_inner);
                    alarm.rung = true;
                    alarm.waker.take()
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            };
            if thread::Builder::new()
                .name("airlock-timer".into())
                .spawn(ring)
                .is_err()
            {
                // No thread to be had: late is better than never.
                thread::sleep(duration);
                return;
            }
            poll_fn(|cx| {
                let mut alarm = alarm.lock().unwrap_or_else(PoisonError::into_inner);
                if alarm.rung {
                    return Poll::Ready(());
                }
                alarm.waker = Some(cx.waker().clone());
                Poll::Pending
            })
            .await;
        })
    }
}

#[derive(Default)]
struct Alarm {
    rung: bool,
    waker: Option<Waker>,
}

/// A limit has passed.
pub(crate) struct Elapsed {
    pub(crate) limit: Duration,
}

/// What the future gives, unless it takes longer than the limit; then it is dropped.
pub(crate) async fn within<T>(
    timer: &dyn Timer,
    limit: Duration,
    mut future: BoxFuture<'_, T>,
) -> Result<T, Elapsed> {
    let mut sleep = timer.sleep(limit);
    poll_fn(|cx| {
        if let Poll::Ready(value) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(value));
        }
        sleep.as_mut().poll(cx).map(|()| Err(Elapsed { limit }))
    })
    .await
}

impl fmt::Debug for dyn Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Timer")
    }
}
