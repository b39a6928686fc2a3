//! Tests of failures that only a database behind a network has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use airlock::river::TransactionError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::suite::effects::{note, noted, plain_note};
use crate::suite::{AnyError, World, river_on};
use crate::world;

/// The action of a [`proxy`] when it sees a `COMMIT`.
#[derive(Clone, Copy)]
enum AtCommit {
    /// Breaks the connection before the server receives the `COMMIT`.
    Swallow,
    /// Lets the server receive the `COMMIT`, and breaks the connection before the response.
    LoseTheAnswer,
}

/// Starts a proxy for a database. Once it is armed, it breaks the connection at a `COMMIT`.
async fn proxy(url: &str, at_commit: AtCommit) -> (String, Arc<AtomicBool>) {
    let armed = Arc::new(AtomicBool::new(false));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (before, after) = url.split_once("127.0.0.1:").expect("a local server");
    let (real, database) = after.split_once('/').expect("a database");
    let real: u16 = real.parse().expect("a port");
    let is_armed = armed.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", real))
                .await
                .expect("the server");
            tokio::spawn(carry(client, server, at_commit, is_armed.clone()));
        }
    });
    (format!("{before}127.0.0.1:{port}/{database}"), armed)
}

async fn carry(client: TcpStream, server: TcpStream, at_commit: AtCommit, armed: Arc<AtomicBool>) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut buffer = vec![0; 65536];
    loop {
        let Ok(read @ 1..) = from_client.read(&mut buffer).await else {
            return;
        };
        let bytes = &buffer[..read];
        let commits = bytes.windows(6).any(|window| window == b"COMMIT");
        if commits && armed.load(Ordering::SeqCst) {
            back.abort();
            let _ = back.await;
            if let AtCommit::LoseTheAnswer = at_commit {
                to_server.write_all(bytes).await.expect("the server reads");
                to_server.shutdown().await.expect("the server ends");
            }
            return;
        }
        if to_server.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn commit_outcome_unknown_where(at_commit: AtCommit) -> (World, Vec<i64>, TransactionError) {
    let world = World::new().await;
    let (url, armed) = proxy(&world.url, at_commit).await;
    let broken = river_on(&world::connect(&url).await);
    armed.store(true, Ordering::SeqCst);
    let failed: Result<(), TransactionError> = broken
        .transaction(async |tx| {
            crate::suite::insert_order(tx, 1).await;
            airlock::enqueue(note(1));
            airlock::enqueue(plain_note(2));
            Ok(())
        })
        .await;
    let error = failed.expect_err("the connection broke");
    (world, noted(), error)
}

#[tokio::test]
async fn commit_outcome_unknown_when_the_server_never_saw_it() -> Result<(), AnyError> {
    let (world, noted, error) = commit_outcome_unknown_where(AtCommit::Swallow).await;
    let TransactionError::Unknown { intents, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(intents.len(), 1);
    assert!(
        error.to_string().contains(&intents[0].id.to_string()),
        "{error}"
    );
    assert!(noted.is_empty(), "nothing else has left");
    world.wait_until_orders_are(&[]).await;
    assert_eq!(world.jobs().await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn commit_outcome_unknown_when_the_answer_is_lost() -> Result<(), AnyError> {
    let (world, noted, error) = commit_outcome_unknown_where(AtCommit::LoseTheAnswer).await;
    let TransactionError::Unknown { intents, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(noted.is_empty(), "nothing else has left");
    world.wait_until_orders_are(&[1]).await;
    let jobs = world.jobs().await?;
    assert_eq!(jobs.len(), 1);
    assert!(jobs[0].metadata.contains(&intents[0].id.to_string()));
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_a_statement_has_aborted_is_not_committed() -> Result<(), AnyError> {
    let world = World::new().await;
    for durable in [true, false] {
        let ended: Result<(), AnyError> = world
            .river
            .transaction(async |tx| {
                crate::suite::insert_order(tx, 1).await;
                match durable {
                    true => airlock::enqueue(note(1)),
                    false => airlock::enqueue(plain_note(2)),
                };
                // Its error is ignored.
                let _ = sqlx::query("SELECT nothing").execute(&mut *tx).await;
                Ok(())
            })
            .await;
        let error = ended.expect_err("PostgreSQL has aborted it");
        assert!(error.to_string().contains("rolled back"), "{error}");
    }
    assert!(noted().is_empty());
    assert!(world.orders().await?.is_empty());
    Ok(())
}
