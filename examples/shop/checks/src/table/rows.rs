//! The rows of the table. Each builds on those before it.

use serde_json::{Value, json};

use super::{Expected, Row};
use crate::call::Call;

pub(super) fn all() -> Vec<Row> {
    let mut rows = buying();
    rows.extend(mistakes());
    rows.extend(failing_effects());
    rows.extend(browsing());
    rows
}

fn buying() -> Vec<Row> {
    vec![
        Row {
            call: Call::get("/orders"),
            status: 200,
            answer: Expected::Json(json!([])),
            wishes: &[],
            leaves: &[],
        },
        Row {
            call: Call::post("/orders", "sku=mug&quantity=2&email=ada%40example.org"),
            status: 201,
            answer: Expected::Json(order(1, "mug", 2, 2400, "placed")),
            wishes: &[
                "shop.effects.send_confirmation dispatched",
                "shop.effects.index_order dispatched",
                "shop.effects.refresh_listing dispatched",
            ],
            leaves: &[
                "mail: to ada@example.org: We have your order 1.",
                "search: index orders 1",
                "search: refresh mug",
            ],
        },
        // The rules fail, in the middle of the work: nothing leaves, and nothing is saved.
        Row {
            call: Call::post("/orders", "sku=lamp&quantity=3&email=ada%40example.org"),
            status: 409,
            answer: Expected::Problem(Some("out of stock: only 2 left of lamp")),
            wishes: &[
                "shop.effects.send_confirmation discarded",
                "shop.effects.index_order discarded",
            ],
            leaves: &[],
        },
        Row {
            call: Call::post("/orders/1/payment", "card=refused"),
            status: 402,
            answer: Expected::Problem(Some("payment refused for order 1")),
            wishes: &[
                "shop.effects.send_receipt discarded",
                "shop.effects.notify_warehouse discarded",
                "shop.effects.index_order discarded",
            ],
            leaves: &[],
        },
        Row {
            call: Call::get("/orders"),
            status: 200,
            answer: Expected::Json(json!([order(1, "mug", 2, 2400, "placed")])),
            wishes: &[],
            leaves: &[],
        },
        Row {
            call: Call::post("/orders/1/payment", "card=good"),
            status: 200,
            answer: Expected::Json(order(1, "mug", 2, 2400, "paid")),
            wishes: &[
                "shop.effects.send_receipt dispatched",
                "shop.effects.notify_warehouse dispatched",
                "shop.effects.index_order dispatched",
            ],
            leaves: &[
                "mail: to ada@example.org: You have paid 2400 cents for order 1.",
                "warehouse: pack 2 mug for order 1",
                "search: index orders 1",
            ],
        },
        // These leave after the response.
        Row {
            call: Call::post("/orders/1/shipment", ""),
            status: 200,
            answer: Expected::Json(order(1, "mug", 2, 2400, "shipped")),
            wishes: &[
                "shop.effects.send_parcel_notice dispatched",
                "shop.effects.index_order dispatched",
            ],
            leaves: &[
                "mail: to ada@example.org: Order 1 is on its way.",
                "search: index orders 1",
            ],
        },
        Row {
            call: Call::post("/items/mug/stock", "quantity=5"),
            status: 200,
            answer: Expected::Json(
                json!({"sku": "mug", "name": "Mug", "price_cents": 1200, "stock": 10}),
            ),
            wishes: &["shop.effects.refresh_listing dispatched"],
            leaves: &["search: refresh mug"],
        },
        // The same code under a policy, in the background, and both orders in one call.
        Row {
            call: Call::post(
                "/imports",
                "lines=mug,1,ada%40example.org%0Aposter,1,ada%40example.org",
            ),
            status: 202,
            answer: Expected::Json(json!([
                order(2, "mug", 1, 1200, "shipped"),
                order(3, "poster", 1, 2500, "shipped"),
            ])),
            wishes: &[
                "shop.effects.send_confirmation dropped",
                "shop.effects.index_order coalesced",
                "shop.effects.send_receipt dropped",
                "shop.effects.notify_warehouse dropped",
                "shop.effects.index_order coalesced",
                "shop.effects.send_parcel_notice dropped",
                "shop.effects.index_order dispatched",
                "shop.effects.send_confirmation dropped",
                "shop.effects.index_order coalesced",
                "shop.effects.send_receipt dropped",
                "shop.effects.notify_warehouse dropped",
                "shop.effects.index_order coalesced",
                "shop.effects.send_parcel_notice dropped",
                "shop.effects.index_order dispatched",
            ],
            leaves: &["search: index orders 2, 3"],
        },
        // Little is left: purchasing is told.
        Row {
            call: Call::post("/orders", "sku=poster&quantity=3&email=ada%40example.org"),
            status: 201,
            answer: Expected::Json(order(4, "poster", 3, 7500, "placed")),
            wishes: &[
                "shop.effects.send_confirmation dispatched",
                "shop.effects.index_order dispatched",
                "shop.effects.alert_stock dispatched",
                "shop.effects.refresh_listing dispatched",
            ],
            leaves: &[
                "mail: to ada@example.org: We have your order 4.",
                "search: index orders 4",
                "mail: to purchasing@shop.example: Only 1 left of poster.",
                "search: refresh poster",
            ],
        },
    ]
}

/// Requests that are wrong from the start: nothing is wished.
fn mistakes() -> Vec<Row> {
    let wrong = |call, status, detail| Row {
        call,
        status,
        answer: Expected::Problem(detail),
        wishes: &[],
        leaves: &[],
    };
    let not_allowed = |call, methods| Row {
        call,
        status: 405,
        answer: Expected::Allowed(methods),
        wishes: &[],
        leaves: &[],
    };
    vec![
        wrong(
            Call::post("/orders/1/payment", "card=good"),
            409,
            Some("order 1 is shipped, and would have to be placed"),
        ),
        wrong(
            Call::post("/orders/4/shipment", ""),
            409,
            Some("order 4 is placed, and would have to be paid"),
        ),
        wrong(
            Call::post("/orders", "sku=mug&quantity=0&email=ada%40example.org"),
            422,
            Some("the quantity must be from 1 to 100"),
        ),
        wrong(
            Call::post("/orders", "sku=mug&quantity=1&email=ada"),
            422,
            Some("the email must be an address"),
        ),
        wrong(Call::post("/orders", "sku=mug"), 422, None),
        wrong(
            Call::post("/orders", "sku=mug&quantity=many&email=a%40b"),
            422,
            None,
        ),
        wrong(
            Call::post("/orders", "sku=sofa&quantity=1&email=ada%40example.org"),
            404,
            Some("there is no item sofa"),
        ),
        wrong(Call::post("/items/mug/stock", "quantity=-1"), 422, None),
        wrong(
            Call::post("/imports", "lines=mug,1"),
            422,
            Some("not `sku, quantity, email`: mug,1"),
        ),
        wrong(Call::get("/orders/99"), 404, Some("there is no order 99")),
        wrong(Call::get("/orders/mine"), 404, None),
        wrong(Call::get("/nowhere"), 404, None),
        not_allowed(Call::get("/imports"), "POST"),
        not_allowed(Call::by("DELETE", "/orders"), "GET,HEAD,POST"),
        not_allowed(Call::post("/items", ""), "GET,HEAD"),
    ]
}

/// What a client is told when its order is saved, and what follows from it was not done.
const AFTER_COMMIT: &str = "It is saved, but not all that follows from it was done: that is parked, to be tried again. Sent again with its idempotency key, an order is answered with the one that exists";

/// The mail server is broken: what cannot be dispatched is parked, and tried again.
fn failing_effects() -> Vec<Row> {
    let with_key = "sku=mug&quantity=1&email=ada%40example.org&key=k1";
    let quiet = |call, status, answer| Row {
        call,
        status,
        answer,
        wishes: &[],
        leaves: &[],
    };
    vec![
        quiet(
            Call::post("/mail-server", "works=false"),
            200,
            Expected::Json(json!(false)),
        ),
        Row {
            call: Call::post("/orders/4/payment", "card=good"),
            status: 500,
            answer: Expected::Problem(Some(AFTER_COMMIT)),
            wishes: &[
                "shop.effects.send_receipt failed",
                "shop.effects.notify_warehouse not reached",
                "shop.effects.index_order not reached",
            ],
            leaves: &[],
        },
        Row {
            call: Call::post("/orders", with_key),
            status: 500,
            answer: Expected::Problem(Some(AFTER_COMMIT)),
            wishes: &[
                "shop.effects.send_confirmation failed",
                "shop.effects.index_order not reached",
                "shop.effects.refresh_listing not reached",
            ],
            leaves: &[],
        },
        // The client tries again: there is one order, and nothing follows from it twice.
        quiet(
            Call::post("/orders", with_key),
            200,
            Expected::Json(order(5, "mug", 1, 1200, "placed")),
        ),
        quiet(
            Call::post(
                "/orders",
                "sku=mug&quantity=2&email=ada%40example.org&key=k1",
            ),
            422,
            Expected::Problem(Some(
                "the idempotency key was used for order 5, which is another one",
            )),
        ),
        quiet(
            Call::post("/mail-server", "works=true"),
            200,
            Expected::Json(json!(true)),
        ),
        Row {
            call: Call::post("/parked", ""),
            status: 200,
            answer: Expected::Json(json!(6)),
            wishes: &[
                "shop.effects.send_receipt dispatched",
                "shop.effects.notify_warehouse dispatched",
                "shop.effects.index_order dispatched",
                "shop.effects.send_confirmation dispatched",
                "shop.effects.index_order dispatched",
                "shop.effects.refresh_listing dispatched",
            ],
            leaves: &[
                "mail: to ada@example.org: You have paid 7500 cents for order 4.",
                "warehouse: pack 3 poster for order 4",
                "search: index orders 4, 5",
                "mail: to ada@example.org: We have your order 5.",
                "search: refresh mug",
            ],
        },
        quiet(Call::post("/parked", ""), 200, Expected::Json(json!(0))),
    ]
}

fn browsing() -> Vec<Row> {
    vec![
        Row {
            call: Call::get("/catalogue"),
            status: 200,
            answer: Expected::Part("/effects/0/id", json!("shop.effects.alert_stock")),
            wishes: &[],
            leaves: &[],
        },
        Row {
            call: Call::get("/items"),
            status: 200,
            answer: Expected::Part("/2/stock", json!(1)),
            wishes: &[],
            leaves: &[],
        },
        Row {
            call: Call::get("/orders/1"),
            status: 200,
            answer: Expected::Json(order(1, "mug", 2, 2400, "shipped")),
            wishes: &[],
            leaves: &[],
        },
        Row {
            call: Call::post(
                "/orders",
                "sku=mug&quantity=1&email=%3Cb%3Eada%3C/b%3E%40example.org",
            )
            .from_browser(),
            status: 303,
            answer: Expected::Redirect("/?notice=1"),
            wishes: &[
                "shop.effects.send_confirmation dispatched",
                "shop.effects.index_order dispatched",
                "shop.effects.refresh_listing dispatched",
            ],
            leaves: &[
                "mail: to <b>ada</b>@example.org: We have your order 6.",
                "search: index orders 6",
                "search: refresh mug",
            ],
        },
        Row {
            call: Call::get("/?notice=1").from_browser(),
            status: 200,
            answer: Expected::Page {
                shows: &[
                    r#"<section id="notice" role="status"><h2>Done: POST /orders</h2>"#,
                    r#"<h3>POST /orders <span class="result good">success</span></h3>"#,
                    r#"<li id="order-6">"#,
                    "&lt;b&gt;ada&lt;/b&gt;@example.org",
                    "to &lt;b&gt;ada",
                    "by allow_only(shop.effects.index_order)",
                    "<h3>POST /orders/{order}/payment",
                    r#"<span class="result bad">flush failed</span>"#,
                    r##"coalesced</span> into <a href="#intent-"##,
                    "14 captured from import",
                    "<code>shop.effects.send_confirmation</code>(order: i64, email: String)",
                    "<code>import</code> may emit",
                ],
                lacks: &["<b>ada", "role=\"alert\"", "http://", "https://", "<script"],
            },
            wishes: &[],
            leaves: &[],
        },
        // The page tells what was wrong, and has the report of this very request; it can be loaded again.
        Row {
            call: Call::post("/orders/6/payment", "card=refused").from_browser(),
            status: 303,
            answer: Expected::Redirect("/?notice=2"),
            wishes: &[
                "shop.effects.send_receipt discarded",
                "shop.effects.notify_warehouse discarded",
                "shop.effects.index_order discarded",
            ],
            leaves: &[],
        },
        Row {
            call: Call::get("/?notice=2").from_browser(),
            status: 200,
            answer: Expected::Page {
                shows: &[
                    "role=\"alert\"><h2>402 Payment Required</h2>",
                    "payment refused for order 6.",
                    r#"<code>shop.effects.send_receipt</code> <span class="fate discarded">discarded</span>"#,
                ],
                lacks: &["http://", "https://", "<script"],
            },
            wishes: &[],
            leaves: &[],
        },
        // A form that failed is there again as it was.
        Row {
            call: Call::post(
                "/orders",
                "sku=poster&quantity=77&email=grace%40example.org&key=k2",
            )
            .from_browser(),
            status: 303,
            answer: Expected::Redirect("/?notice=3"),
            wishes: &[
                "shop.effects.send_confirmation discarded",
                "shop.effects.index_order discarded",
            ],
            leaves: &[],
        },
        Row {
            call: Call::get("/?notice=3").from_browser(),
            status: 200,
            answer: Expected::Page {
                shows: &[
                    "<h2>409 Conflict</h2>",
                    r#"name="key" value="k2""#,
                    r#"<option value="poster" selected>"#,
                    r#"value="77""#,
                    r#"value="grace@example.org""#,
                ],
                lacks: &[],
            },
            wishes: &[],
            leaves: &[],
        },
        Row {
            call: Call::by("HEAD", "/").from_browser(),
            status: 200,
            answer: Expected::Head,
            wishes: &[],
            leaves: &[],
        },
        Row {
            call: Call::get("/nowhere").from_browser(),
            status: 404,
            answer: Expected::Page {
                shows: &["role=\"alert\"><h2>404 Not Found</h2>"],
                lacks: &[],
            },
            wishes: &[],
            leaves: &[],
        },
    ]
}

/// An order in JSON.
fn order(id: i64, sku: &str, quantity: i64, cents: i64, status: &str) -> Value {
    json!({
        "id": id, "sku": sku, "quantity": quantity, "email": "ada@example.org", "total_cents": cents,
        "status": status,
    })
}
