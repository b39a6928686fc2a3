//! Keys and ids in the forms that engines compare.

use airlock_core::Intent;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Returns a hash of an intent's key and effect as 64 hexadecimal digits, or `None` if the intent has no key. Two
/// intents have the same hash only if their effects and keys are equal.
pub fn unique_key(intent: &Intent) -> Option<String> {
    let key = intent.key()?;
    // `Debug` distinguishes ("a/b", "c") from ("a", "b/c"); `Display` does not.
    let hash = Sha256::digest(format!("airlock\0{}\0{key:?}", intent.effect().id()));
    Some(hex(&hash))
}

/// Encodes bytes as hexadecimal digits, the form of a [`unique_key`].
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Derives the id of an intent that another program stored without one. `name` identifies the place where the intent is
/// stored. The same name always yields the same id, so all attempts share one idempotency key.
pub fn derived_id(name: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::digest(format!("airlock\0{name}")).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
