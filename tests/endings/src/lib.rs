//! A table of all the ways in which a request can end, and the effect on its intents. The tests of both
//! adapters run it. The guide's chapters on axum and actix-web describe the same table.
//!
//! This is a package of its own because a program's catalogue has the effects of all packages that it links: only
//! the tests that run the table link these.

mod rows;
mod world;

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use airlock::prelude::*;
use futures_util::stream::{self, Stream};

pub use self::world::World;
use self::world::{charge, hang_guard, mail, ship};

/// The response body of a failed flush.
const PROBLEM: &str = r#"{"type":"about:blank","title":"Internal Server Error","status":500}"#;

/// A row: one way in which a request can end.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The description of the row.
    pub name: &'static str,
    /// The time at which the scope ends.
    pub when: When,
    /// The intents that the handler enqueues.
    steps: &'static [Step],
    /// The end of the handler.
    pub ends: Ends,
    body: Body,
    client: Client,
    /// The expected result at the client.
    told: Told,
    /// The expected report: `outcome: effect fate, effect fate`.
    report: String,
    /// The expected lines that effects log, in order.
    log: &'static [&'static str],
    /// The effects that are expected in `on_unhandled_error`.
    unhandled: &'static str,
}

/// The time at which the scope ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// When the response is known, before its body is sent.
    BeforeResponse,
    /// With the body of the response.
    AfterResponse,
}

/// An intent that a handler enqueues.
#[derive(Clone, Copy, Debug)]
enum Step {
    Mail(u32),
    /// An async effect.
    Ship(u32),
    /// An effect that fails.
    Charge(u32),
    MailOnFailure(u32),
    ShipOnFailure(u32),
    ShipAlways(u32),
    ChargeOnFailure(u32),
}

/// The end of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// A response with this status.
    Status(u16),
    /// A panic.
    Panic,
    /// The service around the handler returns an error.
    Error,
    /// None: the handler waits forever.
    Never,
}

/// The behaviour of the response's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    /// One chunk.
    Text,
    /// Two chunks, each of which tries to enqueue a mail and contains the result.
    Enqueues,
    /// The same, followed by an error.
    Fails,
    /// The same, followed by a panic.
    Panics,
}

/// The behaviour of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Reads,
    /// Disconnects after two polls, before it has the head of the response.
    Leaves,
    DropsTheBody,
    /// Disconnects after the first chunk.
    LeavesTheBody,
}

/// The result at the client.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    /// A status, and the part of the body that the client read.
    Answer(u16, String),
    /// The same, but the body broke off.
    BreaksOff(u16, String),
    Error,
    Panic,
    /// The client has disconnected.
    Nothing,
}

/// A response, independent of the framework.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The chunks of the body.
    pub body: Pin<Box<dyn Stream<Item = Result<Vec<u8>, ()>>>>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut answer = f.debug_struct("Answer");
        answer.field("status", &self.status).finish_non_exhaustive()
    }
}

/// Runs each row of the table. `call` creates a service that does [`work`] in a scope of the world's airlock,
/// and calls it.
///
/// # Panics
///
/// If a request ends differently from its row.
pub async fn check<F: Future<Output = Option<Answer>>>(
    call: impl Fn(&'static Ending, &World) -> F,
) {
    for ending in rows::all() {
        let ending: &'static Ending = Box::leak(Box::new(ending));
        let mut world = World::new();
        let told = client(ending, call(ending, &world)).await;
        assert_eq!(told, ending.told, "the client, {}", ending.name);
        let report = hang_guard(world.report()).await;
        assert_eq!(report, ending.report, "{}", ending.name);
        assert_eq!(world.log.lines(), ending.log, "effects, {}", ending.name);
        assert_eq!(world.unhandled(), ending.unhandled, "{}", ending.name);
        assert!(airlock::current().is_none(), "{}", ending.name);
    }
}

/// Does the work of the handler. Returns the status of its response, if there is one.
///
/// # Panics
///
/// If the row says so.
pub async fn work(ending: &Ending) -> u16 {
    for step in ending.steps {
        match *step {
            Step::Mail(n) => airlock::enqueue(mail(n)),
            Step::Ship(n) => airlock::enqueue(ship(n)),
            Step::Charge(n) => airlock::enqueue(charge(n)),
            Step::MailOnFailure(n) => airlock::enqueue(mail(n).on_failure()),
            Step::ShipOnFailure(n) => airlock::enqueue(ship(n).on_failure()),
            Step::ShipAlways(n) => airlock::enqueue(ship(n).always()),
            Step::ChargeOnFailure(n) => airlock::enqueue(charge(n).on_failure()),
        };
    }
    tokio::task::yield_now().await;
    match ending.ends {
        Ends::Status(status) => status,
        Ends::Error => 200,
        Ends::Panic => panic!("on purpose"),
        Ends::Never => std::future::pending().await,
    }
}

/// Returns the body of the handler's response.
///
/// # Panics
///
/// The body panics if the row says so.
pub fn body(ending: &Ending) -> impl Stream<Item = io::Result<Vec<u8>>> + use<> {
    let body = ending.body;
    stream::unfold(1, move |n| async move {
        let chunk = match (body, n) {
            (Body::Text, 1) => Ok(b"text".to_vec()),
            (Body::Enqueues | Body::Fails | Body::Panics, 1 | 2) => {
                let accepted = airlock::try_enqueue(mail(10 + n)).is_ok();
                Ok(if accepted {
                    b"yes ".to_vec()
                } else {
                    b"no ".to_vec()
                })
            }
            (Body::Fails, 3) => Err(io::Error::other("on purpose")),
            (Body::Panics, 3) => panic!("on purpose"),
            _ => return None,
        };
        Some((chunk, n + 1))
    })
}

async fn client(ending: &Ending, call: impl Future<Output = Option<Answer>>) -> Told {
    if ending.client == Client::Leaves {
        let mut call = pin!(call);
        let mut cx = Context::from_waker(Waker::noop());
        // The handler yields once, and so does the async effect.
        for _ in 0..2 {
            let pending = call.as_mut().poll(&mut cx).is_pending();
            assert!(pending, "{}", ending.name);
        }
        return Told::Nothing;
    }
    let Answer { status, mut body } = match quietly(call).await {
        Err(Panicked) => return Told::Panic,
        Ok(None) => return Told::Error,
        Ok(Some(answer)) => answer,
    };
    let mut read = String::new();
    if ending.client == Client::DropsTheBody {
        return Told::Answer(status, read);
    }
    loop {
        let next = poll_fn(|cx| body.as_mut().poll_next(cx));
        match quietly(next).await {
            Ok(Some(Ok(chunk))) => read.push_str(&String::from_utf8_lossy(&chunk)),
            Ok(None) => return Told::Answer(status, read),
            Ok(Some(Err(()))) | Err(Panicked) => return Told::BreaksOff(status, read),
        }
        if ending.client == Client::LeavesTheBody {
            return Told::Answer(status, read);
        }
    }
}

struct Panicked;

/// Awaits a future and returns its panic as an error.
async fn quietly<F: Future>(work: F) -> Result<F::Output, Panicked> {
    let mut work = pin!(work);
    poll_fn(
        |cx| match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        },
    )
    .await
}
