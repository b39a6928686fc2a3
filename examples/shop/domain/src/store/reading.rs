//! Queries outside of transactions, and the writes of the demo's outside world.

use super::Store;
use super::both::{Both, on_both};
use super::rows::{ItemRow, OrderRow, item_of, order_of};
use crate::error::ShopError;
use crate::item::Item;
use crate::order::Order;
use crate::outside::Sent;

impl Store {
    pub(crate) async fn orders(&self) -> Result<Vec<Order>, sqlx::Error> {
        let query = "SELECT id, sku, quantity, email, total_cents, status FROM orders ORDER BY id DESC LIMIT 50";
        let rows: Vec<OrderRow> =
            on_both!(&self.pool, pool => sqlx::query_as(query).fetch_all(pool).await)?;
        rows.into_iter().map(order_of).collect()
    }

    pub(crate) async fn order(&self, id: i64) -> Result<Order, ShopError> {
        let query =
            "SELECT id, sku, quantity, email, total_cents, status FROM orders WHERE id = $1";
        let row: Option<OrderRow> = on_both!(
            &self.pool,
            pool => sqlx::query_as(query).bind(id).fetch_optional(pool).await
        )?;
        let row = row.ok_or_else(|| ShopError::NoSuchOrder(id.to_string()))?;
        Ok(order_of(row)?)
    }

    pub(crate) async fn items(&self) -> Result<Vec<Item>, sqlx::Error> {
        let query = "SELECT sku, name, price_cents, stock FROM items ORDER BY sku";
        let rows: Vec<ItemRow> =
            on_both!(&self.pool, pool => sqlx::query_as(query).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(item_of).collect())
    }

    /// Returns a random string that nobody can guess.
    pub(crate) async fn random(&self) -> Result<String, sqlx::Error> {
        let query = match &self.pool {
            Both::Sqlite(_) => "SELECT lower(hex(randomblob(16)))",
            Both::Postgres(_) => "SELECT replace(gen_random_uuid()::text, '-', '')",
        };
        on_both!(&self.pool, pool => sqlx::query_scalar(query).fetch_one(pool).await)
    }

    pub(crate) async fn note_sent(&self, via: &str, what: &str) -> Result<(), sqlx::Error> {
        let insert = "INSERT INTO sent (via, what) VALUES ($1, $2)";
        on_both!(&self.pool, pool => {
            let insert = sqlx::query(insert).bind(via).bind(what);
            insert.execute(pool).await.map(drop)
        })
    }

    pub(crate) async fn mail_works(&self) -> Result<bool, sqlx::Error> {
        let query = "SELECT works FROM mail_server";
        on_both!(&self.pool, pool => sqlx::query_scalar(query).fetch_one(pool).await)
    }

    pub(crate) async fn set_mail_works(&self, works: bool) -> Result<(), sqlx::Error> {
        let update = "UPDATE mail_server SET works = $1";
        on_both!(&self.pool, pool => {
            sqlx::query(update).bind(works).execute(pool).await.map(drop)
        })
    }

    /// Returns everything that was sent to the outside world, newest first.
    ///
    /// # Errors
    ///
    /// Returns an error if the database fails.
    pub async fn sent(&self) -> Result<Vec<Sent>, sqlx::Error> {
        let query = "SELECT via, what FROM sent ORDER BY id DESC LIMIT 50";
        let rows: Vec<(String, String)> =
            on_both!(&self.pool, pool => sqlx::query_as(query).fetch_all(pool).await)?;
        let sent = rows.into_iter().map(|(via, what)| Sent { via, what });
        Ok(sent.collect())
    }
}
