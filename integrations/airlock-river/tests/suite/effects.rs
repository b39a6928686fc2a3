//! The effects of the tests.

use std::cell::RefCell;

use airlock::river::CompletionTransaction;
use serde::{Deserialize, Serialize};
use sqlx::Pool;

use crate::world::Db;

thread_local! {
    /// The numbers recorded by effects that run on the test's thread.
    static NOTED: RefCell<Vec<i64>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn noted() -> Vec<i64> {
    NOTED.with_borrow(Clone::clone)
}

async fn write(pool: &Pool<Db>, effect: &str, number: i64) -> Result<(), sqlx::Error> {
    let attempt = airlock::attempt().expect("an effect is performed");
    sqlx::query("INSERT INTO performed VALUES ($1, $2, $3, $4)")
        .bind(effect)
        .bind(number)
        .bind(i64::from(attempt.number()))
        .bind(attempt.idempotency_key().to_string())
        .execute(pool)
        .await?;
    Ok(())
}

/// Records a number on this thread. Not durable.
#[airlock::effect]
pub(crate) fn plain_note(number: i64) {
    NOTED.with_borrow_mut(|noted| noted.push(number));
}

/// Writes a number.
#[airlock::effect(
    durable,
    name = "test.note",
    alias("test.noted_before"),
    timeout = "1s"
)]
pub(crate) async fn note(#[resource] pool: &Pool<Db>, number: i64) -> Result<(), sqlx::Error> {
    write(pool, "note", number).await
}

/// Writes, and enqueues two effects: a durable one and a plain one.
#[airlock::effect(durable, name = "test.cause", timeout = "1s")]
pub(crate) async fn cause(#[resource] pool: &Pool<Db>, number: i64) -> Result<(), sqlx::Error> {
    airlock::enqueue(note(number + 1));
    airlock::enqueue(write_plainly(number + 2));
    write(pool, "cause", number).await
}

/// Writes a number. Not durable.
#[airlock::effect]
pub(crate) async fn write_plainly(
    #[resource] pool: &Pool<Db>,
    number: i64,
) -> Result<(), sqlx::Error> {
    write(pool, "write_plainly", number).await
}

/// Enqueues itself again, endlessly.
#[airlock::effect(durable, name = "test.again", once)]
pub(crate) fn again(number: i64) {
    airlock::enqueue(again(number + 1));
}

/// Never completes.
#[airlock::effect(
    durable,
    name = "test.hang",
    timeout = "50ms",
    retry(attempts = 2, delay = "1ms")
)]
pub(crate) async fn hang(#[resource] pool: &Pool<Db>, number: i64) -> Result<(), sqlx::Error> {
    write(pool, "hang", number).await?;
    std::future::pending().await
}

/// Panics.
#[airlock::effect(durable, name = "test.fall", retry(attempts = 2, delay = "1ms"))]
pub(crate) fn fall() {
    panic!("on purpose");
}

/// Fails, and has one attempt.
#[airlock::effect(durable, name = "test.once", once)]
pub(crate) fn fail_once(number: i64) -> Result<(), airlock::BoxError> {
    Err(format!("{number} fails").into())
}

/// Writes an order in the transaction that completes the job.
#[airlock::effect(
    durable,
    name = "test.book",
    timeout = "1s",
    retry(attempts = 3, delay = "1ms")
)]
pub(crate) async fn book(
    #[resource] completion: &CompletionTransaction<Db>,
    order: i64,
    fails_first: bool,
) -> Result<(), airlock::BoxError> {
    let mut transaction = completion.begin().await?;
    super::insert_order(&mut transaction, order).await;
    airlock::enqueue(note(order));
    match fails_first && airlock::attempt().is_some_and(|it| it.number() == 1) {
        true => Err("at first".into()),
        false => Ok(()),
    }
}

/// Writes a number, which is also its key.
#[airlock::effect(durable, name = "test.index", timeout = "1s", key = number)]
pub(crate) async fn index(#[resource] pool: &Pool<Db>, number: i64) -> Result<(), sqlx::Error> {
    write(pool, "index", number).await
}

/// An argument that does not always decode.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Colour {
    Red,
}

#[airlock::effect(durable, name = "test.paint")]
pub(crate) fn paint(colour: Colour, text: String) {
    drop((colour, text));
}

/// Kills its process in the first attempt, and writes in the second.
#[airlock::effect(durable, name = "test.kill", timeout = "1s")]
pub(crate) async fn kill(#[resource] pool: &Pool<Db>, number: i64) -> Result<(), sqlx::Error> {
    if airlock::attempt().is_some_and(|it| it.number() == 1) {
        super::crash::kill_this_process();
    }
    write(pool, "kill", number).await
}

/// Exceeds its timeout without yielding, so it cannot be cancelled.
#[airlock::effect(durable, name = "test.block", timeout = "1s")]
pub(crate) async fn block(#[resource] pool: &Pool<Db>, number: i64) -> Result<(), sqlx::Error> {
    let first = airlock::attempt().is_some_and(|it| it.number() == 1);
    write(pool, "block", number).await?;
    if first {
        let until_rescued = async || {
            let written = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM performed");
            written.fetch_one(pool).await.is_ok_and(|rows| rows > 1)
        };
        super::wait_until(until_rescued).await;
    }
    Ok(())
}
