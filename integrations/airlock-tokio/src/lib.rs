//! airlock on tokio: effects on spawned tasks ([`Spawn`]), and tokio's clock for retries and
//! timeouts ([`TokioTimer`]). Programs reach both through the facade: `airlock::tokio`.

mod spawn;
mod timer;

pub use self::spawn::Spawn;
pub use self::timer::TokioTimer;
