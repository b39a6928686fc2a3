//! Traits and their implementations.

use crate::clients::{Http, Smtp};

pub trait Notifier {
    fn notify(&self, id: u64);
    fn notify_all(&self, ids: &[u64]) {
        for id in ids {
            self.notify(*id);
        }
    }
}

pub struct MailNotifier {
    smtp: Smtp,
}

impl Notifier for MailNotifier {
    fn notify(&self, id: u64) {
        self.smtp.send(&id); //~ deny-path
    }
}

pub struct HttpNotifier(Http);

impl Notifier for HttpNotifier {
    fn notify(&self, id: u64) {
        self.0.post("notify").json(&id).send(); //~ deny-path
    }
}

pub struct Silent;

impl Notifier for Silent {
    fn notify(&self, _id: u64) {}
}

pub trait Export {
    fn export(&self, id: u64);
}

pub struct Ftp {
    http: Http,
}

impl Export for Ftp {
    fn export(&self, id: u64) {
        self.http.put("export").json(&id).send(); //~ deny-path
    }
}

/// Is never used by the domain.
pub struct Tape {
    http: Http,
}

impl Export for Tape {
    fn export(&self, id: u64) {
        self.http.put("tape").json(&id).send();
    }
}
