//! The page, as somebody uses it with a mouse, on a phone and on a desktop.

use serde_json::json;

use crate::browser::{Browser, DESKTOP, PHONE, Screen};

/// Uses the page of a new shop that listens here, as somebody with a mouse would.
pub fn check(address: &str) {
    let home = format!("http://{address}/");
    let mut browser = Browser::start();
    browser.screen(PHONE);
    browser.go(&home);
    assert_eq!(browser.text("h1"), "The shop");
    assert!(browser.text("#orders").contains("None yet."));
    assert!(
        browser
            .text("#catalogue")
            .contains("shop.effects.notify_warehouse")
    );
    order(&mut browser, &home);
    fail_on_purpose(&mut browser, &home);
    import(&mut browser);
    break_the_mail(&mut browser);
    for screen in [PHONE, DESKTOP] {
        look(&mut browser, &home, screen);
    }
    look_for_strangers(&mut browser, &home);
}

/// An order, from placed to shipped.
fn order(browser: &mut Browser, home: &str) {
    browser.click("#place button");
    assert!(browser.text("#notice").contains("Done: POST /orders"));
    assert!(
        browser
            .text("#notice .report")
            .contains("Report 1, scope @")
    );
    assert!(browser.text("#order-1").contains("placed"));
    assert!(browser.text("#sent").contains("We have your order 1."));
    // Loading the page again orders nothing again.
    let address = browser.value("location.href");
    browser.go(address.as_str().expect("an address"));
    assert!(browser.text("#notice").contains("Done: POST /orders"));
    assert!(!browser.text("#orders").contains("Order 2"));

    browser.click("#refuse-1 button");
    assert!(browser.text("#notice").contains("402 Payment Required"));
    assert!(browser.text("#order-1").contains("placed"));
    assert!(
        browser
            .text("#notice .report")
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
        home,
        ".report",
        "shop.effects.send_parcel_notice dispatched",
    );
}

/// What cannot be: the form is there again as it was sent.
fn fail_on_purpose(browser: &mut Browser, home: &str) {
    browser.value("document.querySelector('#place [name=quantity]').value = '50'");
    browser.value("document.querySelector('#place [name=email]').value = 'grace@example.org'");
    browser.click("#place button");
    let notice = browser.text("#notice");
    assert!(
        notice.contains("out of stock: only 1 left of lamp"),
        "{notice}"
    );
    assert!(
        notice.contains("shop.effects.send_confirmation discarded"),
        "{notice}"
    );
    let email = browser.value("document.querySelector('#place [name=email]').value");
    assert_eq!(email, json!("grace@example.org"));
    browser.click("#restock-lamp button");
    assert!(browser.text("#item-lamp").contains("Desk lamp: 6"));
    browser.go_until(home, ".report", "shop.effects.refresh_listing dispatched");
}

/// A policy that drops, in a scope within that of the request.
fn import(browser: &mut Browser) {
    browser.value("document.querySelector('#import').closest('details').open = true");
    browser.click("#import button");
    let report = browser.text("#notice .report");
    assert!(
        report.contains("dropped by allow_only(shop.effects.index_order)"),
        "{report}"
    );
    assert!(report.contains("captured from import"), "{report}");
    let leads = browser.value(
        "[...document.querySelectorAll('#notice .report li a')].every(link => document.querySelector(link.hash))",
    );
    assert_eq!(leads, json!(true), "a link leads to no intent");
    let links = browser.value("document.querySelectorAll('#notice .report li a').length");
    assert!(
        links.as_u64() > Some(0),
        "coalesced intents can be followed"
    );
}

/// Effects that fail, and are tried again.
fn break_the_mail(browser: &mut Browser) {
    browser.click("#mail button");
    browser.click("#place button");
    let notice = browser.text("#notice");
    assert!(notice.contains("500 Internal Server Error"), "{notice}");
    assert!(notice.contains("It is saved"), "{notice}");
    assert!(
        notice.contains("the mail server cannot be reached"),
        "{notice}"
    );
    assert_eq!(browser.text("#notice .result"), "flush failed");
    assert_eq!(browser.text("#parked"), "3");
    // Pressed again, the form finds the order that was saved.
    browser.click("#place button");
    assert!(browser.text("#orders").contains("Order 5"));
    assert!(!browser.text("#orders").contains("Order 6"));
    browser.click("#mail button");
    browser.click("#again button");
    assert_eq!(browser.text("#parked"), "0");
    assert!(browser.text("#sent").contains("We have your order 5."));
}

/// Nothing is wider than the screen, the reports come first, and all text can be read.
fn look(browser: &mut Browser, home: &str, screen: Screen) {
    browser.screen(screen);
    for scheme in ["light", "dark"] {
        browser.scheme(scheme);
        browser.go(home);
        browser.value("document.querySelectorAll('details').forEach(it => it.open = true)");
        let width = browser.value("document.documentElement.scrollWidth");
        assert!(
            width.as_u64().is_some_and(|width| width <= screen.0.into()),
            "{width} px wide on {screen:?}"
        );
        let first = browser.value("document.querySelector('main > section').id");
        assert_eq!(first, json!("reports"));
        let faint = browser.value(FAINT);
        assert_eq!(faint, json!([]), "too faint, {scheme} on {screen:?}");
    }
}

/// The texts whose contrast with what is behind them is below 4.5:1 (WCAG 2.2, success criterion 1.4.3).
const FAINT: &str = "(() => {
    const parts = color => color.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = element => {
        for (let it = element; it; it = it.parentElement) {
            const color = parts(getComputedStyle(it).backgroundColor);
            if (color.length === 3 || color[3] === 1) return color;
        }
        return [255, 255, 255];
    };
    return [...document.querySelectorAll('body *')].flatMap(element => {
        const own = [...element.childNodes].some(it => it.nodeType === 3 && it.data.trim());
        if (!own && element.tagName !== 'INPUT' || !element.getClientRects().length) return [];
        const two = [parts(getComputedStyle(element).color), behind(element)].map(light);
        const contrast = (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
        return contrast >= 4.5 ? [] : [`${element.outerHTML.slice(0, 80)}: ${contrast.toFixed(2)}`];
    });
})()";

/// Nothing is a script, or comes from elsewhere.
fn look_for_strangers(browser: &mut Browser, home: &str) {
    assert_eq!(browser.value("document.scripts.length"), json!(0));
    let style = browser.value("getComputedStyle(document.querySelector('section')).borderRadius");
    assert_ne!(style, json!("0px"), "the stylesheet is not applied");
    let foreign = |url: &&String| !url.starts_with(home) && !url.starts_with("data:");
    let foreign: Vec<_> = browser.requests().iter().filter(foreign).collect();
    assert!(foreign.is_empty(), "{foreign:?}");
    assert!(
        browser
            .requests()
            .iter()
            .any(|url| url.ends_with("/style.css"))
    );
}
