//! Time that jumps.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::effect::BoxFuture;
use crate::executor::Timer;
use crate::testing::drain::queue::Queue;

/// Waits in the virtual time of a queue.
pub(super) struct Clock(pub(super) Arc<Queue>);

impl Timer for Clock {
    fn wait(&self, duration: Duration) {
        // Only what an effect does beyond the drain comes here: the drain itself never blocks.
        self.0.jump(self.0.now() + duration);
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let queue = self.0.clone();
        let until = queue.now() + duration;
        Box::pin(poll_fn(move |_| match queue.sleep(until) {
            true => Poll::Ready(()),
            // The queue polls again when the clock has jumped.
            false => Poll::Pending,
        }))
    }

    fn timeout(&self, limit: Duration) -> BoxFuture<'static, ()> {
        self.0.timer.timeout(limit)
    }
}
