//! Two effects with one id are two effects. A separate binary, because such a catalogue is invalid.

mod first {
    #[airlock::effect(name = "twin", key = n)]
    pub(crate) fn one(n: u32) {
        let _ = n;
    }
}

mod second {
    #[airlock::effect(name = "twin", key = n)]
    pub(crate) fn other(n: u32) {
        let _ = n;
    }
}

#[test]
fn two_effects_with_one_id_do_not_coalesce_into_each_other() {
    let ended = airlock::scope().run_infallible(|_| {
        airlock::enqueue(first::one(7));
        airlock::enqueue(second::other(7));
    });
    let report = ended.expect("nothing fails").report;
    assert_eq!(report.dispatched().count(), 2, "{report}");
}

#[test]
fn a_policy_that_blocks_an_effect_does_not_block_another_one_with_its_id() {
    let scope = airlock::scope().policy(airlock::policy::block::<first::One>());
    let ended = scope.run_infallible(|_| {
        airlock::enqueue(first::one(7));
        airlock::enqueue(second::other(8));
    });
    let report = ended.expect("nothing fails").report;
    let dispatched: Vec<_> = report.dispatched().map(|it| it.effect().name()).collect();
    assert_eq!(dispatched, ["other"]);
}
