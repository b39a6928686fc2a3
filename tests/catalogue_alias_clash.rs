//! An alias that equals another effect's id is an error at start-up, which names both places.

use airlock::catalogue::Catalogue;
use airlock::{Airlock, BuildError};

#[airlock::effect(name = "mail.send")]
fn send() {}

mod other {
    #[airlock::effect(alias("mail.send"))]
    pub(super) fn post() {}
}

#[test]
fn an_alias_that_shadows_an_id_is_an_error_with_both_places() {
    drop((send(), other::post()));
    let error = Catalogue::global().expect_err("two claim it");
    assert_eq!(error.name(), "mail.send");
    let text = error.to_string();
    for part in [
        "catalogue_alias_clash.rs:7",
        "catalogue_alias_clash.rs:11",
        "catalogue_alias_clash::other",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let build = Airlock::builder().build().expect_err("found at start-up");
    assert!(matches!(build, BuildError::Catalogue(_)));
    let panic = std::panic::catch_unwind(airlock::effects).expect_err("the catalogue is invalid");
    assert!(
        panic
            .downcast_ref::<String>()
            .is_some_and(|text| text.contains("mail.send"))
    );
}
