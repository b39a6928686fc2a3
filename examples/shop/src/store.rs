//! Orders and items in `SQLite`.

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
};
use sqlx::{Row, Sqlite, SqliteConnection, Transaction};

use crate::error::ShopError;
use crate::item::Item;
use crate::order::{NewOrder, Order, Status};
use crate::outside::Sent;

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    pool: SqlitePool,
}

impl Store {
    /// Opens a file, or a database in memory that ends with the process; and makes the tables.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub async fn open(file: Option<&Path>) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let pool = match file {
            Some(file) => {
                let options = options
                    .filename(file)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal);
                SqlitePoolOptions::new().connect_with(options).await?
            }
            // Each connection would be a database of its own, and the end of one the end of its data.
            None => {
                let one = SqlitePoolOptions::new()
                    .max_connections(1)
                    .idle_timeout(None)
                    .max_lifetime(None);
                one.connect_with(options.in_memory(true)).await?
            }
        };
        sqlx::raw_sql(include_str!("schema.sql"))
            .execute(&pool)
            .await?;
        Ok(Self { pool })
    }

    /// Begins to write. At once: a transaction that only reads at first may find the door closed later.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) async fn orders(&self) -> Result<Vec<Order>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM orders ORDER BY id DESC LIMIT 50");
        let rows = rows.fetch_all(&self.pool).await?;
        rows.iter().map(order_of).collect()
    }

    pub(crate) async fn order(&self, id: i64) -> Result<Order, ShopError> {
        let row = sqlx::query("SELECT * FROM orders WHERE id = ?").bind(id);
        let row = row.fetch_optional(&self.pool).await?;
        let row = row.ok_or_else(|| ShopError::NoSuchOrder(id.to_string()))?;
        Ok(order_of(&row)?)
    }

    /// Saves a change of status, unless the order has changed since it was loaded.
    pub(crate) async fn save_status(&self, order: &Order, from: Status) -> Result<(), ShopError> {
        let update = sqlx::query("UPDATE orders SET status = ? WHERE id = ? AND status = ?")
            .bind(order.status.as_str())
            .bind(order.id)
            .bind(from.as_str());
        match update.execute(&self.pool).await?.rows_affected() {
            0 => Err(ShopError::Changed(order.id)),
            _ => Ok(()),
        }
    }

    pub(crate) async fn items(&self) -> Result<Vec<Item>, sqlx::Error> {
        let rows = sqlx::query("SELECT * FROM items ORDER BY sku");
        let rows = rows.fetch_all(&self.pool).await?;
        rows.iter().map(item_of).collect()
    }

    /// A text that nobody can guess.
    pub(crate) async fn random(&self) -> Result<String, sqlx::Error> {
        let random = sqlx::query_scalar("SELECT lower(hex(randomblob(16)))");
        random.fetch_one(&self.pool).await
    }

    pub(crate) async fn note_sent(&self, via: &str, what: &str) -> Result<(), sqlx::Error> {
        let insert = sqlx::query("INSERT INTO sent (via, what) VALUES (?, ?)");
        insert.bind(via).bind(what).execute(&self.pool).await?;
        Ok(())
    }

    /// What has reached the world outside, the newest first.
    ///
    /// # Errors
    ///
    /// When the database fails.
    pub async fn sent(&self) -> Result<Vec<Sent>, sqlx::Error> {
        let rows = sqlx::query("SELECT via, what FROM sent ORDER BY id DESC LIMIT 50");
        let rows = rows.fetch_all(&self.pool).await?;
        let sent = |row: &SqliteRow| {
            Ok(Sent {
                via: row.try_get("via")?,
                what: row.try_get("what")?,
            })
        };
        rows.iter().map(sent).collect()
    }
}

/// Writes a new order down.
pub(crate) async fn insert_order(
    connection: &mut SqliteConnection,
    new: &NewOrder,
    item: &Item,
) -> Result<Order, sqlx::Error> {
    let insert = sqlx::query(
        "INSERT INTO orders (sku, quantity, email, total_cents, status, key) VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
    )
    .bind(&new.sku)
    .bind(new.quantity)
    .bind(&new.email)
    .bind(new.quantity * item.price_cents)
    .bind(Status::Placed.as_str())
    .bind(&new.key);
    order_of(&insert.fetch_one(connection).await?)
}

/// The order that a request with the same key has made.
pub(crate) async fn order_with_key(
    connection: &mut SqliteConnection,
    new: &NewOrder,
) -> Result<Option<Order>, sqlx::Error> {
    let Some(key) = &new.key else {
        return Ok(None);
    };
    let row = sqlx::query("SELECT * FROM orders WHERE key = ?").bind(key);
    let row = row.fetch_optional(connection).await?;
    row.as_ref().map(order_of).transpose()
}

pub(crate) async fn update_order(
    connection: &mut SqliteConnection,
    order: &Order,
) -> Result<(), sqlx::Error> {
    let update = sqlx::query("UPDATE orders SET status = ? WHERE id = ?")
        .bind(order.status.as_str())
        .bind(order.id);
    update.execute(connection).await?;
    Ok(())
}

pub(crate) async fn item(connection: &mut SqliteConnection, sku: &str) -> Result<Item, ShopError> {
    let row = sqlx::query("SELECT * FROM items WHERE sku = ?").bind(sku);
    let row = row.fetch_optional(connection).await?;
    let row = row.ok_or_else(|| ShopError::NoSuchItem(sku.to_owned()))?;
    Ok(item_of(&row)?)
}

pub(crate) async fn update_item(
    connection: &mut SqliteConnection,
    item: &Item,
) -> Result<(), sqlx::Error> {
    let update = sqlx::query("UPDATE items SET stock = ? WHERE sku = ?")
        .bind(item.stock)
        .bind(&item.sku);
    update.execute(connection).await?;
    Ok(())
}

fn order_of(row: &SqliteRow) -> Result<Order, sqlx::Error> {
    let status: String = row.try_get("status")?;
    Ok(Order {
        id: row.try_get("id")?,
        sku: row.try_get("sku")?,
        quantity: row.try_get("quantity")?,
        email: row.try_get("email")?,
        total_cents: row.try_get("total_cents")?,
        status: Status::from_column(&status)
            .ok_or_else(|| sqlx::Error::Decode(format!("no status: {status}").into()))?,
    })
}

fn item_of(row: &SqliteRow) -> Result<Item, sqlx::Error> {
    Ok(Item {
        sku: row.try_get("sku")?,
        name: row.try_get("name")?,
        price_cents: row.try_get("price_cents")?,
        stock: row.try_get("stock")?,
    })
}
