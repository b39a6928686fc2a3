//! Imports old orders: the same domain code, under a policy.

use airlock::policy::allow_only;

use crate::effects::{
    IndexOrder, NotifyWarehouse, SendConfirmation, SendParcelNotice, SendReceipt,
};
use crate::error::ShopError;
use crate::order::{NewOrder, Order};
use crate::shop::Shop;

/// Imports orders that were shipped long ago. They use the same domain code as every order, so all of its effects are
/// enqueued. But nobody must be mailed about last year's parcel: only what the policy allows is stored.
///
/// # Errors
///
/// [`ShopError::Invalid`], [`ShopError::NoSuchItem`]. In this case no order is imported.
#[airlock::boundary(
    name = "import",
    policy = allow_only::<IndexOrder>(),
    emits(SendConfirmation, SendReceipt, SendParcelNotice, NotifyWarehouse, IndexOrder)
)]
pub async fn import_orders(shop: &Shop, lines: &str) -> Result<Vec<Order>, ShopError> {
    shop.transaction("import", async |mut tx| {
        let mut orders = Vec::new();
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let new = parse(line)?;
            let item = tx.item(&new.sku).await?;
            let mut order = tx.insert_order(&new, &item).await?;
            order.confirm();
            order.mark_paid()?;
            order.ship()?;
            tx.save_status(&order).await?;
            orders.push(order);
        }
        Ok(orders)
    })
    .await
}

/// Parses a line like `mug, 2, ada@example.org`.
fn parse(line: &str) -> Result<NewOrder, ShopError> {
    let wrong = || ShopError::Invalid(format!("not `sku, quantity, email`: {line}"));
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [sku, quantity, email] = fields[..] else {
        return Err(wrong());
    };
    let new = NewOrder {
        sku: sku.to_owned(),
        quantity: quantity.parse().map_err(|_| wrong())?,
        email: email.to_owned(),
        key: None,
    };
    new.check()?;
    Ok(new)
}
