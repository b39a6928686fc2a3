//! Effects in function bodies get their ids from the module path, so two with one name need a `name`.
//! Without it they are still two effects, because declarations are compared, not ids.

use std::collections::HashSet;

use airlock::Effect;
use airlock::catalogue::{Catalogue, EffectDescriptor};

/// Declares every effect at the same place, in the same module, and with the same name.
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
        text.matches("catalogue_local_clash.rs:14").count(),
        2,
        "{text}"
    );
}
