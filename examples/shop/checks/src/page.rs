//! The page, as somebody with a phone uses it.

use serde_json::json;

use crate::browser::{Browser, SCREEN};

/// Uses the page of a new shop that listens here, as somebody with a mouse would.
pub fn check(address: &str) {
    let home = format!("http://{address}/");
    let mut browser = Browser::start();
    browser.go(&home);
    assert_eq!(browser.text("h1"), "The shop");
    assert!(browser.text("#orders").contains("None yet."));
    assert!(
        browser
            .text("#catalogue")
            .contains("shop.effects.notify_warehouse")
    );

    // An order, from placed to shipped.
    browser.click("#place button");
    assert!(browser.text("#order-1").contains("placed"));
    assert!(browser.text("#sent").contains("We have your order 1."));
    browser.click("#refuse-1 button");
    assert!(browser.text("#notice").contains("402 Payment Required"));
    assert!(browser.text("#order-1").contains("placed"));
    assert!(
        browser
            .text(".report")
            .contains("shop.effects.send_receipt discarded")
    );
    assert!(!browser.text("#sent").contains("You have paid"));
    browser.click("#pay-1 button");
    assert!(browser.text("#order-1").contains("paid"));
    assert!(
        browser
            .text("#sent")
            .contains("You have paid 4900 cents for order 1.")
    );
    browser.click("#ship-1 button");
    assert!(browser.text("#order-1").contains("shipped"));
    browser.go_until(
        &home,
        ".report",
        "shop.effects.send_parcel_notice dispatched",
    );

    // What fails on purpose.
    browser.click("#too-many button");
    assert!(
        browser
            .text("#notice")
            .contains("out of stock: only 1 left of lamp")
    );
    assert!(
        browser
            .text(".report")
            .contains("shop.effects.send_confirmation discarded")
    );
    browser.click("#restock-lamp button");
    assert!(browser.text("#item-lamp").contains("Desk lamp: 6"));
    browser.go_until(&home, ".report", "shop.effects.refresh_listing dispatched");

    // A policy that drops.
    browser.value("document.querySelector('details').open = true");
    browser.click("#import button");
    let report = browser.text(".report");
    assert!(
        report.contains("dropped by allow_only(shop.effects.index_order)"),
        "{report}"
    );

    // Effects that fail, and are tried again.
    browser.click("#mail button");
    browser.click("#place button");
    assert!(
        browser
            .text("#notice")
            .contains("500 Internal Server Error")
    );
    assert!(
        browser
            .text(".report")
            .contains("the mail server cannot be reached")
    );
    assert_eq!(browser.text("#parked"), "3");
    browser.click("#mail button");
    browser.click("#again button");
    assert_eq!(browser.text("#parked"), "0");
    assert!(browser.text("#sent").contains("We have your order 5."));

    // Nothing is wider than the screen, is a script, or comes from elsewhere.
    let width = browser.value("document.documentElement.scrollWidth");
    assert!(
        width.as_u64().is_some_and(|width| width <= SCREEN.0.into()),
        "{width} px wide"
    );
    assert_eq!(browser.value("document.scripts.length"), json!(0));
    let style = browser.value("getComputedStyle(document.querySelector('section')).borderRadius");
    assert_ne!(style, json!("0px"), "the stylesheet is not applied");
    let foreign = |url: &&String| !url.starts_with(&home) && !url.starts_with("data:");
    let foreign: Vec<_> = browser.requests().iter().filter(foreign).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert!(
        browser
            .requests()
            .iter()
            .any(|url| url.ends_with("/style.css"))
    );
}
