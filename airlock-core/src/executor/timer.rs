//! Timers: waiting without an async runtime.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::effect::BoxFuture;

/// A source of waits for retries and timeouts.
///
/// Pass your runtime's timer to the airlock: it costs less than [`ThreadTimer`]. In tests, a timer
/// can skip waits (virtual time).
pub trait Timer: Send + Sync + 'static {
    /// Blocks the caller's thread for the duration.
    fn wait(&self, duration: Duration);

    /// Returns a future that completes after the duration.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Returns a future that completes when running work has used up its limit.
    ///
    /// Calls [`sleep`](Self::sleep) unless overridden. Override it in a timer that skips waits but
    /// must give bodies their time.
    fn timeout(&self, limit: Duration) -> BoxFuture<'static, ()> {
        self.sleep(limit)
    }
}

/// The default timer, which sleeps on threads. Each awaited sleep has its own thread, which ends
/// when the sleep completes or is dropped.
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
                // No thread could be spawned. Block this one, since a late wake-up is better than
                // none.
                thread::sleep(duration);
                return;
            }
            poll_fn(|cx| sleep.0.poll(cx)).await;
        })
    }
}

/// A sleep that is awaited. Its drop ends the thread.
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
        // The waker may poll at once, which locks the alarm.
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

/// The error of a limit that has passed.
pub(crate) struct Elapsed {
    pub(crate) limit: Duration,
}

/// Awaits a future for at most `limit`, and drops it then.
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
