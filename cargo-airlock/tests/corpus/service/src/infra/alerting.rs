//! Alerting.

use std::sync::Arc;

use reqwest::Client as Http;

pub type DynChannel = Arc<dyn Channel>;

pub trait Channel: Send + Sync {
    fn page(&self, id: u64);
}

pub trait Sink: Channel {
    fn pour(&self, id: u64) {
        self.page(id);
    }
}

pub trait Alert {
    fn alert(&self, id: u64);
}

impl<C: Channel> Alert for C {
    fn alert(&self, id: u64) {
        self.page(id);
    }
}

pub struct Pager {
    http: Http,
}

impl Channel for Pager {
    fn page(&self, id: u64) {
        self.http.post("page").json(&id).send(); //~ deny-path
    }
}

#[derive(Default)]
pub struct Alerts {
    pub client: Http,
    pub queue: Queue,
    pub title: String,
}

impl Alerts {
    pub fn from_environment() -> Self {
        Self {
            client: Http::new(), //~ deny-path
            queue: Queue,
            title: String::new(),
        }
    }
}

pub struct Queue;

impl Queue {
    pub fn post(&self, _text: &str) {}
    pub async fn send(&self) {}
}

pub fn pair() -> (Http, u64) { //~ deny-path
    (Http::new(), 1) //~ deny-path
}
