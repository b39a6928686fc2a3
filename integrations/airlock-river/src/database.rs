//! The databases that River runs on.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use airlock_core::BoxFuture;
use airlock_sqlx::TransactionDatabase;
use riverqueue::migrate::{Direction, Error as MigrateError, MigrateOpts, MigrateResult};
use riverqueue::{ClientBuilder, JobRow, WorkContext};
#[cfg(feature = "postgres")]
use sqlx::Connection as _;
use sqlx::{Pool, Transaction};

use crate::order::{AT_ONCE, OrderedJob};

/// A database that River runs on: PostgreSQL with the feature `postgres`, SQLite with `sqlite`.
pub trait RiverDatabase: TransactionDatabase + sealed::Sealed {
    /// Stores rows. Returns the job's id, the intent's id and the unique key for each row that is stored, or whose
    /// unique key an existing job has.
    #[doc(hidden)]
    fn insert<'a>(
        rows: String,
        notify: bool,
        connection: &'a mut Self::Connection,
    ) -> BoxFuture<'a, Result<Vec<StoredRow>, sqlx::Error>>;

    /// Wakes the workers of these queues.
    #[doc(hidden)]
    fn wake(pool: &Pool<Self>, queues: BTreeSet<String>) -> BoxFuture<'_, Result<(), sqlx::Error>>;

    /// Returns the unfinished jobs of an ordering key with ids in this range, in order.
    #[doc(hidden)]
    fn unfinished<'a>(
        pool: &'a Pool<Self>,
        queue: &'a str,
        ordering_key: &'a str,
        jobs: RangeInclusive<i64>,
    ) -> BoxFuture<'a, Result<Vec<OrderedJob>, sqlx::Error>>;

    /// Completes jobs that were forwarded to an engine, even if another worker has them.
    #[doc(hidden)]
    fn finish<'a>(
        pool: &'a Pool<Self>,
        jobs: &'a [i64],
        engine: &'static str,
    ) -> BoxFuture<'a, Result<(), sqlx::Error>>;

    #[doc(hidden)]
    fn client(pool: Pool<Self>) -> ClientBuilder;

    #[doc(hidden)]
    fn migrate(pool: Pool<Self>) -> BoxFuture<'static, Result<(), MigrateError>>;

    /// Returns the migrations that are not applied.
    #[doc(hidden)]
    fn pending(pool: Pool<Self>) -> BoxFuture<'static, Result<MigrateResult, MigrateError>>;

    /// Completes a job in a transaction.
    #[doc(hidden)]
    fn complete<'a>(
        context: &'a WorkContext,
        transaction: &'a mut Transaction<'static, Self>,
    ) -> BoxFuture<'a, Result<JobRow, riverqueue::Error>>;
}

/// The id of a job, the id of the intent that it is for, and its unique key in hexadecimal digits.
pub(crate) type StoredRow = (i64, Option<String>, Option<String>);

mod sealed {
    pub trait Sealed {}

    #[cfg(feature = "postgres")]
    impl Sealed for sqlx::Postgres {}

    #[cfg(feature = "sqlite")]
    impl Sealed for sqlx::Sqlite {}
}

#[cfg(feature = "postgres")]
impl RiverDatabase for sqlx::Postgres {
    fn insert<'a>(
        rows: String,
        _: bool,
        connection: &'a mut sqlx::PgConnection,
    ) -> BoxFuture<'a, Result<Vec<StoredRow>, sqlx::Error>> {
        Box::pin(async move {
            sqlx::query_as(crate::SQL_POSTGRES)
                .bind(rows)
                .fetch_all(connection)
                .await
        })
    }

    fn wake(pool: &Pool<Self>, queues: BTreeSet<String>) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async move {
            sqlx::query(crate::sql::WAKE_POSTGRES)
                .bind(Vec::from_iter(queues))
                .execute(pool)
                .await?;
            Ok(())
        })
    }

    fn unfinished<'a>(
        pool: &'a Pool<Self>,
        queue: &'a str,
        ordering_key: &'a str,
        jobs: RangeInclusive<i64>,
    ) -> BoxFuture<'a, Result<Vec<OrderedJob>, sqlx::Error>> {
        Box::pin(async move {
            let query = sqlx::query_as(crate::sql::UNFINISHED_POSTGRES);
            let query = query
                .bind(queue)
                .bind(*jobs.start())
                .bind(*jobs.end())
                .bind(serde_json::json!({"airlock": {"ordering_key": ordering_key}}));
            query.bind(AT_ONCE as i64).fetch_all(pool).await
        })
    }

    fn finish<'a>(
        pool: &'a Pool<Self>,
        jobs: &'a [i64],
        engine: &'static str,
    ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
        Box::pin(async move {
            let update = sqlx::query(crate::sql::FINISH_POSTGRES).bind(jobs);
            update.bind(engine).execute(pool).await?;
            Ok(())
        })
    }

    fn client(pool: Pool<Self>) -> ClientBuilder {
        riverqueue::Client::builder(pool)
    }

    fn migrate(pool: Pool<Self>) -> BoxFuture<'static, Result<(), MigrateError>> {
        Box::pin(async move {
            // Concurrent migrations would deadlock, so each takes a lock. It is on a separate connection, since the
            // pool may have only one, which the migration needs.
            let mut lock = sqlx::PgConnection::connect_with(&pool.connect_options()).await?;
            let take =
                sqlx::query("SELECT pg_advisory_lock(hashtextextended('river_migration', 0))");
            take.execute(&mut lock).await?;
            let migrator = riverqueue::migrate::PostgresMigrator::new(pool);
            let migrated = migrator.migrate_up().await;
            lock.close().await?;
            migrated?;
            Ok(())
        })
    }

    fn pending(pool: Pool<Self>) -> BoxFuture<'static, Result<MigrateResult, MigrateError>> {
        Box::pin(async move {
            let migrator = riverqueue::migrate::PostgresMigrator::new(pool);
            let listed = MigrateOpts::new().with_dry_run(true);
            migrator.migrate(Direction::Up, listed).await
        })
    }

    fn complete<'a>(
        context: &'a WorkContext,
        transaction: &'a mut Transaction<'static, Self>,
    ) -> BoxFuture<'a, Result<JobRow, riverqueue::Error>> {
        Box::pin(context.job_complete_tx(transaction))
    }
}

#[cfg(feature = "sqlite")]
impl RiverDatabase for sqlx::Sqlite {
    fn insert<'a>(
        rows: String,
        notify: bool,
        connection: &'a mut sqlx::SqliteConnection,
    ) -> BoxFuture<'a, Result<Vec<StoredRow>, sqlx::Error>> {
        Box::pin(async move {
            let stored = sqlx::query_as(crate::SQL_SQLITE)
                .bind(&rows)
                .fetch_all(&mut *connection)
                .await?;
            if notify {
                let wakes = sqlx::query(crate::SQL_SQLITE_NOTIFY).bind(&rows);
                wakes.execute(connection).await?;
            }
            Ok(stored)
        })
    }

    fn wake(pool: &Pool<Self>, queues: BTreeSet<String>) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async move {
            let mut connection = pool.acquire().await?;
            for queue in queues {
                let wakes = sqlx::query(crate::sql::WAKE_SQLITE).bind(queue);
                wakes.execute(&mut *connection).await?;
            }
            Ok(())
        })
    }

    fn unfinished<'a>(
        pool: &'a Pool<Self>,
        queue: &'a str,
        ordering_key: &'a str,
        jobs: RangeInclusive<i64>,
    ) -> BoxFuture<'a, Result<Vec<OrderedJob>, sqlx::Error>> {
        Box::pin(async move {
            let query = sqlx::query_as(crate::sql::UNFINISHED_SQLITE);
            let query = query
                .bind(queue)
                .bind(*jobs.start())
                .bind(*jobs.end())
                .bind(ordering_key);
            query.bind(AT_ONCE as i64).fetch_all(pool).await
        })
    }

    fn finish<'a>(
        pool: &'a Pool<Self>,
        jobs: &'a [i64],
        engine: &'static str,
    ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
        Box::pin(async move {
            let update =
                sqlx::query(crate::sql::FINISH_SQLITE).bind(serde_json::json!(jobs).to_string());
            update.bind(engine).execute(pool).await?;
            Ok(())
        })
    }

    fn client(pool: Pool<Self>) -> ClientBuilder {
        riverqueue::Client::builder(pool)
    }

    fn migrate(pool: Pool<Self>) -> BoxFuture<'static, Result<(), MigrateError>> {
        Box::pin(async move {
            let migrator = riverqueue::migrate::SqliteMigrator::new(pool);
            migrator.migrate_up().await?;
            Ok(())
        })
    }

    fn pending(pool: Pool<Self>) -> BoxFuture<'static, Result<MigrateResult, MigrateError>> {
        Box::pin(async move {
            let migrator = riverqueue::migrate::SqliteMigrator::new(pool);
            let listed = MigrateOpts::new().with_dry_run(true);
            migrator.migrate(Direction::Up, listed).await
        })
    }

    fn complete<'a>(
        context: &'a WorkContext,
        transaction: &'a mut Transaction<'static, Self>,
    ) -> BoxFuture<'a, Result<JobRow, riverqueue::Error>> {
        Box::pin(context.job_complete_tx(transaction))
    }
}
