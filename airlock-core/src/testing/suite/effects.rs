//! The effects that executors are tested with. They are written by hand, so no catalogue lists them.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::effect::Resources;
use crate::effect::{BoxError, Effect, Performing};
use crate::effect::{EffectDescriptor, EffectSpec, RetryRule};
use crate::enqueue::try_enqueue;
use crate::intent::Intent;
use crate::scope::current;
use crate::testing::suite::world::Numbered;

/// The timeout of an effect. The suite's timer lets it elapse at once.
pub(super) const HURRY: Duration = Duration::from_millis(1);

/// A resource of the effects: a log of what they did, and a gate that some of them await.
#[derive(Default)]
pub(super) struct Log(Mutex<State>);

#[derive(Default)]
struct State {
    began: Vec<u32>,
    ended: Vec<u32>,
    notes: Vec<String>,
    open: bool,
    waiting: Vec<Waker>,
}

impl Log {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the effects that began, in order.
    pub(super) fn began(&self) -> Vec<u32> {
        self.state().began.clone()
    }

    /// Returns the effects that succeeded, in order.
    pub(super) fn ended(&self) -> Vec<u32> {
        self.state().ended.clone()
    }

    pub(super) fn notes(&self) -> Vec<String> {
        self.state().notes.clone()
    }

    fn note(&self, note: impl Into<String>) {
        self.state().notes.push(note.into());
    }

    /// Opens the gate, and wakes the effects that wait for it.
    pub(super) fn open(&self) {
        let waiting = {
            let mut state = self.state();
            state.open = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    async fn opened(&self) {
        poll_fn(|cx| {
            let mut state = self.state();
            if state.open {
                return Poll::Ready(());
            }
            state.waiting.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// The behaviour of an effect when it is performed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Succeed,
    Fail,
    Panic,
    /// Enqueues another effect.
    Cause(u32),
    CauseAndFail(u32),
    /// Logs its origin.
    NoteOrigin,
    /// Logs the effect that caused it.
    NoteCause,
    /// Succeeds at its third attempt.
    FailTwice,
    /// Waits until the log's gate is opened.
    Wait,
}

impl What {
    fn act(self, n: u32, log: &Log) -> Result<(), BoxError> {
        log.state().began.push(n);
        match self {
            What::Succeed | What::Wait => {}
            What::Fail => return Err("it was told to fail".into()),
            What::Panic => std::panic::resume_unwind(Box::new("it was told to panic".to_owned())),
            What::Cause(other) => cause(other)?,
            What::CauseAndFail(other) => {
                cause(other)?;
                return Err("it was told to fail".into());
            }
            What::NoteOrigin => {
                let origin = current().and_then(|scope| scope.origin());
                log.note(origin.map_or_else(String::new, |it| it.to_string()));
            }
            What::NoteCause => {
                let scope = current();
                let around = scope.as_ref().map(|scope| &scope.shared().head.around);
                let effect = around.and_then(|around| around.place()?.cause());
                let cause = effect.and_then(|effect| effect.parent());
                log.note(cause.map_or("nothing", |cause| cause.effect().id()));
            }
            What::FailTwice => {
                let attempts = log.state().began.iter().filter(|it| **it == n).count();
                if attempts < 3 {
                    return Err("not yet".into());
                }
            }
        }
        log.state().ended.push(n);
        Ok(())
    }
}

fn cause(other: u32) -> Result<(), BoxError> {
    try_enqueue(sync(other, What::NoteCause).intent)?;
    Ok(())
}

/// Declares an intent with a number.
macro_rules! numbered {
    ($(#[$docs:meta])* $intent:ident { $($field:ident: $ty:ty),* } = $id:literal { $($with:ident: $value:expr),* }) => {
        $(#[$docs])*
        #[derive(Clone)]
        struct $intent {
            n: u32,
            $($field: $ty),*
        }

        impl $intent {
            const EFFECT: &'static EffectDescriptor = &EffectDescriptor::new(EffectSpec {
                fallible: true,
                $($with: $value,)*
                ..EffectSpec::new::<Self>(
                    crate::__private::place!($id, 0, 0),
                    stringify!($intent),
                    concat!("airlock.suite.", $id),
                )
            });
        }
    };
}

numbered!(Act { what: What } = "act" {});
numbered!(ActAsync { what: What } = "act_async" { is_async: true });
numbered!(Hurried { what: What } = "hurried" { is_async: true, timeout: Some(HURRY) });
numbered!(Patient { what: What } = "patient" { retry: Some(RetryRule::attempts(3)) });
numbered!(Bulk {} = "bulk" { batch: true });
numbered!(Once { what: What } = "once" { once: true });
numbered!(Secret { token: String } = "secret" {});

macro_rules! acts {
    ($($intent:ident)+) => {$(
        impl Effect for $intent {
            const DESCRIPTOR: &'static EffectDescriptor = Self::EFFECT;

            fn perform(self, resources: &Resources) -> Performing<'_> {
                let log = resources.get::<Log>().map_err(BoxError::from);
                Performing::Ready(log.and_then(|log| self.what.act(self.n, log)))
            }

            fn duplicate(&self) -> Option<Self> {
                (!Self::EFFECT.is_once()).then(|| self.clone())
            }
        }

        impl fmt::Debug for $intent {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {} {:?}", stringify!($intent), self.n, self.what)
            }
        }
    )+};
}
acts!(Act Patient Once);

macro_rules! acts_async {
    ($($intent:ident)+) => {$(
        impl Effect for $intent {
            const DESCRIPTOR: &'static EffectDescriptor = Self::EFFECT;

            fn perform(self, resources: &Resources) -> Performing<'_> {
                Performing::Pending(Box::pin(async move {
                    let log = resources.get::<Log>()?;
                    if self.what == What::Wait {
                        log.state().began.push(self.n);
                        log.opened().await;
                        log.state().ended.push(self.n);
                        return Ok(());
                    }
                    self.what.act(self.n, log)
                }))
            }

            fn duplicate(&self) -> Option<Self> {
                Some(self.clone())
            }
        }

        impl fmt::Debug for $intent {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} {} {:?}", stringify!($intent), self.n, self.what)
            }
        }
    )+};
}
acts_async!(ActAsync Hurried);

impl Effect for Bulk {
    const DESCRIPTOR: &'static EffectDescriptor = Self::EFFECT;

    fn perform(self, resources: &Resources) -> Performing<'_> {
        Self::perform_batch(vec![self], resources)
    }

    fn perform_batch(batch: Vec<Self>, resources: &Resources) -> Performing<'_> {
        let numbers: Vec<_> = batch.iter().map(|bulk| bulk.n).collect();
        let log = resources.get::<Log>().map_err(BoxError::from);
        Performing::Ready(log.map(|log| {
            log.note(format!("{numbers:?}"));
            log.state().ended.extend(numbers);
        }))
    }

    fn duplicate(&self) -> Option<Self> {
        Some(self.clone())
    }
}

impl fmt::Debug for Bulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bulk {}", self.n)
    }
}

impl Effect for Secret {
    const DESCRIPTOR: &'static EffectDescriptor = Self::EFFECT;

    fn perform(self, _: &Resources) -> Performing<'_> {
        let known = self.token.is_empty();
        Performing::Ready(if known {
            Ok(())
        } else {
            Err("no entry".into())
        })
    }

    fn duplicate(&self) -> Option<Self> {
        Some(self.clone())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret {} <redacted>", self.n)
    }
}

fn numbered<E: Effect + Send>(n: u32, intent: E) -> Numbered {
    Numbered {
        n,
        intent: Intent::new(intent),
    }
}

pub(super) fn sync(n: u32, what: What) -> Numbered {
    numbered(n, Act { n, what })
}

pub(super) fn awaited(n: u32, what: What) -> Numbered {
    numbered(n, ActAsync { n, what })
}

/// Creates an intent of an effect that declares a timeout.
pub(super) fn hurried(n: u32, what: What) -> Numbered {
    numbered(n, Hurried { n, what })
}

/// Creates an intent of an effect that declares three attempts.
pub(super) fn patient(n: u32, what: What) -> Numbered {
    numbered(n, Patient { n, what })
}

pub(super) fn bulk(n: u32) -> Numbered {
    numbered(n, Bulk { n })
}

pub(super) fn once(n: u32, what: What) -> Numbered {
    numbered(n, Once { n, what })
}

/// Creates an intent of an effect that fails and redacts its argument.
pub(super) fn secret(n: u32, token: &str) -> Numbered {
    let token = token.to_owned();
    numbered(n, Secret { n, token })
}
