//! Tests of processes that are killed at a named point.
//!
//! A test starts this test program again, as a child process that runs only [`child`]. The child kills itself with
//! SIGKILL at the point that the test names.

use std::process::{Command, Stdio};
use std::time::Duration;

use airlock::executor::{Batch, BoxFuture, Executor, Identity, Receipt};
use airlock::river::{River, TransactionError};
use airlock::sqlx::{Store, Transactions};
use airlock::{Airlock, BoxError, Intent};
use sqlx::Pool;

use super::effects::{block, cause, kill, note};
use super::{AnyError, Connection, World, airlock_of, insert_order, river_on};
use crate::world::{self, Db};

const POINT: &str = "AIRLOCK_TEST_KILL_AT";
const DATABASE: &str = "AIRLOCK_TEST_DATABASE";

/// Ends this process at once, like `kill -9`.
pub(crate) fn kill_this_process() -> ! {
    let pid = std::process::id().to_string();
    let killed = Command::new("kill").args(["-KILL", &pid]).status();
    unreachable!("nobody survives {killed:?}")
}

/// Runs a child on this database until it is killed at this point.
async fn killed_at(world: &World, point: &str) {
    let program = std::env::current_exe().expect("this program");
    let mut child = Command::new(program);
    child
        .args(["--exact", "suite::crash::child", "--nocapture"])
        .env(POINT, point)
        .env(DATABASE, &world.url)
        .stdin(Stdio::null());
    let run = tokio::task::spawn_blocking(move || child.output());
    let output = run.await.expect("it runs").expect("a child");
    let killed = std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9);
    assert!(killed, "{}", String::from_utf8_lossy(&output.stderr));
}

/// A store that kills the process after River has stored rows.
#[derive(Clone)]
struct KilledAfterInsert(River<Db>);

impl Executor for KilledAfterInsert {
    fn dispatch(&self, batch: &mut Batch<'_>) {
        self.0.dispatch(batch);
    }

    fn only_durable(&self) -> bool {
        true
    }

    fn identity(&self) -> Option<Identity> {
        self.0.identity()
    }
}

impl Store<Db> for KilledAfterInsert {
    type Row = <River<Db> as Store<Db>>::Row;

    fn row(&self, intent: &Intent) -> Result<Self::Row, BoxError> {
        self.0.row(intent)
    }

    fn store<'a>(
        &'a self,
        rows: &'a [Self::Row],
        connection: &'a mut Connection,
    ) -> BoxFuture<'a, Result<Vec<Receipt>, BoxError>> {
        Box::pin(async move {
            self.0.store(rows, connection).await?;
            kill_this_process()
        })
    }
}

/// The body of a child process. Without a point this is an ordinary test run, and a no-op.
#[tokio::test(flavor = "multi_thread")]
async fn child() -> Result<(), AnyError> {
    let Ok(point) = std::env::var(POINT) else {
        return Ok(());
    };
    let pool = world::connect(&std::env::var(DATABASE)?).await;
    let river = river_on(&pool);
    let order = async |tx: &mut Connection, intent: Intent| -> Result<(), TransactionError> {
        insert_order(tx, 1).await;
        airlock::enqueue(intent);
        Ok(())
    };
    let intent = |of: &str| match of {
        "while_performing" => Intent::new(kill(1)),
        "after_performing" => Intent::new(cause(1)),
        _ => Intent::new(note(1)),
    };
    if point == "after_insert" {
        let transactions = Transactions::new(pool.clone()).store(KilledAfterInsert(river));
        transactions
            .run(async |tx| order(tx, intent(&point)).await)
            .await?;
        return Ok(());
    }
    river
        .transaction(async |tx| order(tx, intent(&point)).await)
        .await?;
    if point == "after_commit" {
        kill_this_process();
    }
    let airlock = match point.as_str() {
        "after_performing" => killed_after_performing(&river, &pool),
        _ => airlock_of(&river, &pool),
    };
    let mut worker = quick(&river, airlock).start()?;
    Ok(worker.wait().await?)
}

/// Returns an airlock that kills the process when its policy sees an intent that an effect has enqueued. The effect's
/// body has run by then.
fn killed_after_performing(river: &River<Db>, pool: &Pool<Db>) -> Airlock {
    let kills = |_: &Intent| -> bool { kill_this_process() };
    let builder = Airlock::builder().executor(river.clone());
    builder
        .resource(pool.clone())
        .policy(kills)
        .skip_resource_check()
        .build()
        .expect("an airlock")
}

/// Returns a worker that soon takes over the jobs of a killed one.
fn quick(river: &River<Db>, airlock: Airlock) -> airlock::river::WorkerBuilder<Db> {
    let worker = river.worker(airlock).poll_every(Duration::from_millis(50));
    worker.rescue_after(Duration::from_secs(1))
}

async fn work_the_rest(world: &World, effects: usize) -> Result<(), AnyError> {
    let worker = quick(&world.river, world.airlock()).start()?;
    world.wait_until_performed(effects).await;
    world.wait_until_states(&["completed"]).await;
    worker.stop().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_insert_before_commit() -> Result<(), AnyError> {
    let world = World::new().await;
    killed_at(&world, "after_insert").await;
    world.wait_until_orders_are(&[]).await;
    assert_eq!(world.jobs().await?.len(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_commit_before_pickup() -> Result<(), AnyError> {
    let world = World::new().await;
    killed_at(&world, "after_commit").await;
    assert_eq!(world.orders().await?, [1]);
    work_the_rest(&world, 1).await?;
    assert_eq!(world.performed().await?.len(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_performing() -> Result<(), AnyError> {
    let world = World::new().await;
    killed_at(&world, "while_performing").await;
    work_the_rest(&world, 1).await?;
    let performed = world.performed().await?;
    assert_eq!(
        (performed[0].1, performed[0].2),
        (1, 2),
        "the second attempt"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_after_performing_before_completion() -> Result<(), AnyError> {
    let world = World::new().await;
    killed_at(&world, "after_performing").await;
    assert_eq!(
        world.jobs().await?.len(),
        1,
        "nothing of the cascade is stored"
    );
    work_the_rest(&world, 4).await?;
    let performed = world.performed().await?;
    let of_cause: Vec<_> = performed.iter().filter(|it| it.0 == "cause").collect();
    assert_eq!(of_cause.len(), 2, "at least once");
    assert_eq!(of_cause[0].3, of_cause[1].3, "one key");
    assert_eq!(
        performed.iter().filter(|it| it.0 == "note").count(),
        1,
        "its cascade once"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn rescued_while_still_running() -> Result<(), AnyError> {
    let world = World::new().await;
    let stored: Result<_, AnyError> = world
        .river
        .transaction(async |_| Ok(airlock::enqueue(block(1))))
        .await;
    stored?;
    work_the_rest(&world, 2).await?;
    let performed = world.performed().await?;
    assert_eq!(performed.len(), 2, "twice, with one key");
    assert_eq!(performed[0].3, performed[1].3);
    assert_eq!(world.jobs().await?.len(), 1);
    Ok(())
}
