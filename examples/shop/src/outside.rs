//! The demo's world outside: every partner at once, who writes down what has reached it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use airlock::BoxFuture;
use serde::Serialize;

use crate::partners::{Answer, Bank, Mail, Mailer, Partners, SearchIndex, Unreachable, Warehouse};
use crate::store::Store;

/// A card that the demo's bank refuses.
const REFUSED: &str = "refused";

/// Something that has reached the world outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// By which way.
    pub via: String,
    /// What.
    pub what: String,
}

/// The demo's partners. A shop that means it has others.
#[derive(Debug)]
pub struct Outside {
    store: Store,
    mail_works: AtomicBool,
}

impl Outside {
    /// One that writes into this store.
    #[must_use]
    pub fn new(store: Store) -> Arc<Self> {
        Arc::new(Self {
            store,
            mail_works: AtomicBool::new(true),
        })
    }

    /// Itself in every part.
    #[must_use]
    pub fn partners(self: &Arc<Self>) -> Partners {
        Partners {
            mailer: self.clone(),
            warehouse: self.clone(),
            index: self.clone(),
            bank: self.clone(),
        }
    }

    /// Breaks the mail server, or repairs it.
    pub fn set_mail_works(&self, works: bool) {
        self.mail_works.store(works, Ordering::Relaxed);
    }

    /// Whether mail leaves.
    pub fn mail_works(&self) -> bool {
        self.mail_works.load(Ordering::Relaxed)
    }

    async fn note(&self, via: &'static str, what: String) -> Result<(), Unreachable> {
        let noted = self.store.note_sent(via, &what).await;
        noted.map_err(|error| {
            tracing::error!(%error, "could not note what was sent");
            Unreachable(via)
        })
    }
}

impl Mailer for Outside {
    fn send(&self, mail: Mail) -> Answer<'_> {
        Box::pin(async move {
            if !self.mail_works() {
                return Err(Unreachable("the mail server"));
            }
            let Mail { to, text } = mail;
            self.note("mail", format!("to {to}: {text}")).await
        })
    }
}

impl Warehouse for Outside {
    fn pack(&self, order: i64, sku: String, quantity: i64) -> Answer<'_> {
        Box::pin(self.note(
            "warehouse",
            format!("pack {quantity} {sku} for order {order}"),
        ))
    }
}

impl SearchIndex for Outside {
    fn index_orders(&self, orders: Vec<i64>) -> Answer<'_> {
        let numbers: Vec<_> = orders.iter().map(ToString::to_string).collect();
        Box::pin(self.note("search", format!("index orders {}", numbers.join(", "))))
    }

    fn refresh_listing(&self, sku: String) -> Answer<'_> {
        Box::pin(self.note("search", format!("refresh {sku}")))
    }
}

impl Bank for Outside {
    fn charge(
        &self,
        _order: i64,
        _cents: i64,
        card: String,
    ) -> BoxFuture<'_, Result<bool, Unreachable>> {
        Box::pin(async move { Ok(card != REFUSED) })
    }
}
