//! Tests that River next to the default executor fulfils the contract of executors: it leaves intents that are not
//! durable to the other one.

use std::sync::LazyLock;

use airlock::river::River;
use airlock::testing::{Subject, executor_suite};
use tokio::runtime::Runtime;

use super::river_on;
use crate::world::{self, Db};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

fn river() -> River<Db> {
    RUNTIME.block_on(async {
        let (url, _kept) = world::database().await;
        river_on(&world::connect(&url).await)
    })
}

executor_suite!(|| Subject::performs(river()));
