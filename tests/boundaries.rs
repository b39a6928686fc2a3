//! `#[airlock::boundary]` on every kind of function, and combined with other attributes.

use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use airlock::policy::{allow_all, cap};
use airlock::{Airlock, FlushError};

#[derive(Default)]
struct Sent(Mutex<Vec<u32>>);

impl Sent {
    fn take(&self) -> Vec<u32> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

#[airlock::effect]
fn send(#[resource] sent: &Sent, n: u32) {
    sent.0.lock().expect("no panic").push(n);
}

#[airlock::effect]
async fn send_async(#[resource] sent: &Sent, n: u32) {
    tokio::task::yield_now().await;
    sent.0.lock().expect("no panic").push(n);
}

#[derive(Debug, PartialEq)]
enum AppError {
    Own,
    Flush,
}

impl From<FlushError> for AppError {
    fn from(_: FlushError) -> Self {
        AppError::Flush
    }
}

impl From<std::num::ParseIntError> for AppError {
    fn from(_: std::num::ParseIntError) -> Self {
        AppError::Own
    }
}

type AppResult<T> = Result<T, AppError>;

/// Returns the numbers that were sent.
fn sent(work: impl FnOnce()) -> Vec<u32> {
    let sent = std::sync::Arc::new(Sent::default());
    let airlock = Airlock::builder()
        .resource(sent.clone())
        .build()
        .expect("it builds");
    airlock.run(work);
    sent.take()
}

fn sent_async(work: impl Future<Output = ()>) -> Vec<u32> {
    let sent = std::sync::Arc::new(Sent::default());
    let airlock = Airlock::builder()
        .resource(sent.clone())
        .build()
        .expect("it builds");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("it starts");
    runtime.block_on(airlock.bind(work));
    sent.take()
}

#[airlock::boundary]
fn with_question_mark(text: &str) -> AppResult<u32> {
    airlock::enqueue(send(1));
    let n: u32 = text.parse()?;
    if n > 9 {
        return Err(AppError::Own);
    }
    Ok(n)
}

#[airlock::boundary]
fn inner_attributes(n: u32) -> AppResult<u32> {
    #![allow(unused_variables)]
    let idle = n;
    airlock::enqueue(send(n));
    Ok(n)
}

#[airlock::boundary]
async fn inner_attributes_async(n: u32) -> AppResult<u32> {
    #![allow(unused_variables)]
    let idle = n;
    airlock::enqueue(send_async(n));
    Ok(n)
}

#[test]
fn attributes_within_the_body_work() {
    let escaped = sent_async(async {
        inner_attributes(1).expect("it succeeds");
        inner_attributes_async(2).await.expect("it succeeds");
    });
    assert_eq!(escaped, [1, 2]);
}

#[test]
fn errors_from_question_mark_and_early_return_discard() {
    let escaped = sent(|| {
        assert_eq!(with_question_mark("7"), Ok(7));
        assert_eq!(with_question_mark("x"), Err(AppError::Own));
        assert_eq!(with_question_mark("10"), Err(AppError::Own));
    });
    assert_eq!(escaped, [1]);
}

#[airlock::boundary]
async fn generic<T>((a, b): (T, u32), mut n: u32, _: &str) -> Result<String, AppError>
where
    T: Clone + Display + Send,
{
    n += b;
    airlock::enqueue(send_async(n));
    Ok(format!("{a}{n}"))
}

#[airlock::boundary(on_flush_error = panic)]
fn impl_trait<'a>(items: &'a [u32]) -> impl Iterator<Item = u32> + 'a {
    airlock::enqueue(send(items[0]));
    items.iter().copied()
}

#[airlock::effect]
fn refuse() -> Result<(), String> {
    Err("no".to_owned())
}

#[airlock::boundary(on_flush_error = |error| {
    let lost = error.into_intents().len();
    Err(lost)
})]
fn answered_by_a_closure() -> Result<(), usize> {
    airlock::enqueue(refuse());
    Ok(())
}

fn lost<E: From<u16>>(error: FlushError) -> Result<(), E> {
    error.into_intents().truncate(0);
    Err(E::from(7))
}

#[airlock::boundary(on_flush_error = lost)]
async fn answered_by_a_generic_function() -> Result<(), u64> {
    airlock::enqueue(refuse());
    Ok(())
}

/// A closure need not name the error type.
#[test]
fn a_failed_flush_is_answered_by_a_closure_or_a_function() {
    assert_eq!(answered_by_a_closure(), Err(1));
    sent_async(async {
        assert_eq!(answered_by_a_generic_function().await, Err(7));
    });
}

#[airlock::boundary]
fn impl_trait_in_result(n: u32) -> Result<impl Display, AppError> {
    airlock::enqueue(send("3".parse::<u32>()? + n));
    Ok(n)
}

#[airlock::boundary]
fn impl_future(n: u32) -> impl Future<Output = Result<(), AppError>> {
    async move {
        airlock::enqueue(send_async(n));
        Ok(())
    }
}

#[test]
fn generics_patterns_mut_and_impl_trait_work() {
    let escaped = sent_async(async {
        assert_eq!(generic(("x", 1), 2, "").await.as_deref(), Ok("x3"));
        assert_eq!(impl_trait(&[4, 5]).sum::<u32>(), 9);
        assert!(impl_trait_in_result(2).is_ok_and(|shown| shown.to_string() == "2"));
        impl_future(6).await.expect("it succeeds");
    });
    assert_eq!(escaped, [3, 4, 5, 6]);
}

struct Service {
    n: u32,
}

impl Service {
    #[airlock::boundary]
    fn by_ref(&self, more: u32) -> AppResult<u32> {
        airlock::enqueue(send(self.n + more));
        Ok(self.n)
    }

    #[airlock::boundary]
    async fn by_mut(&mut self) -> AppResult<()> {
        self.n += 1;
        tokio::task::yield_now().await;
        airlock::enqueue(send_async(self.n));
        Ok(())
    }

    #[airlock::boundary(policy = allow_all())]
    async fn by_value(self) -> AppResult<Self> {
        airlock::enqueue(send(self.n));
        Ok(self)
    }
}

#[async_trait::async_trait]
trait Job {
    async fn run(&self, n: u32) -> AppResult<u32>;
}

#[async_trait::async_trait]
impl Job for Service {
    #[airlock::boundary]
    async fn run(&self, n: u32) -> AppResult<u32> {
        tokio::task::yield_now().await;
        airlock::enqueue(send_async(self.n + n));
        if n > 9 {
            return Err(AppError::Own);
        }
        Ok(n)
    }
}

#[test]
fn methods_work_also_below_async_trait() {
    let escaped = sent_async(async {
        let mut service = Service { n: 1 };
        assert_eq!(service.by_ref(1), Ok(1));
        service.by_mut().await.expect("it succeeds");
        assert_eq!(service.run(3).await, Ok(3));
        assert_eq!(service.run(10).await, Err(AppError::Own));
        let service = service.by_value().await.expect("it succeeds");
        assert_eq!(service.n, 2);
    });
    assert_eq!(escaped, [2, 2, 5, 2]);
}

#[airlock::boundary]
#[tracing::instrument]
async fn above_instrument(n: u32) -> AppResult<()> {
    airlock::enqueue(send_async(n));
    Ok(())
}

#[tracing::instrument]
#[airlock::boundary]
async fn below_instrument(n: u32) -> AppResult<()> {
    airlock::enqueue(send_async(n));
    Ok(())
}

#[tracing::instrument(skip_all)]
#[airlock::boundary]
fn sync_below_instrument(n: u32) -> AppResult<()> {
    airlock::enqueue(send(n));
    Ok(())
}

#[test]
fn instrument_stands_above_or_below() {
    let escaped = sent_async(async {
        above_instrument(1).await.expect("it succeeds");
        below_instrument(2).await.expect("it succeeds");
        sync_below_instrument(3).expect("it succeeds");
    });
    assert_eq!(escaped, [1, 2, 3]);
}

static COUNTED: AtomicU32 = AtomicU32::new(0);

/// Fails in a sync flush, and needs no resource.
#[airlock::effect]
async fn count(n: u32) {
    tokio::task::yield_now().await;
    COUNTED.fetch_add(n, Ordering::Relaxed);
}

#[airlock::boundary]
#[tokio::main(flavor = "current_thread")]
async fn above_tokio_main(n: u32) -> AppResult<u32> {
    airlock::enqueue(count(n));
    Ok(n)
}

#[tokio::main(flavor = "current_thread")]
#[airlock::boundary]
async fn below_tokio_main(n: u32) -> AppResult<u32> {
    tokio::task::yield_now().await;
    airlock::enqueue(count(n));
    Ok(n)
}

#[test]
fn tokio_main_stands_above_or_below() {
    assert_eq!((above_tokio_main(1), below_tokio_main(2)), (Ok(1), Ok(2)));
    assert_eq!(COUNTED.load(Ordering::Relaxed) & 3, 3);
}

#[tokio::test]
#[airlock::boundary(on_flush_error = panic)]
async fn tokio_test_stands_above() {
    airlock::enqueue(count(8));
    let airlock = Airlock::builder()
        .resource(Sent::default())
        .build()
        .expect("it builds");
    let escaping = airlock
        .scope()
        .run_infallible_async(async |_| airlock::enqueue(send_async(1)));
    assert_eq!(
        escaping
            .await
            .expect("it succeeds")
            .report
            .dispatched()
            .count(),
        1
    );
}

#[airlock::boundary(on_flush_error = panic)]
#[tokio::test]
async fn tokio_test_stands_below() {
    assert!(airlock::current().is_some());
    // A sync flush could not perform this async effect, and `on_flush_error` would panic.
    airlock::enqueue(count(4));
}

#[airlock::boundary(policy = cap(*LIMIT.lock().expect("no panic")))]
async fn policy_from_a_lock(n: u32) -> AppResult<u32> {
    tokio::task::yield_now().await;
    *LIMIT.lock().expect("nothing holds it") += 1;
    airlock::enqueue(send_async(n));
    Ok(n)
}

static LIMIT: Mutex<usize> = Mutex::new(10);

#[test]
fn what_an_argument_of_the_attribute_locks_is_free_in_the_body() {
    fn is_send<T: Send>(future: T) -> T {
        future
    }
    let escaped = sent_async(async {
        is_send(policy_from_a_lock(1)).await.expect("it succeeds");
    });
    assert_eq!(escaped, [1]);
}

struct Cart(Vec<u32>);

impl Cart {
    #[airlock::boundary(on_flush_error = log)]
    fn last(&mut self) -> Option<&mut u32> {
        airlock::enqueue(send(1));
        self.0.last_mut()
    }
}

#[test]
fn a_body_may_lend_what_it_borrowed() {
    let escaped = sent(|| *Cart(vec![1, 2]).last().expect("there are two") = 3);
    assert_eq!(escaped, [1]);
}

#[async_trait::async_trait(?Send)]
trait Local {
    #[airlock::boundary]
    async fn by_default(&self, n: u32) -> AppResult<u32> {
        let here = std::rc::Rc::new(n);
        tokio::task::yield_now().await;
        airlock::enqueue(send_async(*here));
        Ok(*here)
    }
}

struct Here;

impl Local for Here {}

#[test]
fn a_default_method_of_an_async_trait_may_stay_on_its_thread() {
    let escaped = sent_async(async {
        Here.by_default(5).await.expect("it succeeds");
    });
    assert_eq!(escaped, [5]);
}

#[airlock::boundary]
async fn not_send(n: u32) -> AppResult<u32> {
    let here = std::rc::Rc::new(n);
    tokio::task::yield_now().await;
    airlock::enqueue(send(*here));
    Ok(*here)
}

#[test]
fn the_future_is_send_exactly_when_the_body_is() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&above_instrument(1));
    is_send(&generic((1, 1), 1, ""));
    // This future is not `Send`, but runs on the current thread. The UI tests check that it is not `Send`.
    assert_eq!(
        sent_async(async { assert_eq!(not_send(4).await, Ok(4)) }),
        [4]
    );
}

macro_rules! declared_by_a_macro {
    ($name:ident, $ty:ty) => {
        #[airlock::boundary]
        fn $name(n: $ty) -> AppResult<$ty> {
            airlock::enqueue(send(n));
            Ok(n)
        }
    };
}
declared_by_a_macro!(by_macro, u32);

#[test]
fn a_macro_may_declare_it() {
    assert_eq!(sent(|| assert_eq!(by_macro(5), Ok(5))), [5]);
}
