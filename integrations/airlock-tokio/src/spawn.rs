//! Performing on spawned tasks.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use airlock_core::executor::{Batch, Delivery, Executor};
use airlock_core::{FlushError, Intent};
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// Performs each intent on a task of its own: the scope's caller goes on at once.
///
/// Across a crash: at most once. Tasks run side by side, so the order of intents is not kept. It
/// takes intents without awaiting, so a sync flush and a dropped future can reach it, and it honours
/// delays. What fails in a task, and what a runtime that shuts down leaves undone, is logged and goes
/// to [`on_error`](Self::on_error), else to the airlock's `on_stranded`; what an effect enqueues is
/// spawned too.
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
#[derive(Clone, Debug)]
pub struct Spawn {
    handle: Handle,
    running: Arc<Running>,
    on_error: OnError,
}

#[derive(Debug, Default)]
struct Running {
    tasks: std::sync::atomic::AtomicUsize,
    idle: Notify,
}

#[derive(Clone)]
struct OnError(Option<Arc<dyn Fn(FlushError) + Send + Sync>>);

impl Spawn {
    /// Spawns on the runtime that the caller runs in.
    ///
    /// # Panics
    ///
    /// Outside a tokio runtime; [`on`](Self::on) takes a handle instead.
    #[track_caller]
    pub fn current() -> Self {
        Self::on(Handle::current())
    }

    /// Spawns on this runtime.
    pub fn on(handle: Handle) -> Self {
        Self {
            handle,
            running: Arc::default(),
            on_error: OnError(None),
        }
    }

    /// Takes the errors of tasks, with the intents that failed or were not reached.
    #[must_use]
    pub fn on_error(mut self, take: impl Fn(FlushError) + Send + Sync + 'static) -> Self {
        self.on_error = OnError(Some(Arc::new(take)));
        self
    }

    /// How many tasks have not finished, those waiting for their delay included.
    pub fn running(&self) -> usize {
        self.running
            .tasks
            .load(std::sync::atomic::Ordering::Acquire)
    }

    /// Waits until every task of this executor and its clones has finished, cascades included.
    pub async fn drained(&self) {
        loop {
            let idle = self.running.idle.notified();
            tokio::pin!(idle);
            // Registered before looking, so that an end in between is not missed.
            idle.as_mut().enable();
            if self.running() == 0 {
                return;
            }
            idle.await;
        }
    }

    fn spawn(&self, delivery: Delivery) {
        let delay = delay_of(&delivery);
        let mut task = Task {
            delivery: Some(delivery),
            on_error: self.on_error.clone(),
            _finished: Finished::count(self.running.clone()),
        };
        self.handle.spawn(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            if let Some(delivery) = task.delivery.take()
                && let Err(error) = delivery.perform_async().await
            {
                task.on_error.take(error);
            }
        });
    }
}

/// A delivery on its task. If the runtime ends before its turn, it is not lost without a word.
struct Task {
    delivery: Option<Delivery>,
    on_error: OnError,
    _finished: Finished,
}

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(delivery) = self.delivery.take() {
            self.on_error.take(delivery.give_up());
        }
    }
}

impl OnError {
    fn take(&self, error: FlushError) {
        match &self.0 {
            Some(take) => {
                tracing::error!(target: "airlock", error = %error, "a spawned effect failed");
                take(error);
            }
            None => error.strand(),
        }
    }
}

/// The longest wait that an intent of the delivery asks for.
fn delay_of(delivery: &Delivery) -> Duration {
    let now = SystemTime::now();
    let delays = delivery
        .intents()
        .iter()
        .map(|intent: &Intent| intent.schedule().delay_from(now));
    delays.max().unwrap_or_default()
}

impl Executor for Spawn {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        batch.hand_over(|delivery| {
            self.spawn(delivery);
            Ok(())
        });
    }

    fn name(&self) -> Cow<'static, str> {
        "spawn".into()
    }
}

/// Counts a task until it is dropped: at its end, its panic, or the end of its runtime.
struct Finished(Arc<Running>);

impl Finished {
    fn count(running: Arc<Running>) -> Self {
        running
            .tasks
            .fetch_add(1, std::sync::atomic::Ordering::AcqRel);
        Self(running)
    }
}

impl Drop for Finished {
    fn drop(&mut self) {
        if self
            .0
            .tasks
            .fetch_sub(1, std::sync::atomic::Ordering::AcqRel)
            == 1
        {
            self.0.idle.notify_waiters();
        }
    }
}

impl std::fmt::Debug for OnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "set" } else { "unset" })
    }
}
