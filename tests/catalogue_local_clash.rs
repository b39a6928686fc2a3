//! Effects in function bodies share the id of their module's path, so two of one name need a `name`.
//! Until then they are two effects: declarations are compared, not ids.

use std::collections::HashSet;

use airlock::Effect;
use airlock::catalogue::{Catalogue, EffectDescriptor};

/// Declares each effect at one place, in one module, and with one name.
macro_rules! functions {
    ($($function:ident)+) => {$(
        fn $function() -> &'static EffectDescriptor {
            #[airlock::effect]
            fn ship() {}
            drop(ship());
            Ship::DESCRIPTOR
        }
    )+};
}
functions!(by_land by_sea);

#[test]
fn effects_of_one_id_are_two_declarations() {
    let (land, sea) = (by_land(), by_sea());
    assert_eq!((land.id(), land.place()), (sea.id(), sea.place()));
    assert_ne!(land, sea);
    let copy = *land;
    assert_eq!(&copy, land);
    assert_eq!(HashSet::from([land, sea, &copy]).len(), 2);
}

#[test]
fn the_catalogue_names_both() {
    let error = Catalogue::global().expect_err("two claim it");
    assert_eq!(error.name(), "catalogue_local_clash.ship");
    let text = error.to_string();
    assert_eq!(
        text.matches("catalogue_local_clash.rs:13").count(),
        2,
        "{text}"
    );
}
