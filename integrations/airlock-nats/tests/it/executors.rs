//! Tests that JetStream next to the default executor fulfils the contract of executors: it leaves intents that are not
//! durable to the other one.

use std::sync::LazyLock;

use airlock::testing::{Subject, executor_suite};
use tokio::runtime::Runtime;

use crate::world;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

executor_suite!(|| Subject::performs(RUNTIME.block_on(world::named()).1));
