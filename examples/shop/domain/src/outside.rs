//! The demo's outside world: one type plays every partner, and records everything that it receives.

use std::io::{self, Write};
use std::sync::Arc;

use airlock::executor::BoxFuture;
use serde::Serialize;

use crate::error::ShopError;
use crate::order::Status;
use crate::partners::{Answer, Bank, Mail, Mailer, Partners, SearchIndex, Unreachable, Warehouse};
use crate::store::Store;

/// The card that the demo's bank refuses.
const REFUSED: &str = "refused";

/// Something that was sent to the outside world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The partner.
    pub via: String,
    /// The content.
    pub what: String,
}

/// The demo's partners. Replace them in a real shop.
#[derive(Debug)]
pub struct Outside {
    book: Book,
}

/// The place where the partners record what they receive.
#[derive(Debug)]
enum Book {
    /// The database of a shop.
    Database(Store),
    /// The stdout of a worker, which has no database.
    Stdout,
}

impl Outside {
    /// Creates partners that record into this store.
    #[must_use]
    pub fn new(store: Store) -> Arc<Self> {
        let book = Book::Database(store);
        Arc::new(Self { book })
    }

    /// Creates partners that print a line for everything they receive.
    #[must_use]
    pub fn printing() -> Arc<Self> {
        let book = Book::Stdout;
        Arc::new(Self { book })
    }

    /// Returns itself as every partner.
    #[must_use]
    pub fn partners(self: &Arc<Self>) -> Partners {
        Partners {
            mailer: self.clone(),
            warehouse: self.clone(),
            index: self.clone(),
            bank: self.clone(),
        }
    }

    /// Returns whether the mail server works.
    ///
    /// # Errors
    ///
    /// [`ShopError::Database`].
    pub async fn mail_works(&self) -> Result<bool, ShopError> {
        match &self.book {
            Book::Database(store) => Ok(store.mail_works().await?),
            Book::Stdout => Ok(true),
        }
    }

    async fn note(&self, via: &'static str, what: String) -> Result<(), Unreachable> {
        match &self.book {
            Book::Database(store) => store.note_sent(via, &what).await.map_err(|error| {
                tracing::error!(%error, "could not note what was sent");
                Unreachable(via)
            }),
            Book::Stdout => {
                let written = writeln!(io::stdout().lock(), "{via}: {what}");
                written.map_err(|_| Unreachable(via))
            }
        }
    }
}

impl Mailer for Outside {
    fn send(&self, mail: Mail) -> Answer<'_> {
        Box::pin(async move {
            if !self.mail_works().await.unwrap_or(false) {
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
    fn index_order(&self, order: i64, status: Status) -> Answer<'_> {
        Box::pin(self.note("search", format!("index order {order} as {status}")))
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
