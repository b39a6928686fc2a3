//! A shop with a search index that can be blocked.

use std::sync::Arc;

use airlock::executor::BoxFuture;
use shop::settings::DEMO_KEY;
use shop::{Outside, Partners, SearchIndex, Shop, Status, Store, Unreachable};
use tokio::sync::watch;

use crate::database::TemporaryFile;

/// An index that answers when the gate opens.
pub(crate) struct Slow {
    outside: Arc<Outside>,
    gate: watch::Receiver<bool>,
}

impl Slow {
    /// Opens a shop with such an index. Returns it with the gate.
    pub(crate) async fn shop(database: &TemporaryFile) -> (Shop, watch::Sender<bool>) {
        let store = Store::open(database.url(), DEMO_KEY).await;
        let store = store.expect("a database");
        let outside = Outside::new(store.clone());
        let (open, gate) = watch::channel(false);
        let partners = Partners {
            index: Arc::new(Self {
                outside: outside.clone(),
                gate,
            }),
            ..outside.partners()
        };
        let shop = Shop::with(store, outside, partners).expect("a shop");
        (shop, open)
    }

    async fn opened(&self) -> Result<(), Unreachable> {
        let opened = self.gate.clone().wait_for(|open| *open).await.is_ok();
        opened.then_some(()).ok_or(Unreachable("the index"))
    }
}

impl SearchIndex for Slow {
    fn index_order(&self, order: i64, status: Status) -> BoxFuture<'_, Result<(), Unreachable>> {
        Box::pin(async move {
            self.opened().await?;
            self.outside.index_order(order, status).await
        })
    }

    fn refresh_listing(&self, sku: String) -> BoxFuture<'_, Result<(), Unreachable>> {
        Box::pin(async move {
            self.opened().await?;
            self.outside.refresh_listing(sku).await
        })
    }
}
