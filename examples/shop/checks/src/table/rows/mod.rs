//! The rows of the table. Each depends on those before it.

mod browsing;
mod buying;
mod failing;
mod mistakes;

use serde_json::{Value, json};

use super::{Expected, Row};
use crate::call::Call;

pub(super) fn all() -> Vec<Row> {
    let mut rows = buying::rows();
    rows.extend(mistakes::rows());
    rows.extend(failing::rows());
    rows.extend(browsing::rows());
    rows
}

/// Returns an order as JSON.
fn order(id: i64, sku: &str, quantity: i64, cents: i64, status: &str) -> Value {
    json!({
        "id": id, "sku": sku, "quantity": quantity, "email": "ada@example.org", "total_cents": cents,
        "status": status,
    })
}

/// Returns a row whose request enqueues nothing.
fn quiet(call: Call, status: u16, answer: Expected) -> Row {
    Row {
        call,
        status,
        answer,
        wishes: &[],
        leaves: &[],
        left_over: &[],
    }
}
