//! The effects of requests, and a record of those that ran.

use std::sync::Mutex;

use airlock::Intent;

use super::client::trace_parent;
use super::lock;

/// The numbers of the effects that ran, and of those that were handed back, by request.
#[derive(Debug)]
pub(crate) struct Ledger {
    done: Mutex<Vec<Vec<u32>>>,
    unhandled: Mutex<Vec<Vec<u32>>>,
    /// The effects that ran with the origin of another request.
    strays: Mutex<Vec<String>>,
}

#[airlock::effect]
pub(crate) fn mark(#[resource] ledger: &Ledger, request: u32, number: u32) {
    ledger.add(request, number);
}

#[airlock::effect]
pub(crate) async fn mark_later(#[resource] ledger: &Ledger, request: u32, number: u32) {
    tokio::task::yield_now().await;
    ledger.add(request, number);
}

impl Ledger {
    pub(super) fn new(requests: usize) -> Self {
        Self {
            done: Mutex::new(vec![Vec::new(); requests]),
            unhandled: Mutex::new(vec![Vec::new(); requests]),
            strays: Mutex::new(Vec::new()),
        }
    }

    /// Records an effect that runs. Its argument names the request that enqueued it; its origin names the
    /// request whose scope it has left.
    fn add(&self, request: u32, number: u32) {
        lock(&self.done)[request as usize].push(number);
        let origin = airlock::current().and_then(|scope| scope.origin());
        let left = origin.as_ref().and_then(|origin| origin.trace_parent());
        if left != Some(&trace_parent(request)) {
            let stray = format!("effect {number} of request {request} has left {left:?}");
            lock(&self.strays).push(stray);
        }
    }

    pub(super) fn report_unhandled(&self, intents: &[Intent]) {
        for intent in intents {
            let sync = intent
                .downcast_ref::<Mark>()
                .map(|it| (it.request, it.number));
            let later = intent
                .downcast_ref::<MarkLater>()
                .map(|it| (it.request, it.number));
            let (request, number) = sync.or(later).expect("there are no other effects");
            lock(&self.unhandled)[request as usize].push(number);
        }
    }

    /// Returns the numbers of this request's effects that ran.
    pub(super) fn done(&self, request: usize) -> Vec<u32> {
        lock(&self.done)[request].clone()
    }

    /// Returns the numbers of this request's effects that were handed back.
    pub(super) fn unhandled(&self, request: usize) -> Vec<u32> {
        lock(&self.unhandled)[request].clone()
    }

    pub(super) fn strays(&self) -> Vec<String> {
        lock(&self.strays).clone()
    }
}
