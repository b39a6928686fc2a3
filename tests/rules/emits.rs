//! `emits`: scopes, boundaries and effects declare what their own code enqueues.

use airlock::{Effect, Emitter, EnqueueErrorKind, try_enqueue};

use crate::fixture::{Mail, charge, logged, logged_async, mail};

/// Enqueues a mail, which it declares, and a charge, which it does not.
#[airlock::effect(name = "emits.only-mail", emits(Mail))]
fn only_mail(n: u32) -> Result<(), String> {
    airlock::enqueue(mail(n));
    let refused = try_enqueue(charge(n)).expect_err("it is not declared");
    Err(refused.to_string())
}

#[airlock::effect(emits(Mail))]
async fn only_mail_async(n: u32) -> Result<(), String> {
    airlock::enqueue(mail(n));
    tokio::task::yield_now().await;
    let refused = try_enqueue(charge(n)).expect_err("it is not declared");
    Err(format!("{:?}", refused.kind()))
}

/// Counts down by emitting itself.
#[airlock::effect(emits(Countdown, Mail))]
fn countdown(n: u32) {
    airlock::enqueue(mail(n));
    if n > 1 {
        airlock::enqueue(countdown(n - 1));
    }
}

#[airlock::effect(emits(Pong))]
fn ping(n: u32) {
    airlock::enqueue(pong(n));
}

#[airlock::effect(emits(Ping))]
fn pong(n: u32) {
    if n > 0 {
        airlock::enqueue(ping(n - 1));
    }
}

/// Enqueues nothing itself. In a scope within it, it declares nothing either.
#[airlock::effect(emits())]
fn silent(n: u32) -> Result<(), String> {
    let nested = airlock::scope().enter();
    let refused = try_enqueue(mail(n)).map(drop);
    nested.discard();
    refused.map_err(|error| error.to_string())
}

#[airlock::boundary(name = "check-out", emits(OnlyMail), on_flush_error = log)]
fn checkout() -> String {
    airlock::enqueue(only_mail(1));
    let refused = try_enqueue(mail(1)).expect_err("it is not declared");
    refused.to_string()
}

/// Returns the root of the error of the only intent.
fn failure(intent: impl airlock::IntoIntent) -> String {
    let ended = airlock::scope().run_infallible(|_| airlock::enqueue(intent));
    let error = ended.expect_err("the effect fails");
    let mut root: &dyn std::error::Error = &error;
    while let Some(source) = root.source() {
        root = source;
    }
    root.to_string()
}

#[test]
fn an_effect_cannot_enqueue_what_it_does_not_declare() {
    let log = logged(|_| {
        let text = failure(only_mail(1));
        let place = OnlyMail::DESCRIPTOR.place();
        let expected = format!(
            "the effect `emits.only-mail` does not declare it: add it to the `emits` at {place}:4"
        );
        assert!(text.ends_with(&expected), "{text}");
    });
    assert!(log.is_empty(), "it fails, so that its mail is discarded");
}

#[test]
fn an_async_effect_cannot_either() {
    logged_async(async |_| {
        let ended = airlock::scope()
            .run_infallible_async(async |_| airlock::enqueue(only_mail_async(1)))
            .await;
        let error = ended.expect_err("the effect fails");
        let text = format!("{error:?}");
        assert!(text.contains("emitter: Effect"), "{text}");
    });
}

#[test]
fn effects_may_emit_themselves_and_each_other() {
    let log = logged(|_| {
        let ended = airlock::scope().run_infallible(|_| {
            airlock::enqueue(countdown(3));
            airlock::enqueue(ping(2));
        });
        assert_eq!(ended.expect("all is declared").report.cascades().len(), 10);
    });
    assert_eq!(log, ["mail 3", "mail 2", "mail 1"]);
}

#[test]
fn a_scope_within_an_effect_does_not_lift_its_emits() {
    logged(|_| {
        let text = failure(silent(1));
        assert!(text.contains("silent` does not declare it"), "{text}");
    });
}

#[test]
fn what_has_the_emits_is_named_with_its_place() {
    logged(|_| {
        let text = checkout();
        let boundary = airlock::boundaries()
            .iter()
            .find(|boundary| boundary.name() == "check-out")
            .expect("it is listed");
        let place = boundary.place();
        let expected = format!(
            "the boundary `check-out` does not declare it: add it to the `emits` at {place}:4"
        );
        assert!(text.ends_with(&expected), "{text}");

        let line = line!() + 1;
        let scope = airlock::scope().name("import").emits::<OnlyMail>();
        let refused = scope.enter();
        let error = try_enqueue(mail(1)).expect_err("it is not declared");
        refused.discard();
        let place = format!("{}:{line}", file!());
        let EnqueueErrorKind::NotDeclared {
            emitter,
            name,
            place: at,
        } = error.kind()
        else {
            panic!("{error}")
        };
        assert_eq!((*emitter, name.as_str()), (Emitter::Scope, "import"));
        assert!(at.starts_with(&place), "{at}");
    });
}

#[test]
fn what_an_effect_emits_is_in_its_descriptor() {
    let ids = |effect: &airlock::catalogue::EffectDescriptor| {
        let emits = effect.emits();
        emits.map(|effects| effects.iter().map(|it| it.name()).collect::<Vec<_>>())
    };
    assert_eq!(ids(Countdown::DESCRIPTOR), Some(vec!["countdown", "mail"]));
    assert_eq!(ids(Silent::DESCRIPTOR), Some(Vec::new()));
    assert_eq!(ids(Mail::DESCRIPTOR), None);
}
