//! The effects of the programs, one per kind.

use std::future::poll_fn;
use std::task::Poll;

use airlock::intent::IntentId;
use airlock::{EnqueueError, Intent, IntoIntent, try_enqueue};

use crate::interpret;
use crate::program::{Enqueue, FireOn, Kind, Plan};
use crate::world::{World, planned_panic};

#[airlock::effect(derive(Clone))]
fn quiet(#[resource] world: &World, number: u32) {
    perform_or_panic(world, &[number]);
}

#[airlock::effect(derive(Clone))]
fn owned(#[resource] world: &World, number: u32, text: String) {
    drop(text);
    perform_or_panic(world, &[number]);
}

#[airlock::effect]
fn fallible(#[resource] world: &World, number: u32, text: String) -> Result<(), Failed> {
    drop(text);
    perform(world, &[number])
}

/// An argument that cannot be cloned.
#[derive(Debug)]
pub(crate) struct Ticket(#[allow(dead_code, reason = "only its destructor matters")] String);

#[airlock::effect(once)]
fn once(#[resource] world: &World, number: u32, ticket: Ticket) -> Result<(), Failed> {
    drop(ticket);
    perform(world, &[number])
}

#[airlock::effect(retry(attempts = 3, delay = "1ms"))]
fn retried(#[resource] world: &World, number: u32, text: String) -> Result<(), Failed> {
    drop(text);
    perform(world, &[number])
}

#[airlock::effect]
async fn asynchronous(#[resource] world: &World, number: u32) -> Result<(), Failed> {
    perform_async(world, number).await
}

#[airlock::effect]
async fn async_owned(#[resource] world: &World, number: u32, text: String) {
    drop(text);
    if perform_async(world, number).await.is_err() {
        planned_panic();
    }
}

#[airlock::effect(retry(attempts = 2, delay = "1ms"))]
async fn async_retried(#[resource] world: &World, number: u32, text: String) -> Result<(), Failed> {
    drop(text);
    perform_async(world, number).await
}

#[airlock::effect(timeout = "1ms", retry(attempts = 2, delay = "1ms"))]
async fn async_timed(#[resource] world: &World, number: u32) -> Result<(), Failed> {
    perform_async(world, number).await
}

#[airlock::effect(batch)]
fn batch(#[resource] world: &World, numbers: Vec<u32>) {
    perform_or_panic(world, &numbers);
}

#[airlock::effect(batch)]
async fn batch_fallible(#[resource] world: &World, numbers: Vec<u32>) -> Result<(), Failed> {
    perform(world, &numbers)
}

#[airlock::effect(batch, key = numbers % 2)]
fn batch_keyed(#[resource] world: &World, numbers: Vec<u32>) {
    perform_or_panic(world, &numbers);
}

#[airlock::effect(key = number % 2)]
fn keyed(#[resource] world: &World, number: u32) {
    perform_or_panic(world, &[number]);
}

#[airlock::effect(key = number % 2, coalesce = first)]
fn keyed_first(#[resource] world: &World, number: u32) -> Result<(), Failed> {
    perform(world, &[number])
}

/// The error of effect bodies.
#[derive(Debug)]
pub(crate) struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("as planned")
    }
}

impl std::error::Error for Failed {}

fn perform_or_panic(world: &World, numbers: &[u32]) {
    if perform(world, numbers).is_err() {
        planned_panic();
    }
}

/// Follows the plan of the first intent, for all intents of the batch.
fn perform(world: &World, numbers: &[u32]) -> Result<(), Failed> {
    let attempts: Vec<_> = numbers.iter().map(|number| world.begin(*number)).collect();
    conclude(world, numbers, attempts[0])
}

async fn perform_async(world: &World, number: u32) -> Result<(), Failed> {
    let attempt = world.begin(number);
    yields(world.plan(number).yields).await;
    conclude(world, &[number], attempt)
}

fn conclude(world: &World, numbers: &[u32], attempt: u8) -> Result<(), Failed> {
    let plan = world.plan(numbers[0]);
    interpret::steps(world, &plan.body);
    if attempt > plan.fails {
        numbers.iter().for_each(|number| world.succeed(*number));
        return Ok(());
    }
    if plan.panics {
        planned_panic();
    }
    Err(Failed)
}

/// Returns `Pending` for this many polls.
pub(crate) async fn yields(mut polls: u8) {
    poll_fn(|_| match polls {
        0 => Poll::Ready(()),
        Plan::FOREVER => Poll::Pending,
        _ => {
            polls -= 1;
            Poll::Pending
        }
    })
    .await;
}

/// Enqueues the intent of a step. A refused enqueue is ignored.
pub(crate) fn enqueue(world: &World, step: &Enqueue) {
    let number = world.number(step.kind, &step.plan);
    if let Ok(id) = submit(number, step) {
        world.accepted(id, number);
    }
}

fn submit(number: u32, step: &Enqueue) -> Result<IntentId, EnqueueError> {
    let text = || "some text".to_owned();
    match step.kind {
        Kind::Quiet => with_options(quiet(number), step),
        Kind::Owned => with_options(owned(number, text()), step),
        Kind::Fallible => with_options(fallible(number, text()), step),
        Kind::Once => with_options(once(number, Ticket(text())), step),
        Kind::Retried => with_options(retried(number, text()), step),
        Kind::Async => with_options(asynchronous(number), step),
        Kind::AsyncOwned => with_options(async_owned(number, text()), step),
        Kind::AsyncRetried => with_options(async_retried(number, text()), step),
        Kind::AsyncTimed => with_options(async_timed(number), step),
        Kind::Batch => with_options(batch(number), step),
        Kind::BatchFallible => with_options(batch_fallible(number), step),
        Kind::BatchKeyed => with_options(batch_keyed(number), step),
        Kind::Keyed => with_options(keyed(number), step),
        Kind::KeyedFirst => with_options(keyed_first(number), step),
    }
}

/// Enqueues an intent. Without options, the typed intent is enqueued, which has its own code path.
fn with_options(intent: impl IntoIntent, step: &Enqueue) -> Result<IntentId, EnqueueError> {
    let keyed = |intent: Intent| match step.key {
        Some(key) => intent.with_key(u64::from(key)),
        None => intent,
    };
    match step.fire_on {
        FireOn::Success if step.key.is_none() => try_enqueue(intent),
        FireOn::Success => try_enqueue(keyed(intent.into_intent())),
        FireOn::Failure => try_enqueue(keyed(intent.on_failure())),
        FireOn::Always => try_enqueue(keyed(intent.always())),
    }
}

/// Returns the number in an intent's arguments. Policies see intents before the world knows their
/// ids.
pub(crate) fn number(intent: &Intent) -> u32 {
    macro_rules! number {
        ($($typed:ident: $field:ident)+) => {
            $(if let Some(typed) = intent.downcast_ref::<$typed>() {
                return typed.$field;
            })+
        };
    }
    number! {
        Quiet: number Owned: number Fallible: number Once: number Retried: number
        Asynchronous: number AsyncOwned: number AsyncRetried: number AsyncTimed: number
        Batch: numbers BatchFallible: numbers BatchKeyed: numbers Keyed: number KeyedFirst: number
    }
    0
}
