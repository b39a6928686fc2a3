//! A dependency that is only listed in Cargo.toml is not linked; naming it is enough. Effects can also
//! be registered by hand, for targets without `inventory`.

use airlock::catalogue::Catalogue;
use fixture_unnamed as _;

#[test]
fn a_dependency_that_is_named_brings_its_effects() {
    // Registered by hand and through `inventory`, but listed once.
    airlock::catalogue::register::<fixture_named::FromNamed>()
        .expect("the catalogue is not built yet");
    let catalogue = Catalogue::global().expect("sound");
    let ids: Vec<_> = catalogue
        .effects()
        .iter()
        .map(|effect| effect.id())
        .collect();
    assert_eq!(
        ids,
        [
            "fixture_named.deep.hidden_in_named",
            "fixture_named.from_named",
            "fixture_unnamed.deep.hidden_in_unnamed",
            "fixture_unnamed.from_unnamed",
        ]
    );
}
