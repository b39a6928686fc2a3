//! Returns: generic wrappers, maps and iterators.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, OnceLock};

use super::Orders;
use crate::clients::{Draft, Http, Smtp};
use crate::pool::{Guarded, Pool, PoolBuilder, PostExt};

static LATE: OnceLock<Http> = OnceLock::new(); //~ deny-path

pub struct Returns {
    pool: Pool<Http>, //~ deny-path
    guarded: Guarded<Smtp>, //~ deny-path
    drafts: Guarded<Draft>,
    named: Vec<(String, Http)>, //~ deny-path
    regions: BTreeMap<String, Http>, //~ deny-path
    shared: Rc<RefCell<Http>>, //~ deny-path
    current: Option<Http>, //~ deny-path
    locked: Mutex<Smtp>, //~ deny-path
    orders: Orders,
}

impl Returns {
    fn wrappers(&mut self) {
        self.pool.take().post("pool").send(); //~ deny-path
        self.guarded.send(&1); //~ deny-path
        self.drafts.send(1);
        self.shared.borrow_mut().post("shared").send(); //~ deny-path
        if let Some(http) = self.current.take() {
            http.post("current").send(); //~ deny-path
        }
        if let Some(http) = self.current.as_mut() {
            http.post("current").send(); //~ deny-path
        }
        self.lock().send(&1); //~ deny-path
        LATE.get().unwrap().post("late").send(); //~ deny-path
        LATE.get_or_init(Http::new).post("late").send(); //~ deny-path
        self.orders.pay(1);
        let built = PoolBuilder::new().build();
        built.take().post("built").send(); //~ deny-path
    }

    fn lock(&self) -> MutexGuard<'_, Smtp> { //~ deny-path
        self.locked.lock().unwrap()
    }

    fn iterators(&self) {
        for (name, http) in &self.named {
            http.post(name).send(); //~ deny-path
            name.get(0..1);
        }
        for (region, http) in self.regions.iter() {
            http.post(region).send(); //~ deny-path
            region.get(0..1);
        }
        for (index, http) in self.regions.values().enumerate() {
            http.post(index).send(); //~ deny-path
        }
        self.named.iter().map(|(_, http)| http.get("mapped").send()); //~ deny-path
        self.regions.get("eu").map(|http| http.get("eu").send()); //~ deny-path
        self.current.as_ref().and_then(|http| http.get("then").send().ok()); //~ deny-path
        let mut clients = self.regions.values();
        while let Some(http) = clients.next() {
            http.post("while").send(); //~ deny-path
        }
    }

    fn mapped(&self) {
        let name = self.current.as_ref().map(|http| http.to_string()).unwrap();
        name.get(0..1);
        let draft = self.current.as_ref().map(|_| Draft).unwrap();
        draft.post(1);
        let count = self.regions.values().map(|_| 1).max().unwrap();
        count.send();
        let first = self.named.first().map(|(name, _)| name).unwrap();
        first.get(0..1);
        let size = self.regions.len();
        size.put();
        let chosen = self.named.iter().map(|(_, http)| http).next().unwrap();
        chosen.post("chosen").send(); //~ deny-path
    }

    fn patterns(&self) {
        let Self { pool, current, .. } = self;
        pool.take().post("self").send(); //~ deny-path
        if let Some(http) = current {
            http.post("self").send(); //~ deny-path
        }
        let [first, ..] = &self.named[..] else { return };
        first.1.post("slice").send(); //~ deny-path
        if let Some((_, http)) = self.named.first() {
            http.post("pair").send(); //~ deny-path
        }
    }

    fn extended(&self, http: &Http) { //~ deny-path
        http.post_order(1); //~ deny-path
        PostExt::post_order(http, 2);
        self.run(|http| http.post("callback").send()); //~ deny-path
    }

    fn run(&self, act: impl Fn(&Http)) { //~ deny-path
        act(&self.pool.take());
    }
}
