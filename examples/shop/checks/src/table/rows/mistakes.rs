//! Invalid requests: nothing is enqueued.

use super::{Expected, Row, quiet};
use crate::call::Call;

pub(super) fn rows() -> Vec<Row> {
    let wrong = |call, status, detail| quiet(call, status, Expected::Problem(detail));
    let not_allowed = |call, methods| quiet(call, 405, Expected::Allowed(methods));
    vec![
        wrong(
            Call::post("/orders/1/payment", "card=good"),
            409,
            Some("order 1 is shipped, and would have to be placed"),
        ),
        wrong(
            Call::post("/orders/3/shipment", ""),
            409,
            Some("order 3 is placed, and would have to be paid"),
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
        wrong(
            Call::post("/orders/99/payment", "card=good"),
            404,
            Some("there is no order 99"),
        ),
        wrong(
            Call::get("/jobs?state=lost"),
            422,
            Some("there is no state `lost`"),
        ),
        wrong(Call::get("/jobs?wait=long"), 422, None),
        wrong(Call::get("/nowhere"), 404, None),
        not_allowed(Call::get("/imports"), "POST"),
        not_allowed(Call::by("DELETE", "/orders"), "GET,HEAD,POST"),
        not_allowed(Call::post("/items", ""), "GET,HEAD"),
    ]
}
