//! Requests of a browser.

use serde_json::json;

use super::{Expected, Row, order, quiet};
use crate::call::Call;

/// The alert that could not be mailed and was given up. It remains in all following rows.
const GIVEN_UP: &[&str] = &["shop.alert_stock discarded"];

pub(super) fn rows() -> Vec<Row> {
    let mut rows = vec![
        seen(
            Call::get("/catalogue"),
            Expected::Part("/effects/1/id", json!("shop.effects.refresh_listing")),
        ),
        seen(Call::get("/items"), Expected::Part("/2/stock", json!(0))),
        seen(
            Call::get("/orders/1"),
            Expected::Json(order(1, "mug", 2, 2400, "shipped")),
        ),
        seen(
            Call::get("/jobs"),
            Expected::Part("/0/arguments", json!({"left": 0, "sku": "poster"})),
        ),
    ];
    rows.extend(ordered());
    rows.extend(failed());
    rows.extend([
        seen(Call::by("HEAD", "/").from_browser(), Expected::Head),
        Row {
            status: 404,
            ..seen(
                Call::get("/nowhere").from_browser(),
                Expected::Page {
                    shows: &["role=\"alert\"><h2>404 Not Found</h2>"],
                    lacks: &[],
                },
            )
        },
    ]);
    rows
}

fn seen(call: Call, answer: Expected) -> Row {
    Row {
        left_over: GIVEN_UP,
        ..quiet(call, 200, answer)
    }
}

/// A form leads back to the page, which shows its outcome.
fn ordered() -> [Row; 2] {
    let form = "sku=mug&quantity=1&email=%3Cb%3Eada%3C/b%3E%40example.org";
    [
        Row {
            call: Call::post("/orders", form).from_browser(),
            status: 303,
            answer: Expected::Redirect("/?notice=1"),
            wishes: &[
                "shop.effects.refresh_listing captured",
                "shop.send_confirmation dispatched",
                "shop.index_order dispatched",
                "shop.effects.refresh_listing dispatched",
            ],
            leaves: &[
                "mail: to <b>ada</b>@example.org: We have your order 6.",
                "search: index order 6 as placed",
                "search: refresh mug",
            ],
            left_over: GIVEN_UP,
        },
        seen(
            Call::get("/?notice=1").from_browser(),
            Expected::Page {
                shows: &[
                    r#"<section id="notice" role="status"><h2>Done: POST /orders</h2>"#,
                    r#"<h3>POST /orders: place <span class="result good">success</span></h3>"#,
                    r#"<h3>POST /orders: request <span class="result good">success</span></h3>"#,
                    r#"<li id="order-6">"#,
                    "&lt;b&gt;ada&lt;/b&gt;@example.org",
                    "to &lt;b&gt;ada",
                    "by allow_only(shop.index_order)",
                    "<h3>POST /orders/{order}/payment: pay",
                    r#"<code>shop.alert_stock</code> <span class="state discarded">discarded</span><br>left: 0, sku: &quot;poster&quot;<br><small>Job "#,
                    r#"<span class="error">the effect returned an error: the mail server cannot be reached</span>"#,
                    r#"<code>shop.send_confirmation</code> <span class="state performed">performed</span><br>email: &quot;sealed&quot;, order: 6"#,
                    "<code>shop.send_confirmation</code>(order: i64, email: String)",
                    "<code>import</code> may emit",
                ],
                lacks: &["<b>ada", "role=\"alert\"", "http://", "https://", "<script"],
            },
        ),
    ]
}

/// The page shows the problem, and the report of this request; it can be reloaded. The form is shown again with its
/// values.
fn failed() -> [Row; 4] {
    let form = "sku=poster&quantity=77&email=grace%40example.org&key=k2";
    [
        Row {
            status: 303,
            ..seen(
                Call::post("/orders/6/payment", "card=refused").from_browser(),
                Expected::Redirect("/?notice=2"),
            )
        },
        seen(
            Call::get("/?notice=2").from_browser(),
            Expected::Page {
                shows: &[
                    "role=\"alert\"><h2>402 Payment Required</h2>",
                    "payment refused for order 6.",
                ],
                lacks: &["http://", "https://", "<script"],
            },
        ),
        Row {
            call: Call::post("/orders", form).from_browser(),
            status: 303,
            answer: Expected::Redirect("/?notice=3"),
            wishes: &[
                "shop.send_confirmation discarded",
                "shop.index_order discarded",
            ],
            leaves: &[],
            left_over: GIVEN_UP,
        },
        seen(
            Call::get("/?notice=3").from_browser(),
            Expected::Page {
                shows: &[
                    "<h2>409 Conflict</h2>",
                    r#"<code>shop.send_confirmation</code> <span class="fate discarded">discarded</span>"#,
                    r#"name="key" value="k2""#,
                    r#"<option value="poster" selected>"#,
                    r#"value="77""#,
                    r#"value="grace@example.org""#,
                ],
                lacks: &[],
            },
        ),
    ]
}
