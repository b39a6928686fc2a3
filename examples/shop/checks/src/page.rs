//! The page, as used with a mouse, on a phone and on a desktop.

use serde_json::json;

use crate::browser::{Browser, DESKTOP, PHONE, Screen};

/// Uses the page of a new shop at this address, as a person with a mouse would.
pub fn check(address: &str) {
    let home = format!("http://{address}/");
    let mut browser = Browser::start();
    browser.screen(PHONE);
    browser.go(&home);
    assert_eq!(browser.text("h1"), "The shop");
    assert!(browser.text("#orders").contains("None yet."));
    assert!(browser.text("#catalogue").contains("shop.notify_warehouse"));
    order(&mut browser, &home);
    fail_on_purpose(&mut browser, &home);
    import(&mut browser);
    break_the_mail(&mut browser, &home);
    for screen in [PHONE, DESKTOP] {
        look(&mut browser, &home, screen);
    }
    look_for_strangers(&mut browser, &home);
}

/// Takes an order from placed to shipped.
fn order(browser: &mut Browser, home: &str) {
    browser.click("#place button");
    assert!(browser.text("#notice").contains("Done: POST /orders"));
    assert!(
        browser
            .text("#notice .report")
            .contains("shop.send_confirmation dispatched")
    );
    assert!(browser.text("#order-1").contains("placed"));
    browser.go_until(home, "#sent", "We have your order 1.");
    browser.go_until(home, "#job-1", "shop.send_confirmation performed");
    assert!(browser.text("#job-1").contains("email: \"sealed\""));
    // Reloading the page does not order again.
    browser.go(&format!("{home}?notice=1"));
    assert!(browser.text("#notice").contains("Done: POST /orders"));
    assert!(!browser.text("#orders").contains("Order 2"));

    browser.click("#refuse-1 button");
    assert!(browser.text("#notice").contains("402 Payment Required"));
    assert!(browser.text("#order-1").contains("placed"));
    browser.click("#pay-1 button");
    assert!(browser.text("#order-1").contains("paid"));
    browser.go_until(home, "#sent", "You have paid 4900 cents for order 1.");
    browser.click("#ship-1 button");
    assert!(browser.text("#order-1").contains("shipped"));
    assert!(
        browser
            .text("#notice .report")
            .contains("shop.send_parcel_notice dispatched")
    );
}

/// Sends an invalid form, which is then shown again with its values.
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
        notice.contains("shop.send_confirmation discarded"),
        "{notice}"
    );
    let email = browser.value("document.querySelector('#place [name=email]').value");
    assert_eq!(email, json!("grace@example.org"));
    browser.click("#restock-lamp button");
    assert!(browser.text("#item-lamp").contains("Desk lamp: 6"));
    browser.go_until(home, ".report", "shop.effects.refresh_listing dispatched");
}

/// Imports orders under a policy that drops, in a scope around the transaction's scope.
fn import(browser: &mut Browser) {
    browser.value("document.querySelector('#import').closest('details').open = true");
    browser.click("#import button");
    let report = browser.text("#notice .report");
    assert!(
        report.contains("dropped by allow_only(shop.index_order)"),
        "{report}"
    );
}

/// Breaks the mail server. A mail fails, and is retried until the server works.
fn break_the_mail(browser: &mut Browser, home: &str) {
    browser.click("#mail button");
    browser.click("#place button");
    assert!(browser.text("#notice").contains("Done: POST /orders"));
    assert!(browser.text("#orders").contains("Order 5"));
    browser.go_until(home, "#jobs", "1 retrying");
    browser.go_until(home, "#jobs", "the mail server cannot be reached");
    assert!(!browser.text("#sent").contains("We have your order 5."));
    look(browser, home, PHONE); // The state in red must be readable, too.
    browser.click("#mail button");
    browser.go_until(home, "#sent", "We have your order 5.");
    browser.go(home);
    assert!(!browser.text("#jobs").contains("retrying"));
}

/// Checks that nothing is wider than the screen, that the reports come first, and that all text is readable.
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

/// Selects the texts whose contrast with their background is below 4.5:1 (WCAG 2.2, success criterion 1.4.3).
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

/// Checks that there is no script and no external resource.
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
