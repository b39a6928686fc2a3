//! Orders, with clients in their fields.

mod returns;
mod shipping;

use std::rc::Rc;
use std::sync::Arc;

use crate::clients::{Draft, Http, Shared};
use crate::state::App;

pub struct Orders {
    http: Http, //~ deny-path
    arc: Arc<Http>, //~ deny-path
    boxed: Box<Http>, //~ deny-path
    optional: Option<Rc<Http>>, //~ deny-path
    shared: Shared<Http>, //~ deny-path
    app: Arc<App>,
    draft: Draft,
}

impl Orders {
    pub fn pay(&self, id: u64) {
        self.http.post("pay").json(&id).send(); //~ deny-path
        self.arc.post("pay").send(); //~ deny-path
        self.boxed.post("pay").send(); //~ deny-path
        self.optional.as_ref().unwrap().post("pay").send(); //~ deny-path
        if let Some(http) = self.shared.as_ref() {
            http.post("pay").send(); //~ deny-path
        }
        self.app.inner.deeper.smtp.send(&id); //~ deny-path
        self.draft.post(id);
        self.draft.send(id);
        self.client().post("pay").send(); //~ deny-path
        self.ship(id);
    }

    fn client(&self) -> &Http { //~ deny-path
        &self.http
    }

    pub fn describe(&self) -> String {
        let http = self.http.clone();
        drop(http);
        String::from("orders")
    }
}

pub struct Generic<C> {
    client: C,
    other: Draft,
}

impl Generic<Http> {
    fn send(&self) {
        self.client.post("generic").send(); //~ deny-path
        self.other.post(1);
    }
}

impl<N: crate::ports::Notifier> Generic<N> {
    fn tell(&self) {
        self.client.notify(1);
    }
}
