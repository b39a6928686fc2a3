//! The PostgreSQL drivers.

mod suite;

use airlock::river::Rows;
use airlock::{BoxError, Intent};
use diesel::result::Error;
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use sea_orm::{ConnectionTrait, DatabaseConnection, SqlxPostgresConnector, TransactionTrait};
use sqlx::PgPool;
use tokio_postgres::{Client, NoTls};

use self::suite::{Driver, End, insert_order};

mod world {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use airlock::BoxError;
    use airlock_servers::Postgres;
    use sqlx::postgres::PgListener;
    use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

    pub(crate) type Db = sqlx::Postgres;

    /// Keeps the database of a test alive. The shared server outlives the test, so there is nothing to hold.
    pub(crate) struct Kept;

    /// Numbers the databases of this process.
    static NUMBER: AtomicU32 = AtomicU32::new(0);

    static SERVER: OnceLock<Postgres> = OnceLock::new();

    pub(crate) async fn database() -> Result<(String, Kept), BoxError> {
        let server = SERVER.get_or_init(|| match Postgres::shared() {
            Ok(server) => server,
            Err(why) => panic!("{why}"),
        });
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("drivers{}_{number}", std::process::id());
        let mut admin = PgConnection::connect(&server.url("postgres")).await?;
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut admin)
            .await?;
        Ok((server.url(&name), Kept))
    }

    pub(crate) async fn connect(url: &str) -> Result<PgPool, BoxError> {
        Ok(PgPool::connect(url).await?)
    }

    /// Receives the notifications that wake workers.
    pub(crate) struct Wakes(PgListener);

    impl Wakes {
        pub(crate) async fn listen(pool: &PgPool) -> Result<Self, BoxError> {
            let mut listener = PgListener::connect_with(pool).await?;
            listener.listen("public.river_insert").await?;
            Ok(Self(listener))
        }

        pub(crate) async fn woken(&mut self) -> Result<bool, BoxError> {
            let heard = tokio::time::timeout(Duration::from_secs(20), self.0.recv());
            Ok(heard.await??.payload().contains("default"))
        }
    }
}

impl Driver for Client {
    async fn connect(url: &str, _: &PgPool) -> Result<Self, BoxError> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    async fn place_order(&mut self, order: i64, intent: Intent) -> Result<(), BoxError> {
        drivers::tokio_postgres::place_order(self, order, intent).await
    }

    async fn store(&mut self, order: i64, rows: &Rows, end: End) -> Result<(), BoxError> {
        let transaction = self.transaction().await?;
        transaction.batch_execute(&insert_order(order)).await?;
        drivers::tokio_postgres::store(&transaction, rows).await?;
        match end {
            End::Commit => transaction.commit().await?,
            End::Rollback => transaction.rollback().await?,
        }
        Ok(())
    }
}

impl Driver for AsyncPgConnection {
    async fn connect(url: &str, _: &PgPool) -> Result<Self, BoxError> {
        Ok(<Self as AsyncConnection>::establish(url).await?)
    }

    async fn place_order(&mut self, order: i64, intent: Intent) -> Result<(), BoxError> {
        drivers::diesel_async::place_order(self, order, intent).await
    }

    async fn store(&mut self, order: i64, rows: &Rows, end: End) -> Result<(), BoxError> {
        let insert = insert_order(order);
        let work = async |connection: &mut Self| {
            connection.batch_execute(&insert).await?;
            drivers::diesel_async::store(connection, rows).await?;
            match end {
                End::Commit => Ok(()),
                End::Rollback => Err(Error::RollbackTransaction),
            }
        };
        match self.transaction::<(), _, _>(work).await {
            Err(Error::RollbackTransaction) => Ok(()),
            ended => Ok(ended?),
        }
    }
}

impl Driver for DatabaseConnection {
    async fn connect(_: &str, pool: &PgPool) -> Result<Self, BoxError> {
        Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()))
    }

    async fn place_order(&mut self, order: i64, intent: Intent) -> Result<(), BoxError> {
        drivers::sea_orm::place_order(self, order, intent).await
    }

    async fn store(&mut self, order: i64, rows: &Rows, end: End) -> Result<(), BoxError> {
        let transaction = self.begin().await?;
        transaction.execute_unprepared(&insert_order(order)).await?;
        drivers::sea_orm::store(&transaction, rows).await?;
        match end {
            End::Commit => transaction.commit().await?,
            End::Rollback => transaction.rollback().await?,
        }
        Ok(())
    }
}

suite::tests! {
    with_tokio_postgres tokio_postgres::Client
    with_diesel_async diesel_async::AsyncPgConnection
    with_sea_orm sea_orm::DatabaseConnection
}

/// The futures of `place_order` are `Send`, so they can be spawned.
const _: fn(&mut Client, &mut AsyncPgConnection, &DatabaseConnection, [Intent; 3]) =
    |client, connection, database, [first, second, third]| {
        fn is_send<T: Send>(_: T) {}
        is_send(drivers::tokio_postgres::place_order(client, 7, first));
        is_send(drivers::diesel_async::place_order(connection, 7, second));
        is_send(drivers::sea_orm::place_order(database, 7, third));
    };
