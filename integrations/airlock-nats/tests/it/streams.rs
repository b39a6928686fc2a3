//! Tests of the set-up, and of the messages about a bad one.

use std::time::Duration;

use airlock::BoxError;
use airlock::nats::async_nats::{self, jetstream};
use airlock::nats::{Nats, WorkerError};

use crate::effects::Journal;
use crate::world;

type Tested = Result<(), BoxError>;

#[tokio::test]
async fn a_worker_without_a_stream_says_how_to_make_one() {
    let nats = world::builder(&world::new_name()).await.build();
    let nats = nats.expect("a nats");
    let started = nats.worker(Journal::default().airlock()).start().await;
    let error = started.expect_err("there is no stream");
    assert!(matches!(error, WorkerError::NoStream { .. }), "{error:?}");
    assert!(error.to_string().contains("ensure_stream"), "{error}");
}

#[tokio::test]
async fn the_streams_that_ensure_stream_makes_promise_enough() -> Tested {
    let (_, nats) = world::named().await;
    assert_eq!(nats.shortfalls().await?, Vec::<String>::new());
    // The streams exist now, so this is a no-op.
    nats.ensure_stream().await?;
    Ok(())
}

#[tokio::test]
async fn what_a_stream_promises_less_is_said() -> Tested {
    let name = world::new_name();
    let nats = Nats::builder(world::connect().await)
        .name(&name)
        .keys(world::keys())
        .build()?;
    nats.ensure_stream().await?;
    let context = jetstream::new(world::connect().await);
    let stream = context.get_stream(&name).await?;
    let mut config = stream.cached_info().config.clone();
    config.max_age = Duration::from_secs(3600);
    config.duplicate_window = Duration::from_secs(60);
    context.update_stream(config).await?;
    let said = nats.shortfalls().await?.join("\n");
    for part in ["one replica", "within 3600s", "within 60s instead of 600s"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn an_operator_can_create_the_streams_from_their_settings() -> Tested {
    let name = world::new_name();
    let nats = world::builder(&name).await.build()?;
    let context = jetstream::new(world::connect().await);
    for settings in nats.stream_settings() {
        let config: jetstream::stream::Config = serde_json::from_str(&settings.json)?;
        assert_eq!(config.name, settings.name);
        context.create_stream(config).await?;
    }
    assert_eq!(nats.shortfalls().await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn a_name_that_no_subject_can_hold_is_refused() {
    let built = world::builder("my.shop").await.build();
    let error = built.expect_err("it has a dot").to_string();
    assert!(
        error.contains("`my.shop`") && error.contains("letters"),
        "{error}"
    );
}

#[tokio::test]
async fn a_queue_that_no_subject_can_hold_is_refused_where_it_is_enqueued() -> Tested {
    let (_, nats) = world::named().await;
    let scope = airlock::scope().executor(nats);
    let mut answer = Ok(());
    let enqueue = async |_: airlock::Scope| {
        let intent = airlock::IntoIntent::on_queue(crate::effects::note(1), "a queue");
        answer = airlock::try_enqueue(intent).map(drop);
    };
    scope.run_infallible_async(enqueue).await?;
    let error = answer.expect_err("it has a space").to_string();
    assert!(error.contains("`a queue`"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_delay_is_refused_where_the_stream_publishes_nothing_later() -> Tested {
    let name = world::new_name();
    let nats = world::builder(&name).await.build()?;
    let context = jetstream::new(world::connect().await);
    for settings in nats.stream_settings() {
        let mut config: jetstream::stream::Config = serde_json::from_str(&settings.json)?;
        config.allow_message_schedules = false;
        context.create_stream(config).await?;
    }
    nats.ensure_stream().await?;
    let scope = airlock::scope().executor(nats);
    let mut answer = Ok(());
    let enqueue = async |_: airlock::Scope| {
        let later = airlock::IntoIntent::after(crate::effects::note(1), Duration::from_secs(1));
        answer = airlock::try_enqueue(later).map(drop);
    };
    scope.run_infallible_async(enqueue).await?;
    let error = answer.expect_err("nobody would publish it").to_string();
    assert!(error.contains("cannot delay"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_stream_that_is_ensured_before_the_first_connection_publishes_later() -> Tested {
    let options = async_nats::ConnectOptions::new().retry_on_initial_connect();
    let client = options.connect(world::url()).await?;
    let builder = Nats::builder(client).name(world::new_name());
    let nats = builder.keys(world::keys()).build()?;
    assert!(nats.capabilities().delay, "nobody knows better yet");
    nats.ensure_stream().await?;
    assert!(nats.capabilities().delay);
    Ok(())
}
