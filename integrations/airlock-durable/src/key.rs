//! Keys and ids in the forms that engines compare.

use airlock_core::Intent;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The key of an intent, together with its effect, as 64 hexadecimal digits; `None` if it has no key. Two intents have
/// the same one only if their effects and keys are equal.
pub fn unique_key(intent: &Intent) -> Option<String> {
    let key = intent.key()?;
    // `Debug` tells ("a/b", "c") from ("a", "b/c"), which `Display` does not.
    let hash = Sha256::digest(format!("airlock\0{}\0{key:?}", intent.effect().id()));
    Some(hex(&hash))
}

/// Bytes as hexadecimal digits: the form of a [`unique_key`].
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The id of an intent that another program stored without one. `name` says where it is stored: the same name gives
/// the same id, so that the idempotency key is the same in each attempt.
pub fn derived_id(name: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::digest(format!("airlock\0{name}")).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
