//! The slow path of an enqueue: consulting the boundary's `emits`, the executor and each policy.

use std::sync::Arc;

use crate::context::{self, Declared, Found, Here, Place, PlaceKind};
use crate::enqueue::{Emitter, EnqueueErrorKind};
use crate::executor::cannot_delay;
use crate::intent::{Intent, OpaquePlace, ScopeId, name_of};
use crate::policy::{Policy, ScopeView};

/// Buffers the waiting intent if everything consulted accepts it. Otherwise leaves it where it is, unchanged.
pub(super) fn admit(waiting: &mut Vec<Intent>) -> Result<ScopeId, EnqueueErrorKind> {
    let mut here = Here::unknown();
    let intent = match (here.find(), waiting.last_mut()) {
        (Found::Scope, Some(intent)) => intent,
        (Found::Judging, _) => return Err(EnqueueErrorKind::WhileJudging),
        (Found::Inspecting, _) => return Err(EnqueueErrorKind::WhileInspecting),
        (Found::NoScope | Found::Scope, _) => return Err(EnqueueErrorKind::NoScope),
    };
    let asks = here.place().is_some_and(|place| place.asks);
    // Held until the intent is buffered, so that a policy that counts the buffer is right under threads (`cap`).
    let _one_at_a_time = match here.shared() {
        Some(shared) if here.place().is_some_and(|place| place.judges) => Some(shared.asking()),
        _ => None,
    };
    let ended = |here: &Here| EnqueueErrorKind::ScopeEnded {
        scope: here.label(),
    };
    // Before the policies, so that they are not consulted about an intent that cannot be buffered. Another thread may
    // end the scope later: `Here::buffer` checks again.
    if asks && !here.is_open() {
        return Err(ended(&here));
    }
    let has_own_origin = intent.info.origin().is_some();
    // Before the policies, too: they see the intent with its scope, cause and origin.
    enter(&here, intent);
    if let Err(refusal) = ask(&here, intent) {
        leave(intent, has_own_origin);
        return Err(refusal);
    }
    if here.buffer(waiting) {
        return Ok(here.scope());
    }
    if let Some(intent) = waiting.last_mut() {
        leave(intent, has_own_origin);
    }
    Err(ended(&here))
}

/// Enters the scope, place, cause and origin into the intent. An intent that was handed back and is enqueued again
/// keeps its origin.
fn enter(here: &Here, intent: &mut Intent) {
    let data = &mut intent.info;
    data.scope = Some(here.scope());
    if let Some(place) = here.place() {
        if !here.is_direct {
            data.set_place(Some(place.clone() as OpaquePlace));
        }
        if let Some(cause) = place.cause() {
            data.set_cause(Some(cause.clone()));
        }
    } else if !here.is_direct {
        data.set_place(None);
    }
    if let Some(origin) = &here.origin {
        data.share_origin(origin);
    }
}

/// Restores a refused intent, which is handed back, to what it was before.
#[cold]
fn leave(intent: &mut Intent, has_own_origin: bool) {
    intent.info.renew();
    if !has_own_origin {
        intent.info.set_origin(None);
    }
}

/// Consults `emits`, the executor and the policies, in this order.
fn ask(here: &Here, intent: &Intent) -> Result<(), EnqueueErrorKind> {
    let Some(place) = here.place() else {
        return accepts_in_place(intent);
    };
    if !place.asks {
        return accepts_in_place(intent);
    }
    ask_emits(place, intent)?;
    {
        let _judging = context::judging();
        match place.executor(intent.effect().is_durable()) {
            None => accepts_in_place(intent)?,
            Some(executor) => executor.accepts(intent).map_err(|reason| {
                let executor = name_of("Executor::name", || executor.name());
                let reason = reason.into_owned();
                EnqueueErrorKind::NotAccepted { executor, reason }
            })?,
        }
        if place.judges {
            ask_policies(here, place, intent)?;
        }
    }
    // Not in the block above: the observer of the testing kit is not a policy.
    if let Some(observer) = &place.settings().observer {
        observer.enqueues(intent);
    }
    Ok(())
}

/// Refuses a delay, since the default executor performs where the scope ends.
fn accepts_in_place(intent: &Intent) -> Result<(), EnqueueErrorKind> {
    cannot_delay(intent).map_err(|reason| EnqueueErrorKind::NotAccepted {
        executor: "inline".to_owned(),
        reason: reason.into_owned(),
    })
}

/// Checks the `emits` of the enclosing scopes, up to the nearest effect, and of that effect: each declares what its
/// own code enqueues, not what other effects enqueue while they are performed.
fn ask_emits(place: &Arc<Place>, intent: &Intent) -> Result<(), EnqueueErrorKind> {
    let effect = intent.effect();
    for place in place.outwards() {
        match &place.kind {
            PlaceKind::Effect => {
                let under_way = place.cause().map(|cause| cause.effect());
                return match under_way.and_then(|it| Some((it, it.emits()?))) {
                    Some((it, emits)) if !emits.contains(&effect) => {
                        Err(EnqueueErrorKind::NotDeclared {
                            emitter: Emitter::Effect,
                            name: it.id().to_owned(),
                            place: it.spec.place.to_string(),
                        })
                    }
                    _ => Ok(()),
                };
            }
            PlaceKind::Scope {
                emits: Some(emits),
                name,
                id,
                ..
            } if !emits.effects.contains(&effect) => {
                let name = name.as_ref();
                let name = name.map_or_else(|| id.to_string(), ToString::to_string);
                let (emitter, place) = match emits.declared {
                    Declared::Boundary(boundary) => {
                        (Emitter::Boundary, boundary.spec.place.to_string())
                    }
                    Declared::Call(location) => (Emitter::Scope, location.to_string()),
                };
                return Err(EnqueueErrorKind::NotDeclared {
                    emitter,
                    name,
                    place,
                });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Consults each policy, innermost first. The policies of one scope are consulted in the order in which they were
/// added.
fn ask_policies(here: &Here, place: &Arc<Place>, intent: &Intent) -> Result<(), EnqueueErrorKind> {
    let view = ScopeView::new(here);
    // A place that does not judge has no judging places around it.
    for place in place.outwards().take_while(|place| place.judges) {
        for policy in place.policies() {
            policy
                .at_enqueue(intent, &view)
                .map_err(|veto| EnqueueErrorKind::Vetoed {
                    policy: match veto.policy() {
                        Some(within) => within.to_owned(),
                        None => policy.shown_name(),
                    },
                    veto,
                })?;
        }
    }
    Ok(())
}
