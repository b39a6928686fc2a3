//! Waiting, without a runtime.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
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

    /// Completes when what is under way has had so long; as [`sleep`](Self::sleep), unless this timer
    /// lets waits fly and yet gives bodies their time.
    fn timeout(&self, limit: Duration) -> BoxFuture<'static, ()> {
        self.sleep(limit)
    }
}

/// Sleeps on threads: one for each sleep that is awaited, which ends with it. The default.
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
            let sleep = Sleep(Arc::default());
            let bell = sleep.0.clone();
            let ring = move || bell.ring_after(duration);
            let thread = thread::Builder::new().name("airlock-timer".into());
            if thread.spawn(ring).is_err() {
                // No thread to be had: late is better than never.
                thread::sleep(duration);
                return;
            }
            poll_fn(|cx| sleep.0.poll(cx)).await;
        })
    }
}

/// A sleep that is awaited. Dropped, it lets its thread go.
struct Sleep(Arc<Bell>);

impl Drop for Sleep {
    fn drop(&mut self) {
        self.0.lock().over = true;
        self.0.dropped.notify_all();
    }
}

#[derive(Default)]
struct Bell {
    alarm: Mutex<Alarm>,
    dropped: Condvar,
}

#[derive(Default)]
struct Alarm {
    over: bool,
    waker: Option<Waker>,
}

impl Bell {
    fn lock(&self) -> MutexGuard<'_, Alarm> {
        self.alarm.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring_after(&self, duration: Duration) {
        let waited = self
            .dropped
            .wait_timeout_while(self.lock(), duration, |alarm| !alarm.over);
        let (mut alarm, _) = waited.unwrap_or_else(PoisonError::into_inner);
        alarm.over = true;
        let waker = alarm.waker.take();
        drop(alarm);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        let mut alarm = self.lock();
        if alarm.over {
            return Poll::Ready(());
        }
        alarm.waker = Some(cx.waker().clone());
        Poll::Pending
    }
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
    let mut sleep = timer.timeout(limit);
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
