//! The scope around a test.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;

use crate::airlock::Airlock;
use crate::dry_run::collecting;
use crate::intent::IntentId;
use crate::lifecycle::Outcome;
use crate::scope::{OpenScope, Scope, ScopeBuilder, current};
use crate::testing::capture::Buffer;
use crate::testing::message::{first_of, rows};
use crate::testing::source::{KeepsArguments, Source};
use crate::testing::{AssertionLog, Captured, Seen};

/// The scope that `#[airlock::test]` opens around a test. Nothing leaves it, and it is discarded when
/// the test ends.
///
/// A test takes it as an argument, `scope: &TestScope`, and asserts on it with
/// [`Assertions`](crate::testing::Assertions). It holds the intents that the test has enqueued, and those
/// that the test's boundaries would have dispatched. Intents that `capture` has taken are not included.
pub struct TestScope {
    scope: Scope,
    log: Arc<AssertionLog>,
}

impl TestScope {
    /// Returns the scope of the test that runs on this thread or in this future. Use it in tests that
    /// cannot take the scope as an argument, such as those inside `proptest!`.
    ///
    /// # Panics
    ///
    /// If called outside a test with `#[airlock::test]`, or within another airlock that the test has
    /// entered.
    #[track_caller]
    pub fn current() -> Self {
        let mut around = current();
        while let Some(scope) = around {
            if let Some(log) = AssertionLog::of_scope(scope.shared()) {
                return Self { scope, log };
            }
            around = scope.parent();
        }
        panic!(
            "not inside a test: put `#[airlock::test]` on the test function; if the test enters another airlock, call this before it does"
        );
    }

    /// Returns the underlying [`Scope`], to pass it to a task or a thread, or to inspect it. Assertions
    /// on it do not count for `strict`.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Removes the intents that the test has enqueued so far, to assert on them separately or to
    /// [`drain`](Captured::drain) them.
    pub fn take(&self) -> Captured<()> {
        Captured::with((), Buffer::taken(&self.scope))
    }

    /// Marks everything that was enqueued so far as checked, for `strict`.
    pub fn ignore_rest(&self) {
        self.look(&mut |seen| {
            let seen: Vec<_> = seen.iter().map(|seen| seen.id()).collect();
            self.log.look(&seen);
        });
        self.log.take_left();
    }
}

impl Source for TestScope {
    const HOLDS: &'static str = "the test has enqueued";

    fn look(&self, look: &mut dyn FnMut(&[Seen<'_>])) {
        Source::look(&self.scope, look);
    }

    fn hint(&self) -> &'static str {
        "; what a capture in it has taken is not among it"
    }

    fn looked_at(&self, intents: &[IntentId]) {
        self.log.look(intents);
    }
}

impl KeepsArguments for TestScope {}

impl fmt::Debug for TestScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestScope").field(&self.scope).finish()
    }
}

/// The choice whether a test fails for intents that no assertion has checked.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    Lax,
    Strict,
}

/// The runtime part of a test with `#[airlock::test]`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Test<'a> {
    pub strictness: Strictness,
    /// The airlock of the test; `None` for the surrounding one.
    pub airlock: Option<&'a Airlock>,
}

/// An async test whose body has ended.
#[doc(hidden)]
#[derive(Debug)]
pub struct EndedTest<'a, T> {
    test: Test<'a>,
    open: OpenScope,
    scope: TestScope,
    outcome: Outcome,
    value: T,
}

impl<T> EndedTest<'_, T> {
    /// Ends the test, and returns the value of its body.
    #[track_caller]
    pub fn end(self) -> T {
        self.test.end(self.open, &self.scope, self.outcome);
        self.value
    }
}

impl<'a> Test<'a> {
    fn scope(&self) -> (ScopeBuilder, Arc<AssertionLog>) {
        let log = Arc::new(AssertionLog::new(self.strictness));
        let mut builder = ScopeBuilder::new().name("test").observer(log.clone());
        if let Some(airlock) = self.airlock {
            builder = builder.airlock(airlock);
        }
        (collecting(builder), log)
    }

    /// Runs a sync test.
    #[track_caller]
    pub fn run<T>(self, body: impl FnOnce(&TestScope) -> (Outcome, T)) -> T {
        let (builder, log) = self.scope();
        let open = builder.open();
        let scope = TestScope {
            scope: Scope::clone(&open),
            log,
        };
        let (outcome, value) = open.enter(|| body(&scope));
        self.end(open, &scope, outcome);
        value
    }

    /// Runs an async test. The caller ends it, since a panic in this future would not show the caller's line.
    pub async fn run_async<T>(
        self,
        body: impl AsyncFnOnce(&TestScope) -> (Outcome, T),
    ) -> EndedTest<'a, T> {
        let (builder, log) = self.scope();
        let mut owned = builder.open_owned();
        let scope = TestScope {
            scope: owned.handle(),
            log,
        };
        let (ended, owned) = owned.work(|| async { body(&scope).await }).await;
        match ended {
            Ok((outcome, value)) => EndedTest {
                test: self,
                open: owned.into_open(),
                scope,
                outcome,
                value,
            },
            Err(panic) => resume_unwind(panic),
        }
    }

    #[track_caller]
    fn end(self, open: OpenScope, scope: &TestScope, outcome: Outcome) {
        let intents = open.into_intents();
        if self.strictness == Strictness::Lax || outcome != Outcome::Success {
            return;
        }
        let unseen = intents.iter().filter(|it| !scope.log.has_seen(it.id()));
        let mut left = rows(&unseen.map(Seen::intent).collect::<Vec<_>>());
        left.extend(scope.log.take_left());
        assert!(
            left.is_empty(),
            "the test is strict, and no assertion has checked what it left: assert it, or call `TestScope::ignore_rest`\n{}",
            first_of(left)
        );
    }
}
