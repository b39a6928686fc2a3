//! Encoding and decoding of durable intents: a JSON object with a field for each argument.

use std::any::Any;
use std::fmt;

use crate::effect::{BoxError, Payload};

/// The functions that encode and decode the intents of one durable effect.
#[derive(Clone, Copy)]
pub struct Codec {
    pub(crate) encode: fn(&dyn Any) -> Result<String, BoxError>,
    pub(crate) decode: fn(&str) -> Result<Payload, BoxError>,
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Codec")
    }
}

#[cfg(feature = "serde")]
impl Codec {
    /// Returns the codec of `E`.
    pub const fn new<E: crate::effect::DurableEffect + Send>() -> Self {
        Self {
            encode: |intent| {
                let intent = intent
                    .downcast_ref::<E>()
                    .ok_or("an intent of another effect")?;
                intent.__encode()
            },
            decode: |text| Ok(Payload::new(E::__decode(text)?)),
        }
    }
}
