//! Effects that are registered by hand, for targets without `inventory`.

use airlock::__private::{EffectSpec, Performing, Resources, perform_sync, place, result};
use airlock::Effect;
use airlock::catalogue::{Catalogue, EffectDescriptor, RegisterError, register};

/// The macro's expansion for an effect, without the `inventory` registration.
#[derive(Debug)]
struct Ship;

impl Effect for Ship {
    const DESCRIPTOR: &'static EffectDescriptor = &EffectDescriptor::new(EffectSpec::new::<Self>(
        place!("ship", 11, 1),
        "Ship",
        "by_hand.ship",
    ));

    fn perform(self, _: &Resources) -> Performing<'_> {
        perform_sync(|| result(()))
    }
}

#[airlock::effect(name = "by_hand.pack")]
fn pack() {}

#[test]
fn effects_are_registered_by_hand_before_the_catalogue_is_made_and_count_once() {
    drop(pack());
    register::<(Ship, Pack)>().expect("the catalogue is not built yet");
    register::<Ship>().expect("the catalogue is not built yet");
    let ids: Vec<_> = Catalogue::global()
        .expect("sound")
        .effects()
        .iter()
        .map(|effect| effect.id())
        .collect();
    assert_eq!(ids, ["by_hand.pack", "by_hand.ship"]);
    assert_eq!(register::<Ship>(), Err(RegisterError));
}
