//! Alerts: traits in every form.

use std::sync::Arc;

use reqwest::Client;

use crate::infra::alerting::{Alert, Alerts, Channel, DynChannel, Pager, Sink, pair};

pub trait Rule {
    fn channel(&self) -> &dyn Channel;
    fn id(&self) -> u64;

    fn fire(&self) {
        self.channel().page(self.id());
    }
}

pub struct Threshold {
    channel: Box<dyn Channel>,
    client: Client, //~ deny-path
}

impl Rule for Threshold {
    fn channel(&self) -> &dyn Channel {
        &*self.channel
    }

    fn id(&self) -> u64 {
        1
    }
}

impl Threshold {
    pub async fn check(self: Arc<Self>) {
        self.fire();
        self.client.post("check").send().await; //~ deny-path
        (&self.client).post("reference").send().await; //~ deny-path
        self.client.clone().post("clone").send().await; //~ deny-path
        Client::post(&self.client, "path"); //~ deny-path
        let same = &self.client;
        let again = same;
        again.post("again").send().await; //~ deny-path
        let late = tokio::time::timeout(1, self.client.get("timeout").send()).await; //~ deny-path
        late.unwrap().status();
    }

    pub async fn chosen(&self, other: &Client, is_other: bool) { //~ deny-path
        let client = if is_other { other } else { &self.client };
        client.post("chosen").send().await; //~ deny-path
        let labelled = 'find: {
            break 'find other;
        };
        labelled.post("labelled").send().await; //~ deny-path
    }
}

pub async fn objects(channels: Vec<Box<dyn Channel>>, one: DynChannel, sink: impl Sink) {
    for channel in &channels {
        channel.page(1);
    }
    one.page(2);
    sink.pour(3);
}

pub async fn blanket(pager: &Pager) {
    pager.alert(1);
}

pub async fn returned() {
    let (client, number) = pair();
    client.post("pair").send().await; //~ deny-path
    number.post();
    let Alerts { client, .. } = Alerts::from_environment();
    client.post("destructured").send().await; //~ deny-path
    let alerts = Alerts { client, ..Alerts::from_environment() };
    alerts.client.post("updated").send().await; //~ deny-path
    let taken = std::mem::take(&mut alerts.client);
    taken.post("taken").send().await; //~ deny-path
    vec![alerts.client.get("vec").send()]; //~ deny-path
}

pub async fn named_alike(alerts: &Alerts) {
    alerts.queue.post("queue");
    alerts.queue.send().await;
    alerts.title.get(0..1);
}
