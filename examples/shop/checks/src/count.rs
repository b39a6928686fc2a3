//! Counts in a database of the shop.

use std::fmt;

use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, Connection};

/// The counts of one database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) orders: usize,
    /// Confirmations that were mailed.
    pub(crate) mails: usize,
    /// Orders with a mailed confirmation.
    pub(crate) told: usize,
    /// Retries of confirmations.
    pub(crate) again: usize,
    /// Jobs that are not finished.
    pub(crate) unfinished: usize,
    /// Discarded jobs.
    pub(crate) discarded: usize,
}

impl Counts {
    /// Reads the counts of a database.
    pub(crate) async fn read(database: &str) -> Self {
        install_default_drivers();
        let connection = AnyConnection::connect(database).await;
        let mut connection = connection.expect("the database is whole");
        let counts = Self {
            orders: count(&mut connection, "SELECT count(*) FROM orders").await,
            mails: count(
                &mut connection,
                "SELECT count(*) FROM sent WHERE what LIKE '%We have your order%'",
            )
            .await,
            told: count(
                &mut connection,
                "SELECT count(DISTINCT what) FROM sent WHERE what LIKE '%We have your order%'",
            )
            .await,
            again: count(
                &mut connection,
                "SELECT CAST(coalesce(sum(attempt - 1), 0) AS BIGINT) FROM river_job WHERE kind = 'shop.send_confirmation' AND attempt > 1",
            )
            .await,
            unfinished: count(
                &mut connection,
                "SELECT count(*) FROM river_job WHERE state NOT IN ('completed', 'discarded', 'cancelled')",
            )
            .await,
            discarded: count(
                &mut connection,
                "SELECT count(*) FROM river_job WHERE state IN ('discarded', 'cancelled')",
            )
            .await,
        };
        connection.close().await.expect("it closes");
        counts
    }

    /// Returns the number of orders without a mail.
    pub(crate) fn lost(self) -> usize {
        self.orders - self.told
    }

    /// Returns the number of mails that were duplicates.
    pub(crate) fn duplicates(self) -> usize {
        self.mails - self.told
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lost, duplicates) = (self.lost(), self.duplicates());
        let Self {
            orders,
            mails,
            again,
            unfinished,
            discarded,
            ..
        } = self;
        write!(
            f,
            "{orders} orders, {mails} mails, {lost} without a mail, {duplicates} twice; jobs: {again} tried again, {unfinished} unfinished, {discarded} discarded"
        )
    }
}

async fn count(database: &mut AnyConnection, query: &'static str) -> usize {
    let count: i64 = sqlx::query_scalar(query)
        .fetch_one(database)
        .await
        .expect("the table is there");
    count.try_into().expect("it is not negative")
}
