//! Conversions of table rows to values of the domain.

use crate::item::Item;
use crate::order::{Order, Status};

/// The columns of an order: id, sku, quantity, email, total and status.
pub(super) type OrderRow = (i64, String, i64, String, i64, String);

/// The columns of an item: sku, name, price and stock.
pub(super) type ItemRow = (String, String, i64, i64);

pub(super) fn order_of(row: OrderRow) -> Result<Order, sqlx::Error> {
    let (id, sku, quantity, email, total_cents, status) = row;
    let unknown = || sqlx::Error::Decode(format!("no status: {status}").into());
    Ok(Order {
        id,
        sku,
        quantity,
        email,
        total_cents,
        status: Status::from_column(&status).ok_or_else(unknown)?,
    })
}

pub(super) fn item_of((sku, name, price_cents, stock): ItemRow) -> Item {
    Item {
        sku,
        name,
        price_cents,
        stock,
    }
}
