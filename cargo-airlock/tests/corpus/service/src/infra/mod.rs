//! Clients and state, outside the domain.

pub mod alerting;

use std::sync::Arc;

pub use async_nats::Client as Bus;
use reqwest::Client;
use tokio::sync::{Mutex, OnceCell, RwLock};
use tokio::task::JoinSet;

#[derive(Clone)]
pub struct AppState {
    pub http: Client,
    pub bus: Arc<Bus>,
    pub lazy: OnceCell<Client>,
    pub pool: Mutex<Vec<Client>>,
    pub config: Arc<RwLock<Config>>,
    pub tasks: Arc<Mutex<JoinSet<()>>>,
    pub mailer: Arc<dyn Mailer + Send + Sync>,
    pub repository: Repository,
}

pub struct Config {
    pub url: String,
    pub fallback: Option<Client>,
}

impl AppState {
    pub async fn client(&self) -> Result<&Client, Error> { //~ deny-path
        self.lazy.get_or_try_init(connect).await
    }

    pub fn bus(&self) -> Arc<Bus> { //~ deny-path
        self.bus.clone()
    }
}

pub async fn connect() -> Result<Client, Error> { //~ deny-path
    Client::builder().build() //~ deny-path
}

#[async_trait]
pub trait Mailer {
    async fn deliver(&self, order: u64) -> Result<(), Error>;
}

pub struct HttpMailer {
    client: Client,
}

#[async_trait]
impl Mailer for HttpMailer {
    async fn deliver(&self, order: u64) -> Result<(), Error> {
        self.client.post("mail").json(&order).send().await?; //~ deny-path
        Ok(())
    }
}

pub struct Repository {
    rows: Vec<u64>,
}

impl Repository {
    pub async fn insert(&self, _order: u64) {}
    pub async fn publish(&self, _order: u64) {}
    pub async fn request(&self, _order: u64) {}
}

/// A state that dereferences by a derive.
#[derive(Clone, Deref)]
pub struct SharedState(pub Arc<AppState>);
