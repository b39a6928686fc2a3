//! Tests of a worker when something goes wrong or takes long.

use std::time::Duration;

use airlock::nats::async_nats::HeaderValue;
use airlock::nats::async_nats::jetstream::{self, Context};
use airlock::nats::{Nats, Running};
use airlock::{BoxError, Intent, IntoIntent};

use crate::effects::{Journal, keyed, note, once, slow, stumble, wait_until};
use crate::world;

type Tested = Result<(), BoxError>;

async fn publish(nats: &Nats, intents: Vec<Intent>) -> Tested {
    let scope = airlock::scope().executor(nats.clone());
    let enqueue = async move |_: airlock::Scope| {
        for intent in intents {
            airlock::enqueue(intent);
        }
    };
    scope.run_infallible_async(enqueue).await?;
    Ok(())
}

async fn work(nats: &Nats, journal: &Journal) -> Result<Running, BoxError> {
    let worker = nats.worker(journal.airlock());
    Ok(worker.lost_after(Duration::from_secs(1)).start().await?)
}

async fn context() -> Context {
    jetstream::new(world::connect().await)
}

async fn left(name: &str) -> u64 {
    let stream = context().await.get_stream(name).await;
    stream.map_or(u64::MAX, |it| it.cached_info().state.messages)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_that_takes_longer_than_a_lost_one_is_performed_once() -> Tested {
    let (name, nats) = world::named().await;
    let journal = Journal::default();
    publish(&nats, vec![Intent::new(slow(1, 2500))]).await?;
    let worker = work(&nats, &journal).await?;
    wait_until(async || left(&name).await == 0).await;
    assert_eq!(journal.all(), [("slow", 1, 1)]);
    worker.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn intents_of_one_ordering_key_keep_their_order_though_some_fail() -> Tested {
    let (name, nats) = world::named().await;
    let journal = Journal::default();
    let ordered = (0..60).map(|number| Intent::new(stumble(number)).in_order_of("one"));
    publish(&nats, ordered.collect()).await?;
    let (one, other) = (work(&nats, &journal).await?, work(&nats, &journal).await?);
    wait_until(async || left(&name).await == 0).await;
    assert_eq!(journal.numbers(), (0..60).collect::<Vec<_>>());
    one.stop().await;
    other.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_different_partitions_do_not_wait_for_each_other() -> Tested {
    let (name, nats) = world::named().await;
    let journal = Journal::default();
    let key = |partition: usize| {
        let of = |key: &&str| crate::world::partition_of(key) == partition;
        ["a", "b", "c", "d", "e"].into_iter().find(of)
    };
    let (one, other) = (key(0).ok_or("a key")?, key(1).ok_or("a key")?);
    publish(
        &nats,
        vec![
            Intent::new(slow(1, 1500)).in_order_of(one),
            Intent::new(note(2)).in_order_of(one),
            Intent::new(note(3)).in_order_of(other),
        ],
    )
    .await?;
    let worker = work(&nats, &journal).await?;
    wait_until(async || left(&name).await == 0).await;
    assert_eq!(journal.numbers().last(), Some(&2), "the first key's waits");
    worker.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_effect_declared_once_is_dead_when_its_worker_was_killed() -> Tested {
    let (name, nats) = world::named().await;
    let journal = Journal::default();
    publish(&nats, vec![Intent::new(once(1))]).await?;
    // This worker creates the consumer. Later the test takes a message and does not answer, like a killed worker.
    let worker = work(&nats, &journal).await?;
    wait_until(async || left(&name).await == 0).await;
    worker.stop().await;
    assert_eq!(journal.all(), [("once", 1, 1)]);

    publish(&nats, vec![Intent::new(once(2))]).await?;
    let stream = context().await.get_stream(&name).await?;
    let consumer: jetstream::consumer::PullConsumer = stream.get_consumer("default").await?;
    let mut taken = consumer.fetch().max_messages(1).messages().await?;
    let message = futures_util::StreamExt::next(&mut taken).await;
    assert!(message.is_some(), "it was delivered once");
    let worker = work(&nats, &journal).await?;
    wait_until(async || left(&name).await == 0).await;
    worker.stop().await;
    assert_eq!(
        journal.numbers(),
        [1],
        "nobody knows how far the first came"
    );
    assert_eq!(left(&format!("{name}-dead")).await, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_recognised_until_its_intent_is_performed() -> Tested {
    let (name, nats) = world::named().await;
    let journal = Journal::default();
    let delayed = Intent::new(keyed(2)).after(Duration::from_secs(1));
    publish(&nats, vec![Intent::new(keyed(1)), delayed]).await?;
    publish(&nats, vec![Intent::new(keyed(1)), Intent::new(keyed(2))]).await?;
    let worker = work(&nats, &journal).await?;
    wait_until(async || left(&name).await == 0).await;
    assert_eq!(journal.numbers(), [1, 2]);
    publish(&nats, vec![Intent::new(keyed(1))]).await?;
    wait_until(async || left(&name).await == 0).await;
    assert_eq!(journal.numbers(), [1, 2, 1], "that was another one");
    worker.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_recognised_on_another_queue_too() -> Tested {
    let (name, nats) = world::named().await;
    publish(&nats, vec![Intent::new(keyed(1))]).await?;
    publish(&nats, vec![Intent::new(keyed(1)).on_queue("mail")]).await?;
    assert_eq!(left(&name).await, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_that_dies_again_has_another_dead_letter() -> Tested {
    let (name, nats) = world::named().await;
    let worker = work(&nats, &Journal::default()).await?;
    let bad = r#"{"effect":"test.note","args":{},"id":"0199d2c4-7a40-7000-8000-00a1b2c3d4e5"}"#;
    let (context, dead) = (context().await, format!("{name}-dead"));
    for deaths in 1..=2 {
        let subject = format!("{name}.run.default.test.note");
        context.publish(subject, bad.into()).await?.await?;
        wait_until(async || left(&dead).await == deaths).await;
        wait_until(async || left(&name).await == 0).await;
    }
    worker.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_intent_that_was_left_to_others_has_not_been_tried() -> Tested {
    let (name, nats) = world::named().await;
    let journal = Journal::default();
    let newer = r#"{"effect":"test.note","args":{"number":1},"v":999}"#;
    let context = context().await;
    let subject = format!("{name}.run.default.test.note");
    context.publish(subject, newer.into()).await?.await?;
    let worker = work(&nats, &journal).await?;
    let stream = context.get_stream(&name).await?;
    let mut waits = None;
    for _ in 0..500 {
        let waiting = format!("{name}.later.>");
        waits = stream.get_last_raw_message_by_subject(&waiting).await.ok();
        if waits.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let waits = waits.ok_or("it waits for others")?;
    let attempts = waits.headers.get("Airlock-Attempts");
    assert_eq!(attempts.map(HeaderValue::as_str), Some("0"));
    worker.stop().await;
    assert_eq!(left(&name).await, 1, "it is not lost");
    assert!(journal.all().is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_when_its_consumer_was_deleted() -> Tested {
    let (name, nats) = world::named().await;
    let journal = Journal::default();
    let worker = work(&nats, &journal).await?;
    publish(&nats, vec![Intent::new(note(1))]).await?;
    journal.wait_until(1).await;
    let stream = context().await.get_stream(&name).await?;
    stream.delete_consumer("default").await?;
    publish(&nats, vec![Intent::new(note(2))]).await?;
    journal.wait_until(2).await;
    worker.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_when_the_stream_was_made_anew() -> Tested {
    let (name, nats) = world::named().await;
    let journal = Journal::default();
    let worker = work(&nats, &journal).await?;
    context().await.delete_stream(&name).await?;
    nats.ensure_stream().await?;
    publish(&nats, vec![Intent::new(note(1))]).await?;
    journal.wait_until(1).await;
    worker.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_goes_on_when_the_server_was_killed() -> Tested {
    let mut server = airlock_servers::Nats::start()?;
    let client = airlock::nats::async_nats::connect(server.url()).await?;
    let nats = Nats::builder(client).keys(world::keys()).build()?;
    nats.ensure_stream().await?;
    let journal = Journal::default();
    let worker = work(&nats, &journal).await?;
    publish(&nats, vec![Intent::new(note(1))]).await?;
    journal.wait_until(1).await;
    server.crash(0);
    let lost = publish(&nats, vec![Intent::new(note(2))]).await;
    let error = lost.expect_err("nobody is there").to_string();
    assert!(error.contains("test.note"), "{error}");
    server.restart(0)?;
    publish(&nats, vec![Intent::new(note(3))]).await?;
    wait_until(async || journal.numbers().contains(&3)).await;
    worker.stop().await;
    Ok(())
}
