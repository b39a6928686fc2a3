//! From the first order to the last item.

use serde_json::json;

use super::{Expected, Row, order, quiet};
use crate::call::Call;

pub(super) fn rows() -> Vec<Row> {
    vec![
        quiet(Call::get("/orders"), 200, Expected::Json(json!([]))),
        Row {
            call: Call::post("/orders", "sku=mug&quantity=2&email=ada%40example.org"),
            status: 201,
            answer: Expected::Json(order(1, "mug", 2, 2400, "placed")),
            // The first three belong to the transaction, the last one to the request around it.
            wishes: &[
                "shop.effects.refresh_listing captured",
                "shop.send_confirmation dispatched",
                "shop.index_order dispatched",
                "shop.effects.refresh_listing dispatched",
            ],
            leaves: &[
                "mail: to ada@example.org: We have your order 1.",
                "search: index order 1 as placed",
                "search: refresh mug",
            ],
            left_over: &[],
        },
        // The domain rejects the order half-way: nothing is dispatched, and nothing is saved.
        Row {
            call: Call::post("/orders", "sku=lamp&quantity=3&email=ada%40example.org"),
            status: 409,
            answer: Expected::Problem(Some("out of stock: only 2 left of lamp")),
            wishes: &[
                "shop.send_confirmation discarded",
                "shop.index_order discarded",
            ],
            leaves: &[],
            left_over: &[],
        },
        // The bank is asked before anything is enqueued.
        quiet(
            Call::post("/orders/1/payment", "card=refused"),
            402,
            Expected::Problem(Some("payment refused for order 1")),
        ),
        quiet(
            Call::get("/orders"),
            200,
            Expected::Json(json!([order(1, "mug", 2, 2400, "placed")])),
        ),
        Row {
            call: Call::post("/orders/1/payment", "card=good"),
            status: 200,
            answer: Expected::Json(order(1, "mug", 2, 2400, "paid")),
            wishes: &[
                "shop.send_receipt dispatched",
                "shop.notify_warehouse dispatched",
                "shop.index_order dispatched",
            ],
            leaves: &[
                "mail: to ada@example.org: You have paid 2400 cents for order 1.",
                "warehouse: pack 2 mug for order 1",
                "search: index order 1 as paid",
            ],
            left_over: &[],
        },
        Row {
            call: Call::post("/orders/1/shipment", ""),
            status: 200,
            answer: Expected::Json(order(1, "mug", 2, 2400, "shipped")),
            wishes: &[
                "shop.send_parcel_notice dispatched",
                "shop.index_order dispatched",
            ],
            leaves: &[
                "mail: to ada@example.org: Order 1 is on its way.",
                "search: index order 1 as shipped",
            ],
            left_over: &[],
        },
        Row {
            call: Call::post("/items/mug/stock", "quantity=5"),
            status: 200,
            answer: Expected::Json(
                json!({"sku": "mug", "name": "Mug", "price_cents": 1200, "stock": 10}),
            ),
            wishes: &[
                "shop.effects.refresh_listing captured",
                "shop.effects.refresh_listing dispatched",
            ],
            leaves: &["search: refresh mug"],
            left_over: &[],
        },
        // The same domain code under a policy.
        Row {
            call: Call::post("/imports", "lines=mug,1,ada%40example.org"),
            status: 201,
            answer: Expected::Json(json!([order(2, "mug", 1, 1200, "shipped")])),
            wishes: &[
                "shop.send_confirmation dropped",
                "shop.index_order dispatched",
                "shop.send_receipt dropped",
                "shop.notify_warehouse dropped",
                "shop.index_order dispatched",
                "shop.send_parcel_notice dropped",
                "shop.index_order dispatched",
            ],
            leaves: &[
                "search: index order 2 as placed",
                "search: index order 2 as paid",
                "search: index order 2 as shipped",
            ],
            left_over: &[],
        },
        // The stock is low, so purchasing is alerted.
        Row {
            call: Call::post("/orders", "sku=poster&quantity=3&email=ada%40example.org"),
            status: 201,
            answer: Expected::Json(order(3, "poster", 3, 7500, "placed")),
            wishes: &[
                "shop.effects.refresh_listing captured",
                "shop.send_confirmation dispatched",
                "shop.index_order dispatched",
                "shop.alert_stock dispatched",
                "shop.effects.refresh_listing dispatched",
            ],
            leaves: &[
                "mail: to ada@example.org: We have your order 3.",
                "search: index order 3 as placed",
                "mail: to purchasing@shop.example: Only 1 left of poster.",
                "search: refresh poster",
            ],
            left_over: &[],
        },
    ]
}
