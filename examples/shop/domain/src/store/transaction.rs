//! Queries within a transaction.

use sqlx::{PgConnection, SqliteConnection};

use super::both::{Both, on_both};
use super::rows::{ItemRow, OrderRow, item_of, order_of};
use crate::error::ShopError;
use crate::item::Item;
use crate::order::{NewOrder, Order, Status};

/// An open transaction. It is committed if the work in it succeeds.
#[derive(Debug)]
pub(crate) struct Transaction<'c> {
    connection: Both<&'c mut SqliteConnection, &'c mut PgConnection>,
}

impl<'c> Transaction<'c> {
    pub(super) fn on(connection: Both<&'c mut SqliteConnection, &'c mut PgConnection>) -> Self {
        Self { connection }
    }

    /// Loads an order and locks it until the transaction ends. The no-op update takes the lock in both databases,
    /// since SQLite has no `FOR UPDATE`.
    pub(crate) async fn lock_order(&mut self, id: i64) -> Result<Order, ShopError> {
        let update = "UPDATE orders SET status = status WHERE id = $1 RETURNING id, sku, quantity, email, total_cents, status";
        let row: Option<OrderRow> = on_both!(&mut self.connection, it => {
            sqlx::query_as(update).bind(id).fetch_optional(&mut **it).await
        })?;
        let row = row.ok_or_else(|| ShopError::NoSuchOrder(id.to_string()))?;
        Ok(order_of(row)?)
    }

    /// Loads an item and locks it, as [`lock_order`](Self::lock_order) does.
    pub(crate) async fn lock_item(&mut self, sku: &str) -> Result<Item, ShopError> {
        let update =
            "UPDATE items SET stock = stock WHERE sku = $1 RETURNING sku, name, price_cents, stock";
        self.item_by(update, sku).await
    }

    /// Loads an item without a lock, for work that does not change its stock.
    pub(crate) async fn item(&mut self, sku: &str) -> Result<Item, ShopError> {
        let query = "SELECT sku, name, price_cents, stock FROM items WHERE sku = $1";
        self.item_by(query, sku).await
    }

    async fn item_by(&mut self, query: &'static str, sku: &str) -> Result<Item, ShopError> {
        let row: Option<ItemRow> = on_both!(&mut self.connection, it => {
            sqlx::query_as(query).bind(sku).fetch_optional(&mut **it).await
        })?;
        let row = row.ok_or_else(|| ShopError::NoSuchItem(sku.to_owned()))?;
        Ok(item_of(row))
    }

    /// Loads the order that an earlier request with the same key has created.
    pub(crate) async fn order_with_key(
        &mut self,
        new: &NewOrder,
    ) -> Result<Option<Order>, sqlx::Error> {
        let Some(key) = &new.key else {
            return Ok(None);
        };
        let query =
            "SELECT id, sku, quantity, email, total_cents, status FROM orders WHERE key = $1";
        let row: Option<OrderRow> = on_both!(&mut self.connection, it => {
            sqlx::query_as(query).bind(key).fetch_optional(&mut **it).await
        })?;
        row.map(order_of).transpose()
    }

    /// Saves a new order.
    pub(crate) async fn insert_order(
        &mut self,
        new: &NewOrder,
        item: &Item,
    ) -> Result<Order, ShopError> {
        let order = Order {
            id: self.next_number().await?,
            sku: new.sku.clone(),
            quantity: new.quantity,
            email: new.email.clone(),
            total_cents: new.quantity * item.price_cents,
            status: Status::Placed,
        };
        let insert = "INSERT INTO orders (id, sku, quantity, email, total_cents, status, key) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let inserted = on_both!(&mut self.connection, it => sqlx::query(insert)
            .bind(order.id)
            .bind(&order.sku)
            .bind(order.quantity)
            .bind(&order.email)
            .bind(order.total_cents)
            .bind(order.status.as_str())
            .bind(&new.key)
            .execute(&mut **it)
            .await
            .map(drop));
        match inserted {
            Ok(()) => Ok(order),
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
                Err(ShopError::KeyInUse)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the number of the next order. A rollback releases the number.
    async fn next_number(&mut self) -> Result<i64, sqlx::Error> {
        let update = "UPDATE numbers SET last = last + 1 WHERE name = 'order' RETURNING last";
        on_both!(&mut self.connection, it => {
            sqlx::query_scalar(update).fetch_one(&mut **it).await
        })
    }

    pub(crate) async fn save_status(&mut self, order: &Order) -> Result<(), sqlx::Error> {
        let update = "UPDATE orders SET status = $1 WHERE id = $2";
        on_both!(&mut self.connection, it => {
            let update = sqlx::query(update).bind(order.status.as_str()).bind(order.id);
            update.execute(&mut **it).await.map(drop)
        })
    }

    pub(crate) async fn save_stock(&mut self, item: &Item) -> Result<(), sqlx::Error> {
        let update = "UPDATE items SET stock = $1 WHERE sku = $2";
        on_both!(&mut self.connection, it => {
            let update = sqlx::query(update).bind(item.stock).bind(&item.sku);
            update.execute(&mut **it).await.map(drop)
        })
    }
}
