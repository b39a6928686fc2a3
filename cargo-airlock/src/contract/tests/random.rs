//! Random contracts: every difference is reported, and the lock file preserves all of them.

use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;

use crate::contract::changes::changes;
use crate::contract::lock_file::{parse, text};
use crate::contract::{ArgumentContract, Contracts, EffectContract};

fn argument() -> impl Strategy<Value = ArgumentContract> {
    let form = prop::option::of(Just("flatten".to_owned()));
    let parts = (
        "[AB]",
        any::<bool>(),
        btree_set("[xyz]", 0..3),
        form,
        any::<bool>(),
    );
    parts.prop_map(
        |(type_name, default, formerly, encoded_by, left_out)| ArgumentContract {
            type_name,
            default,
            formerly,
            encoded_by,
            left_out,
        },
    )
}

fn contracts() -> impl Strategy<Value = Contracts> {
    let effect = (
        any::<bool>(),
        btree_set("[kl]", 0..3),
        btree_map("[xyz]", argument(), 0..3),
    );
    let effect = effect.prop_map(|(durable, aliases, mut arguments)| {
        for (name, argument) in &mut arguments {
            argument.formerly.remove(name);
        }
        EffectContract {
            durable,
            aliases,
            arguments,
        }
    });
    let emits = prop::option::of(btree_set("[ef]", 0..3));
    let parts = (btree_map("e", effect, 0..2), btree_map("[bc]", emits, 0..3));
    parts.prop_map(|(effects, boundaries)| Contracts {
        effects,
        boundaries,
    })
}

proptest! {
    #[test]
    fn whatever_differs_is_told(before in contracts(), after in contracts()) {
        prop_assert_eq!(before == after, changes(&before, &after).is_empty());
        prop_assert!(changes(&before, &before).is_empty());
    }

    #[test]
    fn what_is_locked_is_read_again(contracts in contracts()) {
        let text = text(&contracts).expect("its names are plain");
        prop_assert_eq!(parse(&text).expect("we wrote it"), contracts);
    }
}
