//! The mail server is broken: requests do not notice, and mails are retried until it is repaired.

use serde_json::json;

use super::{Expected, Row, order, quiet};
use crate::call::Call;

pub(super) fn rows() -> Vec<Row> {
    let with_key = "sku=mug&quantity=1&email=ada%40example.org&key=k1";
    let mut rows = vec![
        quiet(
            Call::post("/mail-server", "works=false"),
            200,
            Expected::Json(json!(false)),
        ),
        Row {
            call: Call::post("/orders/3/payment", "card=good"),
            status: 200,
            answer: Expected::Json(order(3, "poster", 3, 7500, "paid")),
            wishes: &[
                "shop.send_receipt dispatched",
                "shop.notify_warehouse dispatched",
                "shop.index_order dispatched",
            ],
            leaves: &[
                "warehouse: pack 3 poster for order 3",
                "search: index order 3 as paid",
            ],
            left_over: &["shop.send_receipt retrying"],
        },
        Row {
            call: Call::post("/orders", with_key),
            status: 201,
            answer: Expected::Json(order(4, "mug", 1, 1200, "placed")),
            wishes: &[
                "shop.effects.refresh_listing captured",
                "shop.send_confirmation dispatched",
                "shop.index_order dispatched",
                "shop.effects.refresh_listing dispatched",
            ],
            leaves: &["search: index order 4 as placed", "search: refresh mug"],
            left_over: &[
                "shop.send_receipt retrying",
                "shop.send_confirmation retrying",
            ],
        },
    ];
    rows.extend(sent_again(with_key));
    rows.extend(given_up_and_repaired());
    rows
}

/// A client sends its order again: there is one order, and its effects are enqueued once.
fn sent_again(with_key: &'static str) -> [Row; 2] {
    let left_over = &[
        "shop.send_receipt retrying",
        "shop.send_confirmation retrying",
    ];
    let other = "sku=mug&quantity=2&email=ada%40example.org&key=k1";
    let used = "the idempotency key was used for order 4, which is another one";
    [
        Row {
            left_over,
            ..quiet(
                Call::post("/orders", with_key),
                200,
                Expected::Json(order(4, "mug", 1, 1200, "placed")),
            )
        },
        Row {
            left_over,
            ..quiet(
                Call::post("/orders", other),
                422,
                Expected::Problem(Some(used)),
            )
        },
    ]
}

/// The alert is given up after two attempts, and the other mails are sent when the mail server works again.
fn given_up_and_repaired() -> [Row; 5] {
    let left_over = &[
        "shop.send_receipt retrying",
        "shop.send_confirmation retrying",
        "shop.send_confirmation retrying",
        "shop.alert_stock discarded",
    ];
    let discarded = |pointer, value| Row {
        left_over,
        ..quiet(
            Call::get("/jobs?state=discarded"),
            200,
            Expected::Part(pointer, value),
        )
    };
    [
        Row {
            call: Call::post("/orders", "sku=poster&quantity=1&email=ada%40example.org"),
            status: 201,
            answer: Expected::Json(order(5, "poster", 1, 2500, "placed")),
            wishes: &[
                "shop.effects.refresh_listing captured",
                "shop.send_confirmation dispatched",
                "shop.index_order dispatched",
                "shop.alert_stock dispatched",
                "shop.effects.refresh_listing dispatched",
            ],
            leaves: &["search: index order 5 as placed", "search: refresh poster"],
            left_over,
        },
        discarded("/0/attempt", json!(2)),
        discarded(
            "/0/error",
            json!("the effect returned an error: the mail server cannot be reached"),
        ),
        Row {
            leaves: &[
                "mail: to ada@example.org: You have paid 7500 cents for order 3.",
                "mail: to ada@example.org: We have your order 4.",
                "mail: to ada@example.org: We have your order 5.",
            ],
            left_over: &["shop.alert_stock discarded"],
            ..quiet(
                Call::post("/mail-server", "works=true"),
                200,
                Expected::Json(json!(true)),
            )
        },
        Row {
            left_over: &["shop.alert_stock discarded"],
            ..quiet(
                Call::get("/jobs?wait=done&state=retrying"),
                200,
                Expected::Json(json!([])),
            )
        },
    ]
}
