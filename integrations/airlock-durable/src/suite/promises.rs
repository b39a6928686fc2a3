//! The guarantees that the suite tests.

use std::time::{Duration, Instant};

use airlock_core::{Airlock, BoxError, EnqueueError, FlushError, Intent, IntoIntent, try_enqueue};
use serde_json::value::RawValue;

use super::{Effects, SECRET, Seen, Subject, Worker};
use crate::{About, Dedupe, Envelope};

/// The timeout for anything that a worker is expected to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// An engine under test.
struct Suite<'a> {
    subject: &'a dyn Subject,
    effects: Effects,
    seen: Seen,
}

type Tested = Result<(), BoxError>;

pub(super) async fn check(name: &str, subject: &dyn Subject, effects: Effects) {
    let suite = Suite {
        subject,
        effects,
        seen: Seen::default(),
    };
    macro_rules! run {
        ($($promise:ident)+) => {
            match name {
                $(stringify!($promise) => suite.$promise().await,)+
                _ => Err("there is no such promise".into()),
            }
        };
    }
    let tested: Tested = crate::__engine_promises!({ run });
    if let Err(error) = tested {
        panic!("{name}: {error}");
    }
}

impl Suite<'_> {
    fn airlock(&self) -> Result<Airlock, BoxError> {
        let builder = Airlock::builder().skip_resource_check();
        Ok(builder.resource(self.seen.clone()).build()?)
    }

    async fn work(&self) -> Result<Box<dyn Worker>, BoxError> {
        self.subject.work(self.airlock()?).await
    }

    /// Stores intents in one call.
    async fn store(&self, intents: Vec<Intent>) -> Tested {
        let enqueue = move || {
            for intent in intents {
                airlock_core::enqueue(intent);
            }
        };
        self.subject.store(Box::new(enqueue)).await
    }

    /// Enqueues an intent, and returns the engine's answer.
    async fn try_store(&self, intent: Intent) -> Result<Result<(), EnqueueError>, BoxError> {
        let mut answer = Ok(());
        let enqueue = || answer = try_enqueue(intent).map(drop);
        self.subject.store(Box::new(enqueue)).await?;
        Ok(answer)
    }

    async fn until(
        &self,
        what: &str,
        mut holds: impl AsyncFnMut() -> Result<bool, BoxError>,
    ) -> Tested {
        let begun = Instant::now();
        while !holds().await? {
            if begun.elapsed() > PATIENCE {
                let seen = self.seen.all();
                return Err(format!("{what}: not within {PATIENCE:?}; seen: {seen:?}").into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// Runs a worker until everything is finished.
    async fn finish(&self) -> Tested {
        let worker = self.work().await?;
        self.until("everything is finished", async || {
            Ok(self.subject.unfinished().await? == 0)
        })
        .await?;
        worker.stop().await
    }

    fn numbers(&self, effect: &str) -> Vec<i64> {
        let mut numbers: Vec<_> = self.seen.of(effect).iter().map(|it| it.number).collect();
        numbers.sort_unstable();
        numbers
    }

    async fn a_stored_intent_is_performed_by_a_worker(&self) -> Tested {
        let intent = (self.effects.note)(7);
        let id = intent.uuid();
        self.store(vec![intent]).await?;
        assert!(self.seen.all().is_empty(), "it is stored, not performed");
        self.finish().await?;
        let [performed] = &self.seen.all()[..] else {
            panic!("once: {:?}", self.seen.all())
        };
        assert_eq!((performed.number, performed.attempt), (7, 1));
        assert_eq!(performed.key, id, "the key is the intent's id");
        Ok(())
    }

    async fn many_intents_are_stored_at_once(&self) -> Tested {
        self.store((0..500).map(self.effects.note).collect())
            .await?;
        self.finish().await?;
        assert_eq!(self.numbers("note"), (0..500).collect::<Vec<_>>());
        Ok(())
    }

    async fn attempts_share_a_key_and_follow_the_effects_rule(&self) -> Tested {
        self.store(vec![(self.effects.succeed_at)(3)]).await?;
        self.finish().await?;
        let attempts = self.seen.all();
        let numbers: Vec<_> = attempts.iter().map(|it| it.attempt).collect();
        assert_eq!(numbers, [1, 2, 3]);
        assert!(attempts.iter().all(|it| it.key == attempts[0].key));
        assert!(self.subject.dead().await?.is_empty());
        Ok(())
    }

    async fn what_failed_too_often_is_dead_with_its_reason(&self) -> Tested {
        let intent = (self.effects.succeed_at)(9);
        let id = intent.uuid();
        self.store(vec![intent]).await?;
        self.finish().await?;
        assert_eq!(self.seen.all().len(), 3, "its rule says three");
        let dead = self.subject.dead().await?;
        assert_eq!(dead.len(), 1);
        assert_eq!(
            (dead[0].id, dead[0].effect.as_str()),
            (Some(id), "suite.succeed_at")
        );
        assert!(dead[0].reason.contains("not yet"), "{dead:?}");
        Ok(())
    }

    async fn an_unknown_effect_is_left_to_others(&self) -> Tested {
        self.subject
            .store_envelope(envelope("suite.of_tomorrow", "{}")?)
            .await?;
        let mut newer = envelope("suite.note", r#"{"number":1}"#)?;
        newer.about.version = u16::MAX;
        self.subject.store_envelope(newer).await?;
        self.store(vec![(self.effects.note)(2)]).await?;
        let worker = self.work().await?;
        self.until("the known one is performed", async || {
            Ok(self.numbers("note") == [2])
        })
        .await?;
        worker.stop().await?;
        assert_eq!(self.subject.unfinished().await?, 2, "they wait for others");
        assert!(self.subject.dead().await?.is_empty());
        Ok(())
    }

    async fn a_bad_envelope_stops_no_other(&self) -> Tested {
        let bad = ["[]", r#"{"number":"seven"}"#, "{}", r#"{"number":1e99}"#];
        for args in bad {
            self.subject
                .store_envelope(envelope("suite.note", args)?)
                .await?;
        }
        self.subject
            .store_envelope(envelope("suite.note", r#"{"number":1}"#)?)
            .await?;
        self.store(vec![(self.effects.note)(2)]).await?;
        self.finish().await?;
        assert_eq!(self.numbers("note"), [1, 2]);
        let dead = self.subject.dead().await?;
        assert_eq!(dead.len(), bad.len());
        for dead in dead {
            assert!(dead.reason.contains("could not decode"), "{dead:?}");
        }
        Ok(())
    }

    async fn what_an_effect_enqueues_is_stored_when_it_succeeds(&self) -> Tested {
        self.store(vec![(self.effects.cause)(1)]).await?;
        self.finish().await?;
        assert_eq!(self.numbers("cause"), [1]);
        assert_eq!(self.numbers("note"), [2]);
        Ok(())
    }

    async fn what_a_failed_effect_enqueued_is_not_stored(&self) -> Tested {
        self.store(vec![(self.effects.cause_and_fail)(1)]).await?;
        self.finish().await?;
        assert!(self.seen.all().is_empty());
        assert_eq!(self.subject.dead().await?.len(), 1);
        Ok(())
    }

    async fn the_chain_of_causes_goes_on(&self) -> Tested {
        self.store(vec![(self.effects.cause)(1)]).await?;
        self.finish().await?;
        assert_eq!(self.seen.of("note")[0].causes, ["suite.cause"]);
        Ok(())
    }

    async fn headers_arrive(&self) -> Tested {
        let intent = (self.effects.note)(1).with_header("tenant", "acme");
        self.store(vec![intent]).await?;
        self.finish().await?;
        assert_eq!(self.seen.all()[0].tenant.as_deref(), Some("acme"));
        Ok(())
    }

    async fn a_delay_is_kept_or_refused(&self) -> Tested {
        let delay = Duration::from_millis(1500);
        let begun = Instant::now();
        let answer = self.try_store((self.effects.note)(1).after(delay)).await?;
        assert_eq!(
            answer.is_ok(),
            self.subject.capabilities().delay,
            "{answer:?}"
        );
        if answer.is_ok() {
            self.finish().await?;
            assert_eq!(self.numbers("note"), [1]);
            assert!(begun.elapsed() >= delay, "too early: {:?}", begun.elapsed());
        }
        Ok(())
    }

    async fn a_key_is_recognised_or_refused(&self) -> Tested {
        let answer = self.try_store((self.effects.keyed)(1)).await?;
        let dedupe = self.subject.capabilities().dedupe;
        assert_eq!(answer.is_ok(), dedupe != Dedupe::Never, "{answer:?}");
        if answer.is_ok() {
            self.store(vec![(self.effects.keyed)(1), (self.effects.keyed)(2)])
                .await?;
            self.finish().await?;
            assert_eq!(
                self.numbers("keyed"),
                [1, 2],
                "the second one with the key is the first"
            );
        }
        Ok(())
    }

    async fn an_order_is_refused_unless_it_is_kept(&self) -> Tested {
        if self.subject.capabilities().ordering {
            let ordered = |number| (self.effects.note)(number).in_order_of("one");
            self.store((0..100).map(ordered).collect()).await?;
            self.finish().await?;
            let numbers: Vec<_> = self.seen.of("note").iter().map(|it| it.number).collect();
            assert!(numbers.is_sorted(), "{numbers:?}");
            return Ok(());
        }
        let answer = self
            .try_store((self.effects.note)(1).in_order_of("one"))
            .await?;
        let error = answer.expect_err("it is refused where it is enqueued");
        assert!(error.to_string().contains("no order"), "{error}");
        Ok(())
    }

    async fn a_size_that_is_too_large_is_refused(&self) -> Tested {
        let Some(limit) = self.subject.capabilities().max_argument_bytes else {
            return Ok(());
        };
        let large = (self.effects.secret)(1, "x".repeat(limit + 1));
        let error = self.try_store(large).await?.expect_err("it is too large");
        assert!(error.to_string().contains("pass its id"), "{error}");
        Ok(())
    }

    async fn a_worker_that_stops_loses_nothing(&self) -> Tested {
        self.store(vec![(self.effects.hang_at_first)(1)]).await?;
        let worker = self.work().await?;
        self.until("it is begun", async || Ok(!self.seen.all().is_empty()))
            .await?;
        worker.stop().await?;
        assert_eq!(
            self.subject.unfinished().await?,
            1,
            "it is given up, and not lost"
        );
        self.finish().await?;
        let performed = self.seen.all();
        assert_eq!(performed.len(), 2);
        assert_eq!(performed[0].key, performed[1].key);
        Ok(())
    }

    async fn a_worker_that_is_killed_loses_nothing(&self) -> Tested {
        self.store((0..20).map(self.effects.note).collect()).await?;
        let worker = self.work().await?;
        self.until("some are performed", async || {
            Ok(!self.seen.all().is_empty())
        })
        .await?;
        worker.kill();
        self.finish().await?;
        let mut numbers = self.numbers("note");
        numbers.dedup();
        assert_eq!(numbers, (0..20).collect::<Vec<_>>());
        Ok(())
    }

    async fn two_workers_share_the_work(&self) -> Tested {
        self.store((0..200).map(self.effects.note).collect())
            .await?;
        let other = self.work().await?;
        self.finish().await?;
        other.stop().await?;
        assert_eq!(
            self.numbers("note"),
            (0..200).collect::<Vec<_>>(),
            "each once"
        );
        Ok(())
    }

    async fn a_redacted_argument_is_sealed(&self) -> Tested {
        self.store(vec![(self.effects.secret)(7, SECRET.to_owned())])
            .await?;
        let text = self.subject.stored_text().await?;
        assert!(text.contains('7') && !text.contains(SECRET), "{text}");
        self.finish().await?;
        assert_eq!(self.numbers("secret"), [7]);
        Ok(())
    }

    /// Uses the executor alone, like any flush.
    async fn a_hand_over_that_fails_is_told_and_loses_nothing(&self) -> Tested {
        self.subject.break_hand_over(true).await;
        let note = self.effects.note;
        let scope = airlock_core::scope().executor(self.subject.executor());
        let flushed = scope
            .run_infallible_async(async move |_| {
                airlock_core::enqueue(note(1));
                airlock_core::enqueue(note(2));
            })
            .await;
        self.subject.break_hand_over(false).await;
        let error: FlushError = flushed.err().ok_or("the hand-over has failed")?;
        let back = error.into_intents();
        assert_eq!(back.len(), 2, "both come back");
        self.store(back).await?;
        self.finish().await?;
        assert_eq!(self.numbers("note"), [1, 2]);
        Ok(())
    }
}

fn envelope(effect: &str, args: &str) -> Result<Envelope, serde_json::Error> {
    Ok(Envelope {
        effect: effect.to_owned(),
        arguments: RawValue::from_string(args.to_owned())?,
        about: About::default(),
    })
}
