//! Two effects with one id are an error at start-up, which names both places. This holds even if a single
//! line of a macro declares both.

use airlock::Airlock;
use airlock::catalogue::Catalogue;

macro_rules! declare {
    ($($name:ident)+) => {$(
        #[airlock::effect(name = "mail.send")]
        fn $name() {}
    )+};
}
declare!(send post);

#[test]
fn an_id_that_two_effects_claim_is_an_error_with_both_places() {
    drop((send(), post()));
    let error = Catalogue::global().expect_err("two claim it");
    let [first, second] = error.effects();
    let mut names = [first.name(), second.name()];
    names.sort_unstable();
    assert_eq!(names, ["post", "send"]);
    let text = error.to_string();
    assert_eq!(
        text.matches("catalogue_id_clash.rs:13").count(),
        2,
        "{text}"
    );
    let text = Airlock::builder()
        .build()
        .expect_err("found at start-up")
        .to_string();
    assert_eq!(text, "the catalogue of effects is invalid");
}
