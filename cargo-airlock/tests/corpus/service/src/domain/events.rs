//! Events.

use std::pin::Pin;

use super::*;
use crate::infra;
use crate::infra::{AppState, Mailer as Post};

type Future<T> = Pin<Box<dyn std::future::Future<Output = T> + Send>>;

pub fn boxed(state: AppState) -> Future<()> {
    Box::pin(async move {
        state.bus.publish("boxed", 1).await; //~ deny-path
    })
}

pub async fn dynamic(post: &dyn Post, boxed: Box<dyn Post>) {
    post.deliver(1).await;
    boxed.deliver(2).await;
}

pub async fn connected() -> Result<(), Error> {
    let client = infra::connect().await?;
    client.get("connected").send().await?; //~ deny-path
    let bus = async_nats::connect("nats").await?;
    bus.publish("connected", 1).await?; //~ deny-path
    Ok(())
}

pub async fn streamed(state: &AppState, orders: Vec<u64>) {
    let sends = orders.into_iter().map(|order| state.http.post("stream").json(&order).send()); //~ deny-path
    futures::future::join_all(sends).await;
    let bus = &state.bus;
    let publish = async |order: u64| bus.publish("stream", order).await; //~ deny-path
    publish(1).await;
    let mut buses = Vec::new();
    buses.push(state.bus());
    for bus in buses {
        bus.publish("pushed", 1).await; //~ deny-path
    }
}

pub async fn scheduled(state: AppState) {
    std::thread::spawn(move || state.repository); //~ spawn
    tokio::task::spawn_blocking(|| ()); //~ spawn
}

pub struct Handler<F> {
    run: F,
    state: AppState,
}

impl<F: Fn(&AppState)> Handler<F> {
    pub async fn call(&self) {
        (self.run)(&self.state);
        let state = &self.state;
        let http = match state.config.read().await.fallback {
            Some(ref http) => http,
            None => &state.http,
        };
        http.get("handler").send().await; //~ deny-path
    }
}

pub async fn derived(state: infra::SharedState) -> bool {
    state.mailer.deliver(3).await;
    state.http.get("derived").send().await; //~ deny-path
    matches!(state.http.get("matches").send().await, Ok(answer) if answer.status().is_success()) //~ deny-path
}

#[cfg(test)]
mod tests {
    async fn tests_may_act(state: &super::AppState) {
        state.http.get("test").send().await;
    }
}
