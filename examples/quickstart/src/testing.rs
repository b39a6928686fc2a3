//! Danger 3: testing is hard. Here a test needs no mock and no broker: it asserts which intents were enqueued.

use airlock::executor::Recorder;

use crate::domain::{NotifyWarehouse, Order, SendConfirmation};
use crate::heading;

pub(crate) fn show(orders: &[Order]) -> Result<(), Box<dyn std::error::Error>> {
    heading("3. Testing: assert what was enqueued, with its own types");
    let Some(order) = orders.first() else {
        return Ok(());
    };
    let recorder = Recorder::new();
    airlock::scope()
        .executor(recorder.clone())
        .run_infallible(|scope| {
            order.clone().process();
            let notified = scope.enqueued::<NotifyWarehouse>();
            assert_eq!(notified[0].order, order.id);
            assert_eq!(scope.count::<SendConfirmation>(), 1);
        })?;
    assert_eq!(
        recorder.enqueued::<SendConfirmation>()[0].address,
        order.email
    );
    println!(
        "order {} asked the warehouse once and its buyer once: asserted",
        order.id
    );
    println!("{}", recorder.snapshot());
    Ok(())
}
