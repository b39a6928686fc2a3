//! An executor that performs effects on spawned tasks.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use airlock_core::FlushError;
use airlock_core::executor::{Batch, Delivery, Executor, Identity};
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore, watch};

use airlock_core::__private::guarded;

/// An executor that performs each intent on its own tokio task. The intents of a batch effect share one task.
/// The scope does not wait for the tasks.
///
/// - **Order:** not kept. Tasks run concurrently.
/// - **Crash:** at most once. Tasks that have not finished are lost with the process; call
///   [`shutdown`](Self::shutdown) before it ends.
/// - **Load:** as many tasks as there are intents, unless [`max_running`](Self::max_running) limits the effects that run
///   at once.
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
/// spawn.shutdown(std::time::Duration::from_secs(10)).await; // before the process ends
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Spawn {
    handle: Handle,
    running: Arc<Running>,
    limit: Option<Arc<Semaphore>>,
    on_error: Option<OnError>,
}

type OnError = Arc<dyn Fn(FlushError) + Send + Sync>;

struct Running {
    tasks: AtomicUsize,
    /// The number of tasks that a shutdown has given up.
    given_up: AtomicUsize,
    idle: Notify,
    phase: watch::Sender<Phase>,
}

/// The work that the tasks of an executor may still do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Phase {
    Open,
    /// Effects that are due are performed. Delayed ones are given up.
    Draining,
    /// All tasks are given up.
    Closed,
}

impl Default for Running {
    fn default() -> Self {
        Self {
            tasks: AtomicUsize::new(0),
            given_up: AtomicUsize::new(0),
            idle: Notify::new(),
            phase: watch::Sender::new(Phase::Open),
        }
    }
}

impl Running {
    fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Waits until the executor has reached a phase.
    async fn reached(&self, phase: Phase) {
        let mut receiver = self.phase.subscribe();
        // The sender lives as long as `self`, so this cannot fail.
        let _ = receiver.wait_for(|now| *now >= phase).await;
    }
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
            limit: None,
            on_error: None,
        }
    }

    /// Limits how many effects run at once. Further tasks wait for their turn, in order, and hold their intents in memory
    /// meanwhile; tasks that wait for a delay do not count. A batch counts as one.
    ///
    /// # Panics
    ///
    /// If `effects` is 0, or more than [`Semaphore::MAX_PERMITS`].
    ///
    /// ```
    /// use airlock::tokio::Spawn;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let spawn = Spawn::current().max_running(16); // no more than 16 mails at a time
    /// # drop(spawn);
    /// # }
    /// ```
    #[must_use]
    #[track_caller]
    pub fn max_running(mut self, effects: usize) -> Self {
        assert!(
            effects > 0,
            "an executor that runs no effects would wait forever"
        );
        self.limit = Some(Arc::new(Semaphore::new(effects)));
        self
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

    /// Ends the executor and its clones, before the process or its runtime ends.
    ///
    /// Waits up to `within` for the tasks whose effects are due, including their cascades. Gives up tasks that wait for a
    /// delay at once, and the others after that time: their intents go to [`on_error`](Self::on_error), as not reached or
    /// interrupted. From now on each intent fails at its dispatch. Returns the number of tasks that were given up.
    ///
    /// ```
    /// use airlock::tokio::Spawn;
    /// use std::time::Duration;
    ///
    /// #[airlock::effect]
    /// async fn greet(name: String) {
    ///     println!("hello {name}");
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), airlock::FlushError> {
    /// let spawn = Spawn::current().on_error(|error| eprintln!("{error}"));
    /// airlock::scope().executor(spawn.clone()).run_infallible(|_| airlock::enqueue(greet("you".into())))?;
    /// let given_up = spawn.shutdown(Duration::from_secs(10)).await;
    /// assert_eq!(given_up, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shutdown(&self, within: Duration) -> usize {
        self.running.phase.send_replace(Phase::Draining);
        let before = self.running.given_up.load(Ordering::Acquire);
        let _ = tokio::time::timeout(within, self.drained()).await;
        self.running.phase.send_replace(Phase::Closed);
        self.drained().await;
        self.running.given_up.load(Ordering::Acquire) - before
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
            limit: self.limit.clone(),
            finished: Finished::count(self.running.clone()),
        };
        self.handle.spawn(task.run(delay));
    }
}

/// A delivery, with its entry in the count of tasks.
struct Task {
    delivery: Option<Delivery>,
    on_error: Option<OnError>,
    limit: Option<Arc<Semaphore>>,
    // Dropped last: a dropped task reports its error before it stops counting.
    finished: Finished,
}

impl Task {
    async fn run(mut self, delay: Duration) {
        let running = self.finished.0.clone();
        let is_delayed = !delay.is_zero();
        let given_up = async {
            if is_delayed {
                tokio::select! {
                    biased;
                    () = running.reached(Phase::Draining) => return true,
                    () = tokio::time::sleep(delay) => {}
                }
            }
            // Polled before the effect, so that a closed executor begins nothing.
            tokio::select! {
                biased;
                () = running.reached(Phase::Closed) => true,
                () = self.perform() => false,
            }
        };
        if given_up.await {
            running.given_up.fetch_add(1, Ordering::AcqRel);
        }
        // What was not performed is dropped with `self`, which reports it.
    }

    async fn perform(&mut self) {
        let _permit = match &self.limit {
            // Never closed, so it always gives a permit.
            Some(limit) => limit.acquire().await.ok(),
            None => None,
        };
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
            let phase = self.running.phase();
            let is_delayed = !delay_of(&delivery).is_zero();
            if phase == Phase::Closed || phase == Phase::Draining && is_delayed {
                return Err((delivery, "the executor has been shut down".into()));
            }
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
