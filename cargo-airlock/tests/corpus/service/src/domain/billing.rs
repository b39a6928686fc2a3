//! Billing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use reqwest::Client as Http;
use tokio::task::JoinSet;

use crate::infra::{AppState, Bus, Mailer, Repository};

pub struct Billing<M> {
    http: Arc<Http>, //~ deny-path
    state: AppState,
    mailer: M,
    repository: Repository,
}

impl<M> Billing<M>
where
    M: Mailer,
{
    pub async fn charge(&self, order: u64) -> Result<(), Error> {
        self.http.post("charge").json(&order).send().await?; //~ deny-path
        self.state.http.post("charge").send().await?; //~ deny-path
        self.state.client().await?.post("charge").send().await?; //~ deny-path
        self.state.bus().publish("charged", order).await?; //~ deny-path
        self.repository.publish(order).await;
        self.repository.request(order).await;
        self.mailer.deliver(order).await?;
        self.state.mailer.deliver(order).await?;
        Ok(())
    }

    pub async fn retry(&self, order: u64) -> Result<(), Error> {
        let state = self.state.clone();
        tokio::spawn(async move { //~ spawn
            state.http.post("retry").json(&order).send().await; //~ deny-path
        });
        let request = self.http.get("state").send(); //~ deny-path
        let response = request.await?;
        response.error_for_status()?;
        Ok(())
    }

    pub async fn pooled(&self) -> Result<(), Error> {
        let pool = self.state.pool.lock().await;
        for client in pool.iter() {
            client.get("pool").send().await?; //~ deny-path
        }
        let first = pool.first().ok_or(Error::Empty)?;
        first.get("first").send().await?; //~ deny-path
        let config = self.state.config.read().await;
        if let Some(fallback) = &config.fallback {
            fallback.get(&config.url).send().await?; //~ deny-path
        }
        config.url.get(0..1);
        pool.len();
        Ok(())
    }
}

pub async fn handler(State(state): State<AppState>, Json(order): Json<u64>) -> Result<(), Error> {
    state.http.post("handler").json(&order).send().await?; //~ deny-path
    let AppState { bus, repository, .. } = &state;
    bus.publish("handled", order).await?; //~ deny-path
    repository.insert(order).await;
    state.tasks.lock().await.spawn(async {}); //~ spawn
    Ok(())
}

pub async fn joined(state: &AppState, mut tasks: JoinSet<()>) { //~ spawn
    tasks.spawn(async {}); //~ spawn
    tasks.join_next().await;
    let own = JoinSet::new(); //~ spawn
    own.len();
    let (_one, _two) = tokio::join!(
        state.http.get("one").send(), //~ deny-path
        state.bus.request("two", 2), //~ deny-path
    );
}

pub async fn selected(state: &AppState, bus: &Bus, timer: Timer) { //~ deny-path
    tokio::select! {
        Ok(answer) = state.http.get("select").send() => { //~ deny-path
            answer.json().await;
        }
        message = bus.request("select", 1), if true => { //~ deny-path
            bus.publish("answered", message).await; //~ deny-path
        }
        _ = timer.tick() => {}
    }
    futures::select_biased! {
        answer = state.http.get("fused").send().fuse() => drop(answer), //~ deny-path
        complete => return,
    }
}

pub async fn logged(state: &AppState, order: u64) {
    tracing::info!(order, answer = ?state.http.get("log").send().await, "charged"); //~ deny-path
    tracing::debug!(target: "billing", %order, status = %probe(&state).await);
    info_span!("charge", client = field::debug(&state.http));
}

async fn probe(state: &AppState) -> u16 {
    let response = state.http.head("probe").send().await; //~ deny-path
    response.map(|response| response.status()).unwrap_or_default()
}
