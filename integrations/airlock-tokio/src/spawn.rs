//! An executor that performs effects on spawned tasks.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use airlock_core::FlushError;
use airlock_core::executor::{Batch, Delivery, Executor, Identity};
use tokio::runtime::Handle;
use tokio::sync::Notify;

use airlock_core::__private::guarded;

/// An executor that performs each intent on its own tokio task. The intents of a batch effect share one task.
/// The scope does not wait for the tasks.
///
/// - **Order:** not kept. Tasks run concurrently.
/// - **Crash:** at most once. Tasks that have not finished are lost with the process; wait for
///   [`drained`](Self::drained) in a graceful shutdown.
/// - **Sync code:** works in sync scopes and in dropped futures, since handing over needs no awaiting.
/// - **Delays:** honoured. The task sleeps until the intent is due.
/// - **Cascades:** intents that an effect enqueues are spawned too, after the effect has succeeded.
/// - **Errors:** go to [`on_error`](Self::on_error) or, if that is not set, to the airlock's
///   [`on_unhandled_error`](airlock_core::AirlockBuilder::on_unhandled_error). This includes tasks that the
///   runtime drops at its shutdown, started or not.
///
/// Clones share their tasks and count as one executor, unless they have different error handlers.
///
/// ```
/// use airlock::tokio::Spawn;
///
/// #[airlock::effect]
/// async fn greet(name: String) {
///     println!("hello {name}");
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), airlock::FlushError> {
/// let spawn = Spawn::current();
/// airlock::scope().executor(spawn.clone()).run_infallible(|_| airlock::enqueue(greet("you".into())))?;
/// spawn.drained().await; // as a graceful shutdown would
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Spawn {
    handle: Handle,
    running: Arc<Running>,
    on_error: Option<OnError>,
}

type OnError = Arc<dyn Fn(FlushError) + Send + Sync>;

#[derive(Default)]
struct Running {
    tasks: AtomicUsize,
    idle: Notify,
}

impl Spawn {
    /// Spawns on the runtime of the caller.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime. Use [`on`](Self::on) with a handle there.
    #[track_caller]
    pub fn current() -> Self {
        Self::on(Handle::current())
    }

    /// Spawns on this runtime.
    pub fn on(handle: Handle) -> Self {
        Self {
            handle,
            running: Arc::default(),
            on_error: None,
        }
    }

    /// Calls `take` with the error of each task that failed or was dropped by its runtime. The error
    /// contains the intents that failed or were not reached.
    ///
    /// Call [`FlushError::report_unhandled`] to pass it on to the airlock's `on_unhandled_error`. If `take`
    /// panics, the panic is logged.
    #[must_use]
    pub fn on_error(mut self, take: impl Fn(FlushError) + Send + Sync + 'static) -> Self {
        self.on_error = Some(Arc::new(take));
        self
    }

    /// Returns the number of tasks that have not finished, including those that wait for a delay.
    pub fn running(&self) -> usize {
        self.running.tasks.load(Ordering::Acquire)
    }

    /// Waits until all tasks of this executor and its clones have finished, including cascades.
    pub async fn drained(&self) {
        loop {
            let idle = self.running.idle.notified();
            tokio::pin!(idle);
            // Registered before the check, so that the end of a task in between is not missed.
            idle.as_mut().enable();
            if self.running() == 0 {
                return;
            }
            idle.await;
        }
    }

    fn spawn(&self, delivery: Delivery) {
        let on_error = self.on_error.clone();
        let delay = delay_of(&delivery);
        let task = Task {
            delivery: Some(delivery.on_dropped({
                let on_error = on_error.clone();
                move |error| report(on_error.as_ref(), error)
            })),
            on_error,
            _finished: Finished::count(self.running.clone()),
        };
        self.handle.spawn(task.run(delay));
    }
}

/// A delivery, with its entry in the count of tasks.
struct Task {
    delivery: Option<Delivery>,
    on_error: Option<OnError>,
    // Dropped last: a dropped task reports its error before it stops counting.
    _finished: Finished,
}

impl Task {
    async fn run(mut self, delay: Duration) {
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let Some(delivery) = self.delivery.take() else {
            return;
        };
        if let Err(error) = delivery.perform_async().await {
            report(self.on_error.as_ref(), error);
        }
    }
}

fn report(on_error: Option<&OnError>, error: FlushError) {
    let Some(take) = on_error else {
        return error.report_unhandled();
    };
    guarded("Spawn::on_error", || take(error));
}

/// Returns the remaining delay of a delivery. All its intents have the same schedule.
fn delay_of(delivery: &Delivery) -> Duration {
    let schedule = delivery.intents()[0].schedule();
    schedule.delay_from(SystemTime::now())
}

impl Executor for Spawn {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.hand_over(|delivery| {
            self.spawn(delivery);
            Ok(())
        });
    }

    fn identity(&self) -> Option<Identity> {
        // Clones with different error handlers are different executors.
        Some(match &self.on_error {
            Some(on_error) => Identity::new(on_error),
            None => Identity::new(&self.running),
        })
    }

    fn name(&self) -> Cow<'static, str> {
        "spawn".into()
    }
}

/// A guard that counts a task until it ends, panics, or is dropped by its runtime.
struct Finished(Arc<Running>);

impl Finished {
    fn count(running: Arc<Running>) -> Self {
        running.tasks.fetch_add(1, Ordering::AcqRel);
        Self(running)
    }
}

impl Drop for Finished {
    fn drop(&mut self) {
        if self.0.tasks.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.idle.notify_waiters();
        }
    }
}

impl fmt::Debug for Spawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawn")
            .field("running", &self.running())
            .field("on_error", &self.on_error.is_some())
            .finish_non_exhaustive()
    }
}
