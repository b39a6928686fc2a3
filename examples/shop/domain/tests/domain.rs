//! The domain without a server: tests assert enqueued intents; nothing is mocked, and nothing runs. Also the shop, on
//! a separate database.

use airlock::policy::assert_no_effects;
use shop::effects::{AlertStock, NotifyWarehouse, SendReceipt};
use shop::settings::DEMO_KEY;
use shop::{Item, Job, JobQuery, NewOrder, Order, Progress, Shop, ShopError, Status, Wait};
use tempfile::TempDir;

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

/// Opens a shop with a database in a temporary directory.
async fn shop() -> (Shop, TempDir) {
    let directory = TempDir::new().expect("the temporary directory is there");
    let file = directory.path().join("shop.db");
    let shop = Shop::open(&file.display().to_string(), DEMO_KEY).await;
    (shop.expect("a shop"), directory)
}

fn new(sku: &str, quantity: i64, key: Option<&str>) -> NewOrder {
    NewOrder {
        sku: sku.to_owned(),
        quantity,
        email: "ada@example.org".to_owned(),
        key: key.map(str::to_owned),
    }
}

/// Returns the jobs when all are done, oldest first.
async fn done(shop: &Shop) -> Vec<Job> {
    let wait = JobQuery {
        wait: Some(Wait::Done),
        state: None,
    };
    let mut jobs = shop.jobs(wait).await.expect("the table");
    assert!(jobs.iter().all(|job| job.state == Progress::Performed));
    jobs.reverse();
    jobs
}

#[tokio::test]
async fn an_order_that_cannot_be_filled_leaves_no_trace() {
    let (shop, _directory) = shop().await;
    let placed = shop.airlock().bind(shop.place(new("lamp", 3, None))).await;
    assert!(matches!(placed, Err(ShopError::OutOfStock { left: 2, .. })));
    assert_eq!(shop.orders().await.expect("the table"), []);
    assert_eq!(shop.items().await.expect("the table")[0].stock, 2);
    assert!(done(&shop).await.is_empty());
    let fates: Vec<_> = shop.reports()[0].intents.iter().map(|it| it.fate).collect();
    assert_eq!(fates, ["discarded", "discarded"]);
}

#[tokio::test]
async fn an_order_that_is_sent_again_with_its_key_is_the_one_that_exists() {
    let (shop, _directory) = shop().await;
    let place = async |quantity| {
        let new = new("mug", quantity, Some("a key"));
        shop.airlock().bind(shop.place(new)).await
    };
    let first = place(2).await.expect("there are enough");
    let again = place(2).await.expect("it is there");
    assert_eq!((first.is_new, again.is_new), (true, false));
    assert_eq!(first.order, again.order);
    let other = place(1).await;
    assert!(matches!(other, Err(ShopError::KeyUsed(1))), "{other:?}");
    let effects: Vec<_> = done(&shop)
        .await
        .into_iter()
        .map(|job| job.effect)
        .collect();
    assert_eq!(effects, ["shop.send_confirmation", "shop.index_order"]);
    assert_eq!(shop.items().await.expect("the table")[1].stock, 5);
}

#[tokio::test]
async fn orders_have_numbers_without_gaps() {
    let (shop, _directory) = shop().await;
    for _ in 0..2 {
        let failed = shop.airlock().bind(shop.place(new("lamp", 3, None))).await;
        failed.expect_err("there are two");
        let placed = shop.airlock().bind(shop.place(new("mug", 1, None))).await;
        placed.expect("there are enough");
    }
    let orders = shop.orders().await.expect("the table");
    let numbers: Vec<_> = orders.iter().map(|order| order.id).collect();
    assert_eq!(numbers, [2, 1]);
}

#[tokio::test]
async fn an_import_is_all_or_nothing() {
    let (shop, _directory) = shop().await;
    let lines = "mug, 1, ada@example.org\nsofa, 1, ada@example.org";
    let imported = shop.airlock().bind(shop::import_orders(&shop, lines)).await;
    assert!(matches!(imported, Err(ShopError::NoSuchItem(sku)) if sku == "sofa"));
    assert_eq!(shop.orders().await.expect("the table"), []);
    assert!(done(&shop).await.is_empty());
}

#[tokio::test]
async fn an_import_stores_only_what_its_policy_allows() {
    let (shop, _directory) = shop().await;
    let lines = "mug, 1, ada@example.org\nlamp, 1, ada@example.org";
    let imported = shop.airlock().bind(shop::import_orders(&shop, lines)).await;
    assert_eq!(imported.expect("the lines are good").len(), 2);
    let jobs = done(&shop).await;
    assert_eq!(jobs.len(), 6);
    assert!(jobs.iter().all(|job| job.effect == "shop.index_order"));
    let report = &shop.reports()[0];
    let dropped = report.intents.iter().filter(|it| it.fate == "dropped");
    assert_eq!(dropped.count(), 8, "{report:?}");
}

#[tokio::test]
async fn an_address_is_sealed_in_the_table_of_jobs() {
    let (shop, _directory) = shop().await;
    let placed = shop.airlock().bind(shop.place(new("mug", 1, None))).await;
    placed.expect("there are enough");
    let jobs = done(&shop).await;
    assert_eq!(jobs[0].arguments["email"], "sealed");
    assert!(
        shop.sent()
            .await
            .expect("the table")
            .iter()
            .any(|sent| { sent.what == "to ada@example.org: We have your order 1." })
    );
}
