//! The virtual timer of a drain.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::effect::BoxFuture;
use crate::executor::Timer;
use crate::testing::drain::queue::Queue;

/// A timer that waits in the virtual time of a queue.
pub(super) struct Clock(pub(super) Arc<Queue>);

impl Timer for Clock {
    fn wait(&self, duration: Duration) {
        // Reached only by nested work of an effect: the drain itself never blocks.
        self.0.jump(self.0.now() + duration);
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let queue = self.0.clone();
        let until = queue.now() + duration;
        Box::pin(poll_fn(move |_| match queue.sleep(until) {
            true => Poll::Ready(()),
            // No waker is needed: the drain polls again after the clock has advanced.
            false => Poll::Pending,
        }))
    }

    fn timeout(&self, limit: Duration) -> BoxFuture<'static, ()> {
        self.0.timer.timeout(limit)
    }
}
