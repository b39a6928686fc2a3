//! The commands of the README, checked without a server.

use shop_checks::readme;

#[test]
fn every_line_of_the_readme_talks_to_the_shop_on_this_machine() {
    let lines = readme::lines();
    assert!(!lines.is_empty());
    for line in lines {
        assert!(line.command.starts_with("curl -s "), "{line:?}");
        assert!(line.command.contains("http://127.0.0.1:3000/"), "{line:?}");
    }
}

#[test]
fn the_readme_shows_every_change_that_can_be_made() {
    let lines = readme::lines();
    for path in [
        "/orders",
        "/payment",
        "/shipment",
        "/stock",
        "/imports",
        "/mail-server",
    ] {
        let shown = lines.iter().any(|line| line.command.ends_with(path));
        assert!(shown, "{path}");
    }
}
