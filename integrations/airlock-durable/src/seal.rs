//! Sealing of redacted arguments, so that no store contains them in plain text.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use airlock_core::EffectDescriptor;
use airlock_core::catalogue::Argument;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, AeadCore, OsRng, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The only member of the object that replaces a sealed argument.
const SEALED: &str = "$sealed";

const NONCE_BYTES: usize = 24;

/// The keys that seal redacted arguments, with XChaCha20-Poly1305 from the crate `chacha20poly1305`.
///
/// The first key seals. All keys open, so a key can be replaced while sealed arguments are pending.
///
/// ```
/// use airlock_durable::Keys;
///
/// # let (new, old) = ([1; 32], [2; 32]);
/// let keys = Keys::new(new).and_old(old);
/// ```
#[derive(Clone)]
pub struct Keys {
    ciphers: Arc<Vec<XChaCha20Poly1305>>,
}

impl Keys {
    /// Creates keys that seal and open with this key of 32 random bytes.
    pub fn new(key: [u8; 32]) -> Self {
        Self {
            ciphers: Arc::new(vec![XChaCha20Poly1305::new(&key.into())]),
        }
    }

    /// Adds an older key, which only opens.
    pub fn and_old(mut self, key: [u8; 32]) -> Self {
        let ciphers = Arc::make_mut(&mut self.ciphers);
        ciphers.push(XChaCha20Poly1305::new(&key.into()));
        self
    }

    fn seal(&self, context: &[u8], text: &[u8]) -> Option<String> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload {
            msg: text,
            aad: context,
        };
        let sealed = self.ciphers.first()?.encrypt(&nonce, payload).ok()?;
        Some(STANDARD.encode([nonce.as_slice(), &sealed].concat()))
    }

    fn open(&self, context: &[u8], sealed: &str) -> Option<Vec<u8>> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let payload = || Payload {
            msg: sealed,
            aad: context,
        };
        let nonce = XNonce::from_slice(nonce);
        let mut ciphers = self.ciphers.iter();
        ciphers.find_map(|cipher| cipher.decrypt(nonce, payload()).ok())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// Why a redacted argument could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// There are no keys to seal with.
    #[error(
        "`{effect}` redacts `{argument}`, and there is no key to seal it with: give the engine `Keys`, or pass a reference to the secret instead of the secret"
    )]
    NoKeys {
        /// The effect's id.
        effect: String,
        /// The argument's name.
        argument: &'static str,
    },
    /// No key opens the argument: it was sealed with another key or for another intent, it was changed, or there are no
    /// keys.
    #[error(
        "`{argument}` of `{effect}` cannot be opened: it was sealed with a key that is not among `Keys`, or it was changed"
    )]
    Opens {
        /// The effect's id.
        effect: String,
        /// The argument's name.
        argument: &'static str,
    },
    /// The arguments are not a JSON object.
    #[error("the arguments of `{effect}` are not a JSON object")]
    NoObject {
        /// The effect's id.
        effect: String,
    },
}

/// Returns an effect's first redacted argument, which cannot be stored without keys.
pub fn first_redacted(effect: &EffectDescriptor) -> Option<&'static Argument> {
    effect.arguments().iter().find(|it| it.is_redacted())
}

/// Seals the arguments that the effect redacts.
pub(crate) fn seal(
    effect: &EffectDescriptor,
    intent: Uuid,
    arguments: Box<RawValue>,
    keys: Option<&Keys>,
) -> Result<Box<RawValue>, SealError> {
    let Some(first) = first_redacted(effect) else {
        return Ok(arguments);
    };
    let keys = keys.ok_or_else(|| SealError::NoKeys {
        effect: effect.id().to_owned(),
        argument: first.name(),
    })?;
    change(effect, &arguments, |argument, value| {
        let context = context(argument, intent);
        let sealed = keys.seal(&context, value.to_string().as_bytes());
        sealed.map(|sealed| Value::Object(Map::from_iter([(SEALED.to_owned(), sealed.into())])))
    })
}

/// Opens the arguments that are sealed. A redacted argument in plain text is left unchanged: another program may have
/// enqueued it so.
pub(crate) fn open<'a>(
    effect: &EffectDescriptor,
    intent: Uuid,
    arguments: &'a RawValue,
    keys: Option<&Keys>,
) -> Result<Cow<'a, RawValue>, SealError> {
    if first_redacted(effect).is_none() {
        return Ok(Cow::Borrowed(arguments));
    }
    let opened = change(effect, arguments, |argument, value| {
        let Some(sealed) = value.get(SEALED).and_then(Value::as_str) else {
            return Some(value.clone());
        };
        let context = context(argument, intent);
        let opened = keys?.open(&context, sealed)?;
        serde_json::from_slice(&opened).ok()
    });
    Ok(Cow::Owned(opened?))
}

/// Returns the associated data that binds a sealed argument to its intent and name, so that it cannot be moved.
fn context(argument: &Argument, intent: Uuid) -> Vec<u8> {
    // The effect's id is not included, because it may differ when the argument is opened.
    format!("airlock {intent} {}", argument.encoded_name()).into_bytes()
}

fn change(
    effect: &EffectDescriptor,
    arguments: &RawValue,
    to: impl Fn(&'static Argument, &Value) -> Option<Value>,
) -> Result<Box<RawValue>, SealError> {
    let no_object = || SealError::NoObject {
        effect: effect.id().to_owned(),
    };
    let mut object: Map<String, Value> =
        serde_json::from_str(arguments.get()).map_err(|_| no_object())?;
    for argument in effect.arguments().iter().filter(|it| it.is_redacted()) {
        if let Some(value) = object.get_mut(argument.encoded_name()) {
            *value = to(argument, value).ok_or_else(|| SealError::Opens {
                effect: effect.id().to_owned(),
                argument: argument.name(),
            })?;
        }
    }
    serde_json::value::to_raw_value(&object).map_err(|_| no_object())
}
