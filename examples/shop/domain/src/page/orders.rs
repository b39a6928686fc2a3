//! The order form, the orders with their next steps, and the stock.

use std::fmt::{self, Write};

use super::html::{euros, text};
use crate::item::Item;
use crate::notices::Form;
use crate::order::{Order, Status};

/// The default text of the import field.
const OLD_ORDERS: &str =
    "mug, 2, ada@example.org\nlamp, 1, grace@example.org\nposter, 3, alan@example.org";

/// Writes the forms that create orders. A failed form is shown again with its values and its key: sending it again
/// creates exactly one order, even if the first attempt was saved.
pub(super) fn place(page: &mut String, items: &[Item], failed: &Form, key: &str) -> fmt::Result {
    let sent = |path: &str| (failed.path == path).then_some(failed);
    let field = |name: &str, or: &str| {
        let sent = sent("/orders").and_then(|form| form.field(name));
        sent.unwrap_or(or).to_owned()
    };
    write!(
        page,
        r#"<section><h2>Order</h2><form id="place" method="post" action="/orders"><input type="hidden" name="key" value="{}">"#,
        text(field("key", key))
    )?;
    page.write_str(r#"<label>Item <select name="sku">"#)?;
    let chosen = field("sku", "");
    for Item {
        sku,
        name,
        price_cents,
        stock,
    } in items
    {
        let price = euros(*price_cents);
        write!(
            page,
            r#"<option value="{}"{}>{}, {price}, {stock} left</option>"#,
            text(sku),
            if *sku == chosen { " selected" } else { "" },
            text(name)
        )?;
    }
    write!(
        page,
        r#"</select></label>
<label>Quantity <input name="quantity" type="number" min="1" max="100" value="{}" required></label>
<label>Email <input name="email" type="email" value="{}" required></label>
<button>Place the order</button></form>
"#,
        text(field("quantity", "1")),
        text(field("email", "ada@example.org")),
    )?;
    page.write_str(
        r#"<form id="too-many" method="post" action="/orders"><input type="hidden" name="sku" value="lamp"><input type="hidden" name="quantity" value="99"><input type="hidden" name="email" value="ada@example.org">
<button class="fail">Order 99 lamps: out of stock</button></form>
"#,
    )?;
    let lines = sent("/imports").and_then(|form| form.field("lines"));
    write!(
        page,
        r#"<details{}><summary>Import old orders</summary><form id="import" method="post" action="/imports">
<label>One on each line: item, quantity, email <textarea name="lines" rows="4">{}</textarea></label>
<button>Import: indexed, nobody is mailed</button></form></details></section>
"#,
        if lines.is_some() { " open" } else { "" },
        text(lines.unwrap_or(OLD_ORDERS))
    )
}

pub(super) fn list(page: &mut String, orders: &[Order]) -> fmt::Result {
    page.write_str(r#"<section id="orders"><h2>Orders</h2>"#)?;
    if orders.is_empty() {
        page.write_str("<p>None yet.</p>")?;
    }
    page.write_str("<ul>\n")?;
    for order in orders {
        let Order {
            id,
            sku,
            quantity,
            email,
            total_cents,
            status,
        } = order;
        write!(
            page,
            r#"<li id="order-{id}"><p><strong>Order {id}</strong> <span class="status {status}">{status}</span><br>{quantity} × {}, {}<br>{}</p>"#,
            text(sku),
            euros(*total_cents),
            text(email)
        )?;
        match status {
            Status::Placed => write!(
                page,
                r#"<form id="pay-{id}" method="post" action="/orders/{id}/payment"><input type="hidden" name="card" value="good"><button>Pay</button></form>
<form id="refuse-{id}" method="post" action="/orders/{id}/payment"><input type="hidden" name="card" value="refused"><button class="fail">Pay: refused</button></form>"#
            )?,
            Status::Paid => write!(
                page,
                r#"<form id="ship-{id}" method="post" action="/orders/{id}/shipment"><button>Ship</button></form>"#
            )?,
            Status::Shipped => {}
        }
        page.write_str("</li>\n")?;
    }
    page.write_str("</ul></section>\n")
}

pub(super) fn stock(page: &mut String, items: &[Item]) -> fmt::Result {
    page.write_str(r#"<section id="stock"><h2>Stock</h2><ul>"#)?;
    for Item {
        sku, name, stock, ..
    } in items
    {
        let sku = text(sku);
        write!(
            page,
            r#"<li id="item-{sku}"><p><strong>{}</strong>: {stock}</p><form id="restock-{sku}" method="post" action="/items/{sku}/stock"><input type="hidden" name="quantity" value="5"><button>5 more</button></form></li>"#,
            text(name)
        )?;
    }
    page.write_str("</ul></section>\n")
}
