//! Measures publishing with a window of unacknowledged messages.

use std::collections::VecDeque;
use std::future::IntoFuture as _;
use std::time::Instant;

use airlock::BoxError;
use airlock::nats::Nats;
use airlock::nats::async_nats::jetstream::Context;
use airlock::nats::async_nats::jetstream::context::PublishAckFuture;
use airlock::nats::async_nats::jetstream::message::PublishMessage;

use super::{ByHand, Side, TO, context, empty, median, nats, nothing, print_ratio};

/// The window sizes, and the number of messages published with each.
const WINDOWS: [(usize, usize); 3] = [(1, 1500), (100, 10_000), (1000, 10_000)];

const ROUNDS: usize = 5;

/// The bytes by which an envelope is longer than a message by hand.
const FILLER: usize = 120;

pub(super) async fn measure(url: &str, replicas: usize) -> Result<(), BoxError> {
    let context = context(url).await?;
    for (window, messages) in WINDOWS {
        let nats = nats(url, window, replicas).await?;
        let (mut ours, mut peer, mut long) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            publish_ours(&nats, messages).await?;
            ours.push(messages as f64 / begun.elapsed().as_secs_f64());
            empty(&context, Side::Ours).await?;
            let begun = Instant::now();
            publish_by_hand(&context, window, messages, 0).await?;
            peer.push(messages as f64 / begun.elapsed().as_secs_f64());
            empty(&context, Side::Peer).await?;
            let begun = Instant::now();
            publish_by_hand(&context, window, messages, FILLER).await?;
            long.push(messages as f64 / begun.elapsed().as_secs_f64());
            empty(&context, Side::Peer).await?;
        }
        let name = format!("publish_r{replicas}_window_{window}");
        print_ratio(&name, median(ours), median(peer));
        println!(
            "      for scale, by hand with messages as long as ours: {:.0} per second",
            median(long)
        );
    }
    Ok(())
}

/// Publishes the messages in one flush.
pub(super) async fn publish_ours(nats: &Nats, messages: usize) -> Result<(), BoxError> {
    let scope = airlock::scope().executor(nats.clone());
    let enqueue = async |_| {
        for order in 0..messages {
            let order = i64::try_from(order).unwrap_or(0);
            airlock::enqueue(nothing(order, TO.to_owned()));
        }
    };
    scope.run_infallible_async(enqueue).await?;
    Ok(())
}

pub(super) async fn publish_by_hand(
    context: &Context,
    window: usize,
    messages: usize,
    filler: usize,
) -> Result<(), BoxError> {
    let mut unanswered = VecDeque::new();
    for order in 0..messages {
        let args = ByHand {
            order: i64::try_from(order)?,
            to: TO.to_owned(),
            filler: "x".repeat(filler),
        };
        let message = PublishMessage::build()
            .message_id(
                airlock::Intent::new(nothing(0, String::new()))
                    .uuid()
                    .to_string(),
            )
            .payload(serde_json::to_vec(&args)?.into());
        if unanswered.len() >= window
            && let Some(answer) = unanswered.pop_front()
        {
            PublishAckFuture::into_future(answer).await?;
        }
        unanswered.push_back(
            context
                .send_publish("by-hand.bench.by_hand", message)
                .await?,
        );
    }
    for answer in unanswered {
        answer.await?;
    }
    Ok(())
}
