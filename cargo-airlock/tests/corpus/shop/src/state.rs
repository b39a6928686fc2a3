//! The state of the program, outside the domain.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, RwLock};

use crate::clients::{Gateway, Http, Payments, Shared, SharedHttp, Smtp};
use crate::legacy::Task;
use crate::ports::Notifier;

pub struct App {
    pub http: Http,
    pub shared: SharedHttp,
    pub optional: Shared<Http>,
    pub smtp: Option<Box<Smtp>>,
    pub locked: Mutex<Http>,
    pub many: Vec<Http>,
    pub by_region: HashMap<String, Smtp>,
    pub switched: RwLock<Option<Smtp>>,
    pub payments: Payments,
    pub gateway: Gateway,
    pub pair: (u64, Http),
    pub task: Task,
    pub notifier: Box<dyn Notifier>,
    pub settings: HashMap<String, u64>,
    pub inner: Inner,
}

pub struct Inner {
    pub deeper: Deeper,
}

pub struct Deeper {
    pub smtp: Smtp,
}

pub struct Wrapper(pub Http, pub u64);

pub enum Backend {
    Live(Http),
    Named { client: Smtp },
    Dry,
}

pub static GLOBAL: LazyLock<Http> = LazyLock::new(Http::new);

lazy_static! {
    pub static ref OLD: Http = Http::new();
}

thread_local! {
    pub static PER_THREAD: Http = Http::new();
}
