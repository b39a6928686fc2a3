//! Asking everybody who has a say at an enqueue: the boundary's `emits`, the executor, each policy.

use std::sync::Arc;

use crate::context::{self, Here, Mode, Place, PlaceKind, Target};
use crate::enqueue::{EnqueueError, Refusal};
use crate::executor::cannot_delay;
use crate::intent::{Intent, OpaquePlace, ScopeId, name_of};
use crate::policy::{Holder, Policy, ScopeView};

/// Buffers an intent if nobody objects.
pub(super) fn admit(mut intent: Intent) -> Result<ScopeId, EnqueueError> {
    match context::mode() {
        Mode::Plain | Mode::Effect => {}
        Mode::Judging => return Err(EnqueueError::new(Refusal::WhileJudging, intent)),
        Mode::Inspecting => return Err(EnqueueError::new(Refusal::WhileInspecting, intent)),
    }
    let Some(here) = context::here() else {
        return Err(EnqueueError::new(Refusal::NoScope, intent));
    };
    let shared = match &here.target {
        Target::Shared(shared) => Some(shared.clone()),
        Target::Own(_) => None,
    };
    let _one_at_a_time = shared
        .as_ref()
        .filter(|_| here.place().is_some_and(|place| place.judges))
        .map(|shared| shared.asking());
    let asks = here.place().is_some_and(|place| place.asks);
    if asks && !here.is_open() {
        let scope = here.label();
        return Err(EnqueueError::new(Refusal::ScopeEnded { scope }, intent));
    }
    let own_origin = intent.facts.origin().cloned();
    let scope = here.scope();
    enter(&here, &mut intent);
    if let Err(refusal) = ask(&here, &intent) {
        leave(&mut intent, own_origin);
        return Err(EnqueueError::new(refusal, intent));
    }
    here.buffer(intent).map(|()| scope).map_err(|mut intent| {
        leave(&mut intent, own_origin);
        let scope = here.label();
        EnqueueError::new(Refusal::ScopeEnded { scope }, *intent)
    })
}

/// Notes where the intent is enqueued. One that was handed back and is enqueued again keeps its origin.
fn enter(here: &Here, intent: &mut Intent) {
    let facts = &mut intent.facts;
    facts.scope = Some(here.scope());
    if let Some(place) = here.place() {
        if !here.is_direct {
            facts.set_place(Some(place.clone() as OpaquePlace));
        }
        if let Some(cause) = place.cause() {
            facts.set_cause(Some(cause.clone()));
        }
    } else if !here.is_direct {
        facts.set_place(None);
    }
    if here.origin.is_some() && facts.origin().is_none() {
        facts.set_origin(here.origin.clone());
    }
}

/// Makes a refused intent what it was before.
fn leave(intent: &mut Intent, origin: Option<crate::intent::Origin>) {
    intent.facts.renew();
    intent.facts.set_origin(origin);
}

fn ask(here: &Here, intent: &Intent) -> Result<(), Refusal> {
    let Some(place) = here.place() else {
        return accepts_in_place(intent);
    };
    if !place.asks {
        return accepts_in_place(intent);
    }
    ask_emits(place, intent)?;
    {
        let _judging = context::judging();
        match place.executor() {
            None => accepts_in_place(intent)?,
            Some(executor) => executor.accepts(intent).map_err(|reason| {
                let executor = name_of("Executor::name", || executor.name());
                let reason = reason.into_owned();
                Refusal::NotAccepted { executor, reason }
            })?,
        }
        if place.judges {
            ask_policies(here, place, intent)?;
        }
    }
    if let Some(observer) = &place.settings().observer {
        observer.enqueues(intent);
    }
    Ok(())
}

/// What is performed where the scope ends cannot be delayed.
fn accepts_in_place(intent: &Intent) -> Result<(), Refusal> {
    cannot_delay(intent).map_err(|reason| Refusal::NotAccepted {
        executor: "inline".to_owned(),
        reason: reason.into_owned(),
    })
}

/// What an effect enqueues while it is performed is not restricted by the boundary around it.
fn ask_emits(place: &Arc<Place>, intent: &Intent) -> Result<(), Refusal> {
    for place in place.outwards() {
        match &place.kind {
            PlaceKind::Effect => return Ok(()),
            PlaceKind::Scope {
                emits: Some(emits),
                name,
                id,
                ..
            } if !emits.contains(&intent.effect()) => {
                let scope = name
                    .as_ref()
                    .map_or_else(|| id.to_string(), ToString::to_string);
                return Err(Refusal::NotDeclared { scope });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Asks each policy, innermost first; of one scope in the order in which they were added.
fn ask_policies(here: &Here, place: &Arc<Place>, intent: &Intent) -> Result<(), Refusal> {
    let holder: &dyn Holder = match &here.target {
        Target::Own(own) => own,
        Target::Shared(shared) => shared,
    };
    let view = ScopeView::new(holder);
    for place in place.outwards().take_while(|place| place.judges) {
        for policy in place.policies() {
            policy
                .at_enqueue(intent, &view)
                .map_err(|veto| Refusal::Vetoed {
                    policy: policy.shown_name(),
                    veto,
                })?;
        }
    }
    Ok(())
}
