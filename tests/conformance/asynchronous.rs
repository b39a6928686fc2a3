//! Runs programs with async scopes and async effects, which yield before each step.

use std::future::Future;
use std::pin::Pin;

use serde_json::{Value, json};

use crate::program::{Scenario, Step, Then};
use crate::world::{Form, Path, Stop, World, ended, enqueue, policy, yield_now};

pub(crate) fn run(scenario: &Scenario, path: Path) -> Vec<Value> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime starts");
    let world = World::new(path);
    runtime.block_on(world.airlock().bind(catch(&world, &scenario.program)));
    world.trace()
}

async fn catch(world: &World, body: &[Step]) {
    world.record(match steps(world, body).await {
        Ok(()) => json!(["ok"]),
        Err(stop) => json!(["caught", stop.kind()]),
    });
}

type Steps<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + Send + 'a>>;

fn steps<'a>(world: &'a World, steps: &'a [Step]) -> Steps<'a> {
    Box::pin(async move {
        for next in steps {
            yield_now().await;
            step(world, next).await?;
        }
        Ok(())
    })
}

/// Runs the body of a scope.
async fn entered(world: &World, body: &[Step]) -> Result<(), Stop> {
    world.entered();
    steps(world, body).await
}

async fn step(world: &World, step: &Step) -> Result<(), Stop> {
    match step {
        Step::Enqueue(intent) => enqueue(world, Form::Async, intent),
        Step::Scope {
            policy: judges,
            lifecycle: decides,
            body,
        } => {
            let recorder = world.clone();
            world
                .scope(Form::Async, judges, *decides)
                .on_report(move |report| recorder.record(ended(report)))
                .run_async(|_| entered(world, body))
                .await
        }
        Step::Manual {
            policy: judges,
            lifecycle: decides,
            body,
            then,
        } => {
            let scope = world.scope(Form::Async, judges, *decides).open();
            let done = scope.bind(entered(world, body)).await;
            match then {
                Then::Flush => match scope.flush_async().await {
                    Ok(report) => {
                        world.record(json!([
                            "manual",
                            "flush",
                            world.listed(&report, "dispatched")
                        ]));
                        done
                    }
                    Err(error) => done.and(Err(Stop::from(error))),
                },
                Then::Discard => {
                    let report = scope.discard();
                    world.record(json!([
                        "manual",
                        "discard",
                        world.listed(&report, "discarded")
                    ]));
                    done
                }
            }
        }
        Step::Local {
            policy: judges,
            body,
        } => {
            if world.leaves_out(judges) {
                return steps(world, body).await;
            }
            airlock::policy(policy(world, Form::Async, judges))
                .bind(steps(world, body))
                .await
        }
        Step::Catch(body) => {
            Box::pin(catch(world, body)).await;
            Ok(())
        }
        Step::Inspect(()) => {
            world.inspect();
            Ok(())
        }
        Step::Fail(_) => Err(Stop::User),
    }
}
