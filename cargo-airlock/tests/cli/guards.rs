//! Tests of `cargo airlock lint` for guards that are held across an await.

use expect_test::expect;

use crate::lints::workspace;

const MANIFEST: &str = "[dependencies]\nairlock = { version = \"0.1\", package = \"airlock-effects\" }\ntracing = \"0.1\"";

/// Compares the findings with the lines marked `// held`, and the awaits that they report with the
/// lines marked `// awaits`, in order.
#[track_caller]
fn check(name: &str, source: &str) {
    let said = workspace(name, MANIFEST, source);
    let marked = |mark: &str| {
        let lines = source.lines().enumerate();
        let marked = lines.filter(|(_, line)| line.ends_with(mark));
        marked.map(|(index, _)| index + 1).collect::<Vec<_>>()
    };
    let number = |text: &str| -> usize {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("it is a number")
    };
    let findings = said
        .lines()
        .filter(|line| line.contains("await-holding-guard"));
    let (held, mut awaited): (Vec<_>, Vec<_>) = findings
        .map(|line| {
            let (_, place) = line.split_once("src/lib.rs:").expect("there is a place");
            let (_, awaited) = line.split_once("await in line ").expect("it is named");
            (number(place), number(awaited))
        })
        .unzip();
    awaited.dedup(); // Several guards may be held across one await.
    assert_eq!(
        (held, awaited),
        (marked("// held"), marked("// awaits")),
        "{said}"
    );
}

#[test]
fn a_guard_held_across_an_await_is_found_with_the_line_of_the_await() {
    let source = "\
use airlock::policy::drop_all;

pub async fn quiet() {
    let _quiet = airlock::policy(drop_all()).enter();
    work().await;
}

pub async fn scoped() -> Result<(), airlock::FlushError> {
    let scope = airlock::scope()
        .name(\"orders\")
        .policy(drop_all())
        .enter();
    work().await;
    scope.flush()?;
    Ok(())
}
";
    expect![[r#"
        src/lib.rs:4:46: await-holding-guard: `airlock::scope::PolicyGuard` is held across the await in line 5, in `small::quiet`, so concurrent futures run under it too; give the block a future of its own with `.bind(..)`, or drop the guard before the await
        src/lib.rs:12:10: await-holding-guard: `airlock::scope::ScopeGuard` is held across the await in line 13, in `small::scoped`, so concurrent futures run under it too; give the block a future of its own with `.run_async(..)`, or drop the guard before the await
        2 findings
        -- stderr --
        note: no domain is configured, so only `perform_now` and guards held across an await were checked; write `domain = ["crate::orders"]` under `[package.metadata.airlock]`, or give --domain
        -- exit code 1 --
    "#]]
    .assert_eq(&workspace("guards-found", MANIFEST, source));
}

#[test]
fn every_kind_of_async_code_is_looked_at() {
    check(
        "guards-bodies",
        "\
struct Orders { airlock: airlock::Airlock }
impl Orders {
    async fn method(&self) {
        let _scope = self.airlock.scope().enter(); // held
        work().await; // awaits
    }
    fn block(&self) {
        spawn(async move {
            let _quiet = airlock::policy(p()).enter(); // held
            work().await; // awaits
        });
    }
    fn closure(&self) {
        each(async |order| {
            let _quiet = airlock::policy(p()).enter(); // held
            work(order).await; // awaits
        });
        each(|order| async move {
            let _quiet = airlock::policy(p()).enter(); // held
            work(order).await; // awaits
        });
    }
}
trait Work {
    async fn provided(&self) {
        let _quiet = airlock::policy(p()).enter(); // held
        work().await; // awaits
    }
}
#[airlock::effect]
async fn effect(order: u64) {
    let _quiet = airlock::policy(p()).enter(); // held
    work().await; // awaits
}
fn outer() {
    async fn inner() {
        let _quiet = airlock::policy(p()).enter(); // held
        work().await; // awaits
    }
}
mod deeper {
    async fn here() {
        let _quiet = airlock::policy(p()).enter(); // held
        work().await; // awaits
    }
}
",
    );
}

#[test]
fn code_that_awaits_nothing_and_tests_may_hold_guards() {
    check(
        "guards-sync",
        "\
fn sync() {
    let _quiet = airlock::policy(p()).enter();
    spawn(async { work().await });
}
async fn never_awaits() {
    let _quiet = airlock::policy(p()).enter();
    work();
}
async fn in_a_closure() {
    let quietly = |order: u64| {
        let _quiet = airlock::policy(p()).enter();
        work(order)
    };
    quietly(1);
    work().await;
}
async fn the_block_is_awaited_by_another() {
    let scope = airlock::scope().enter();
    spawn(async { work().await });
    scope.discard();
    work().await;
}
#[tokio::test]
async fn test() {
    let _quiet = airlock::policy(p()).enter();
    work().await;
}
#[cfg(test)]
mod tests {
    async fn helper() {
        let _quiet = airlock::policy(p()).enter();
        work().await;
    }
}
",
    );
}

#[test]
fn a_guard_ends_with_its_block_or_where_it_is_given_away() {
    check(
        "guards-ends",
        "\
async fn block() {
    {
        let _quiet = airlock::policy(p()).enter();
        work();
    }
    work().await;
}
async fn dropped() {
    let quiet = airlock::policy(p()).enter();
    drop(quiet);
    work().await;
}
async fn ended() {
    let a = airlock::scope().enter();
    let b = airlock::scope().enter();
    let c = airlock::scope().enter();
    b.discard();
    a.flush().unwrap();
    let open = c.exit();
    work().await;
    open.flush_async().await;
}
async fn exit_and_await() {
    let scope = airlock::scope().enter();
    scope.exit().flush_async().await;
}
async fn given_away() {
    let quiet = airlock::policy(p()).enter();
    keep(quiet);
    work().await;
}
async fn dropped_at_once() {
    let _ = airlock::policy(p()).enter();
    airlock::policy(p()).enter();
    work().await;
}
async fn each_arm(way: Way) {
    let scope = airlock::scope().enter();
    match way {
        Way::Flush => scope.flush(),
        Way::Discard => scope.discard(),
        Way::Neither => return,
    };
    work().await;
}
async fn rounds() {
    for _ in 0..3 {
        let _quiet = airlock::policy(p()).enter();
        work();
    }
    loop {
        let quiet = airlock::policy(p()).enter();
        drop(quiet);
        work().await;
    }
}
async fn optional(is_dry: bool) {
    let mut quiet = is_dry.then(|| airlock::policy(p()).enter());
    quiet.take();
    work().await;
}
async fn emptied() {
    let mut quiet = Some(airlock::policy(p()).enter());
    quiet = None;
    work().await;
}
async fn panics() {
    let _quiet = airlock::policy(p()).enter();
    unreachable!();
    work().await;
}
",
    );
}

#[test]
fn a_guard_that_may_be_alive_is_found() {
    check(
        "guards-alive",
        "\
async fn nested() {
    let _quiet = airlock::policy(p()).enter(); // held
    if ready() {
        loop {
            work().await; // awaits
        }
    }
}
async fn dropped_too_late() {
    let quiet = airlock::policy(p()).enter(); // held
    work().await; // awaits
    drop(quiet);
    work().await;
}
async fn dropped_on_one_way() {
    let quiet = airlock::policy(p()).enter(); // held
    if ready() {
        drop(quiet);
    }
    work().await; // awaits
}
async fn shadowed() {
    let quiet = airlock::policy(p()).enter(); // held
    let quiet = quiet_time(&quiet);
    drop(quiet);
    work().await; // awaits
}
async fn handed_on() {
    let first = airlock::policy(p()).enter(); // held
    let second = first;
    work().await; // awaits
}
async fn out_of_a_block() {
    let _quiet = {
        let quiet = airlock::policy(p()).enter(); // held
        quiet
    };
    work().await; // awaits
}
async fn replaced() {
    let mut quiet = airlock::policy(p()).enter();
    quiet = airlock::policy(p()).enter(); // held
    work().await; // awaits
}
async fn in_the_next_round() {
    let mut quiet = None;
    loop {
        work().await; // awaits
        quiet = Some(airlock::policy(p()).enter()); // held
    }
}
async fn after_a_break() {
    let quiet = airlock::policy(p()).enter(); // held
    loop {
        if ready() { break; }
        drop(quiet);
        return;
    }
    work().await; // awaits
}
async fn optional(is_dry: bool) {
    let _quiet = is_dry.then(|| airlock::policy(p()).enter()); // held
    work().await; // awaits
}
async fn one_of_two(is_dry: bool) {
    let _quiet = if is_dry {
        airlock::policy(p()).enter() // held
    } else {
        airlock::policy(q()).enter() // held
    };
    work().await; // awaits
}
async fn both() {
    let (_a, _) = (airlock::policy(p()).enter(), airlock::policy(p()).enter()); // held
    work().await; // awaits
}
async fn moved_into_a_block() {
    let quiet = airlock::policy(p()).enter(); // held
    let later = async move {
        look_at(&quiet);
        work().await; // awaits
    };
    later.await;
}
async fn parameter(_quiet: airlock::scope::PolicyGuard, _scope: &airlock::scope::ScopeGuard) { // held
    work().await; // awaits
}
",
    );
}

#[test]
fn macros_that_await_are_awaits() {
    check(
        "guards-macros",
        "\
async fn joined() {
    let _quiet = airlock::policy(p()).enter(); // held
    tokio::join!(work(), work()); // awaits
}
async fn selected() {
    let _quiet = airlock::policy(p()).enter(); // held
    tokio::select! { // awaits
        biased;
        done = work(), if ready() => done,
        Some(order) = next() => { ship(order); }
        else => (),
    }
}
async fn in_a_handler() {
    futures::select! {
        _ = work() => {
            let _quiet = airlock::policy(p()).enter(); // held
            work().await; // awaits
        }
        complete => (),
    }
}
async fn in_a_branch() {
    tokio::join!(
        async {
            let _quiet = airlock::policy(p()).enter(); // held
            work().await; // awaits
        },
        work(),
    );
}
async fn in_an_argument() {
    let _quiet = airlock::policy(p()).enter(); // held
    println!(\"{}\", work().await); // awaits
}
async fn a_stream_runs_by_itself() {
    let scope = airlock::scope().enter();
    let orders = stream! { yield next().await; };
    drop(scope);
    orders.await;
}
fn crossbeam(orders: Receiver) {
    let _quiet = airlock::policy(p()).enter();
    crossbeam::select! { recv(orders) -> order => ship(order) }
}
",
    );
}

#[test]
fn only_guards_of_airlock_are_found_by_whatever_name() {
    check(
        "guards-names",
        "\
use airlock::scope::LocalPolicy;
use airlock::{Airlock, ScopeBuilder, policy as under, scope};
use crate::own::quietly;
mod own {
    pub use airlock::policy as quietly;
}
async fn imported() {
    let _scope = scope().enter(); // held
    let _quiet = under(p()).enter(); // held
    let _other = quietly(p()).enter(); // held
    work().await; // awaits
}
async fn imported_inside() {
    use airlock::scope as open;
    let _scope = open().enter(); // held
    work().await; // awaits
}
async fn step_by_step(is_named: bool) {
    let mut scope = airlock::scope();
    if is_named {
        scope = scope.name(\"import\");
    }
    let _scope = scope.enter(); // held
    work().await; // awaits
}
async fn by_type(mine: &Airlock, builder: ScopeBuilder, quiet: LocalPolicy) {
    let _scope = mine.scope().enter(); // held
    let _other = builder.clone().enter(); // held
    let _quiet = quiet.enter(); // held
    work().await; // awaits
}
async fn of_an_airlock() -> Result<(), BuildError> {
    let mine = Airlock::builder().build()?;
    let _scope = mine.scope().enter(); // held
    work().await; // awaits
}
async fn of_others(span: tracing::Span, runtime: Runtime) {
    let _span = span.enter();
    let _info = tracing::info_span!(\"work\").enter();
    let _runtime = runtime.enter();
    let _policy = tracing::policy().enter();
    work().await;
}
async fn not_guards() {
    let open = airlock::scope().open();
    let ended = open.enter(|| work());
    let _span = airlock::scope().run(make_span).enter();
    work().await;
}
",
    );
}

#[test]
fn a_guard_that_a_function_of_the_workspace_returns_is_found() {
    check(
        "guards-returned",
        "\
use airlock::scope::{PolicyGuard, ScopeGuard as Guard};
type Quiet = PolicyGuard;
fn quietly() -> Quiet { airlock::policy(p()).enter() }
fn scoped() -> Result<Guard, Error> { Ok(airlock::scope().enter()) }
fn named() -> String { String::new() }
struct Orders;
impl Orders {
    fn quietly() -> Option<PolicyGuard> { None }
}
async fn held() -> Result<(), Error> {
    let _quiet = quietly(); // held
    let _scope = scoped()?; // held
    let _other = Orders::quietly(); // held
    let _name = named();
    work().await; // awaits
    Ok(())
}
async fn not_held() -> Result<(), Error> {
    let quiet = quietly();
    let scope = scoped()?;
    let Some(other) = Orders::quietly() else { return Ok(()) };
    quietly();
    drop(quiet);
    scope.flush()?;
    drop(other);
    let _name = named();
    work().await;
    Ok(())
}
",
    );
}
