//! The domain alone: wishes are asserted, nothing is mocked, and nothing runs.

use airlock::executor::Recorder;
use airlock::policy::assert_no_effects;
use shop::effects::{AlertStock, IndexOrder, NotifyWarehouse, SendConfirmation, SendReceipt};
use shop::{Item, NewOrder, Order, Shop, ShopError, Status};

fn order(status: Status) -> Order {
    Order {
        id: 7,
        sku: "mug".to_owned(),
        quantity: 2,
        email: "ada@example.org".to_owned(),
        total_cents: 2400,
        status,
    }
}

#[test]
fn a_paid_order_wishes_a_receipt_and_work_for_the_warehouse() {
    let scope = airlock::scope().enter();
    order(Status::Placed).mark_paid().expect("it was placed");
    let receipts = scope.enqueued::<SendReceipt>();
    assert_eq!(receipts.len(), 1, "{}", scope.snapshot());
    assert_eq!((receipts[0].order, receipts[0].cents), (7, 2400));
    assert_eq!(scope.enqueued::<NotifyWarehouse>()[0].quantity, 2);
    scope.discard();
}

#[test]
fn an_order_that_is_paid_already_wishes_nothing() {
    airlock::policy(assert_no_effects()).run(|| {
        let again = order(Status::Paid).mark_paid();
        assert!(matches!(
            again,
            Err(ShopError::WrongStatus { order: 7, .. })
        ));
    });
}

#[test]
fn purchasing_is_told_when_little_is_left() {
    let item = |stock| Item {
        sku: "mug".to_owned(),
        name: "Mug".to_owned(),
        price_cents: 1200,
        stock,
    };
    let scope = airlock::scope().enter();
    item(9).take(2).expect("there are enough");
    assert_eq!(scope.count::<AlertStock>(), 0);
    item(3).take(2).expect("there are enough");
    assert_eq!(scope.enqueued::<AlertStock>()[0].left, 1);
    scope.discard();
}

#[tokio::test]
async fn an_order_that_cannot_be_filled_leaves_no_trace() {
    let shop = Shop::open(None).await.expect("a shop in memory");
    let recorder = Recorder::new();
    let scope = shop.airlock().scope().executor(recorder.clone());
    let new = NewOrder {
        sku: "lamp".to_owned(),
        quantity: 3,
        email: "ada@example.org".to_owned(),
        key: None,
    };
    let ended = scope.run_async(async |_| shop.place(new).await).await;
    assert!(matches!(ended, Err(ShopError::OutOfStock { left: 2, .. })));
    assert!(recorder.is_empty());
    assert_eq!(shop.orders().await.expect("the table"), []);
    assert_eq!(shop.items().await.expect("the table")[0].stock, 2);
}

#[tokio::test]
async fn an_order_that_is_sent_again_with_its_key_is_the_one_that_exists() {
    let shop = Shop::open(None).await.expect("a shop in memory");
    let new = |quantity| NewOrder {
        sku: "mug".to_owned(),
        quantity,
        email: "ada@example.org".to_owned(),
        key: Some("a key".to_owned()),
    };
    let place = async |quantity| {
        let scope = shop.airlock().scope();
        scope
            .run_async(async |_| shop.place(new(quantity)).await)
            .await
    };
    let first = place(2).await.expect("there are enough");
    let again = place(2).await.expect("it is there");
    assert_eq!((first.is_new, again.is_new), (true, false));
    assert_eq!(first.order, again.order);
    let other = place(1).await;
    assert!(matches!(other, Err(ShopError::KeyUsed(1))), "{other:?}");
    let sent = shop.sent().await.expect("the table");
    let mails = sent.iter().filter(|sent| sent.via == "mail").count();
    assert_eq!(
        (mails, shop.items().await.expect("the table")[1].stock),
        (1, 5)
    );
}

#[tokio::test]
async fn an_import_is_all_or_nothing() {
    let shop = Shop::open(None).await.expect("a shop in memory");
    let lines = "mug, 1, ada@example.org\nsofa, 1, ada@example.org";
    let imported = shop.airlock().bind(shop::import_orders(&shop, lines)).await;
    assert!(matches!(imported, Err(ShopError::NoSuchItem(sku)) if sku == "sofa"));
    assert_eq!(shop.orders().await.expect("the table"), []);
    shop.background().drained().await;
    assert_eq!(shop.sent().await.expect("the table"), []);
}

#[tokio::test]
async fn an_import_indexes_in_one_call_and_mails_nobody() {
    let shop = Shop::open(None).await.expect("a shop in memory");
    let lines = "mug, 1, ada@example.org\nlamp, 1, ada@example.org";
    let scope = shop.airlock().scope();
    let ended = scope.run_async(async |scope| {
        let imported = shop::import_orders(&shop, lines).await?;
        // The request around it sees all that was wished.
        assert_eq!(scope.count::<SendConfirmation>(), 2);
        assert!(scope.count::<IndexOrder>() >= 2);
        Ok::<_, ShopError>(imported)
    });
    assert_eq!(ended.await.expect("the lines are good").len(), 2);
    let report = &shop.reports()[0];
    let dropped = report
        .intents
        .iter()
        .filter(|intent| intent.fate == "dropped");
    assert_eq!(dropped.count(), 8, "{report:?}");
    shop.background().drained().await;
    let sent = shop.sent().await.expect("the table");
    let sent: Vec<_> = sent.iter().map(|sent| sent.what.as_str()).collect();
    assert_eq!(sent, ["index orders 1, 2"]);
}
