//! Descriptors as plain bytes in a section of the built file, where `cargo airlock` reads them
//! without running the program.
//!
//! A record contains no pointers, so it needs no relocation and can be read on its own. The numbers
//! of the header are little endian. All other numbers have seven bits per byte, lowest first; the
//! eighth bit is set if more bytes follow. A text is its length and UTF-8. A list is its length and
//! its items. Flags are the bits of one number, lowest first, and tell which optional fields are
//! present.
//!
//! ```text
//! header   magic [u8; 8]   format u16   kind u16   length of the body u32
//! body     version of airlock-core, then the fields in the order in which they are written below
//! ```
//!
//! The header never changes. New fields are added at the end, where older readers skip them. Any
//! other change needs another [`FORMAT`].
//!
//! The compiler evaluates this code for each effect, and calls cost it the most. The code therefore
//! has few calls, and plain loops.

use crate::catalogue::{Argument, BoundaryDescriptor, Coalesce, EffectDescriptor};

const MAGIC: u64 = u64::from_le_bytes(*b"\x91airlock");
const FORMAT: u64 = 1;
const EFFECT: u64 = 1;
const BOUNDARY: u64 = 2;
const HEADER: usize = 16;

/// Returns the length of an effect's record, in bytes. The emitted effects are a separate argument,
/// because a constant cannot call the function in the descriptor.
pub const fn effect_length(effect: &EffectDescriptor, emits: &[&EffectDescriptor]) -> usize {
    let mut length = Sink::counting();
    length.effect(effect, emits);
    HEADER + length.written
}

/// Returns the record of an effect.
pub const fn effect_record<const N: usize>(
    effect: &EffectDescriptor,
    emits: &[&EffectDescriptor],
) -> [u8; N] {
    let mut bytes = [0; N];
    let mut sink = Sink::header(&mut bytes, EFFECT);
    sink.effect(effect, emits);
    bytes
}

/// Returns the length of a boundary's record, in bytes.
pub const fn boundary_length(boundary: &BoundaryDescriptor) -> usize {
    let mut length = Sink::counting();
    length.boundary(boundary);
    HEADER + length.written
}

/// Returns the record of a boundary.
pub const fn boundary_record<const N: usize>(boundary: &BoundaryDescriptor) -> [u8; N] {
    let mut bytes = [0; N];
    let mut sink = Sink::header(&mut bytes, BOUNDARY);
    sink.boundary(boundary);
    bytes
}

/// A writer that counts bytes, and stores them if it has a buffer.
struct Sink<'a> {
    buffer: &'a mut [u8],
    writes: bool,
    written: usize,
}

/// Loops over a list, since a `const fn` cannot take a closure.
macro_rules! list {
    ($sink:ident, $items:expr, |$item:ident| $write:expr) => {
        $sink.number($items.len() as u64);
        let mut index = 0;
        while index < $items.len() {
            let $item = &$items[index];
            $write;
            index += 1;
        }
    };
}

/// Builds a number with one bit for each condition, set if the condition holds.
macro_rules! flags {
    ($($holds:expr),+ $(,)?) => {{
        let (mut flags, mut bit) = (0, 1);
        $(
            if $holds {
                flags |= bit;
            }
            bit <<= 1;
        )+
        let _ = bit;
        flags
    }};
}

impl<'a> Sink<'a> {
    const fn counting() -> Self {
        Self {
            buffer: &mut [],
            writes: false,
            written: 0,
        }
    }

    const fn header(buffer: &'a mut [u8], kind: u64) -> Self {
        let body = buffer.len() - HEADER;
        let mut sink = Self {
            buffer,
            writes: true,
            written: 0,
        };
        sink.fixed(MAGIC, 8);
        sink.fixed(FORMAT, 2);
        sink.fixed(kind, 2);
        sink.fixed(body as u64, 4);
        sink
    }

    const fn effect(&mut self, effect: &EffectDescriptor, emits: &[&EffectDescriptor]) {
        self.text(env!("CARGO_PKG_VERSION"));
        self.text(effect.spec.id);
        self.text(effect.spec.place.name);
        self.text(effect.spec.intent);
        self.text(effect.spec.place.package);
        self.text(effect.spec.place.module);
        self.text(effect.spec.place.file);
        self.number(effect.spec.place.line as u64);
        self.number(effect.spec.place.column as u64);
        self.text(effect.spec.docs);
        list!(self, effect.spec.aliases, |alias| self.text(alias));
        list!(self, effect.spec.arguments, |argument| self
            .argument(argument));
        list!(self, effect.spec.resources, |resource| {
            self.text(resource.name);
            self.text(resource.type_name);
        });
        list!(self, effect.spec.tags, |tag| self.text(tag));
        let flags = flags![
            effect.spec.codec.is_some(),
            effect.spec.is_async,
            effect.spec.fallible,
            effect.spec.batch,
            effect.spec.once,
            matches!(effect.spec.coalesce, Coalesce::First),
            effect.spec.queue.is_some(),
            effect.spec.priority.is_some(),
            effect.spec.key.is_some(),
            effect.spec.retry.is_some(),
            effect.spec.timeout.is_some(),
            effect.spec.emits.is_some(),
        ];
        self.number(flags);
        if let Some(queue) = effect.spec.queue {
            self.text(queue);
        }
        if let Some(priority) = effect.spec.priority {
            self.number(priority.cast_unsigned() as u64);
        }
        if let Some(key) = effect.spec.key {
            self.text(key);
        }
        if let Some(retry) = effect.spec.retry {
            self.number(retry.attempts as u64);
            self.millis(retry.delay);
            self.number(retry.factor as u64);
            self.millis(retry.max_delay);
        }
        if let Some(timeout) = effect.spec.timeout {
            self.millis(timeout);
        }
        if effect.spec.emits.is_some() {
            list!(self, emits, |effect| self.text(effect.spec.id));
        }
    }

    const fn argument(&mut self, argument: &Argument) {
        self.text(argument.name);
        self.text(argument.type_name);
        let encoding = argument.encoding;
        let flags = flags![
            argument.redacted,
            encoding.default,
            encoding.name.is_some(),
            encoding.form.is_some(),
            encoding.left_out,
        ];
        self.number(flags);
        if let Some(name) = encoding.name {
            self.text(name);
        }
        if let Some(form) = encoding.form {
            self.text(form);
        }
        list!(self, encoding.aliases, |alias| self.text(alias));
    }

    const fn boundary(&mut self, boundary: &BoundaryDescriptor) {
        self.text(env!("CARGO_PKG_VERSION"));
        self.text(boundary.spec.name);
        self.text(boundary.spec.place.package);
        self.text(boundary.spec.place.module);
        self.text(boundary.spec.place.file);
        self.number(boundary.spec.place.line as u64);
        self.text(boundary.spec.docs);
        let flags = flags![boundary.spec.is_async, boundary.spec.emits.is_some()];
        self.number(flags);
        if let Some(emits) = boundary.spec.emits {
            list!(self, emits, |effect| self.text(effect.spec.id));
        }
    }

    const fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let length = bytes.len();
        self.number(length as u64);
        let start = self.written;
        self.written += length;
        if !self.writes {
            return;
        }
        if length > LONG {
            let (_, rest) = self.buffer.split_at_mut(start);
            let (here, _) = rest.split_at_mut(length);
            here.copy_from_slice(bytes);
        } else {
            let mut index = 0;
            while index < length {
                self.buffer[start + index] = bytes[index];
                index += 1;
            }
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "the lowest bits are meant")]
    const fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            if self.writes {
                self.buffer[self.written] = number as u8 | 0x80;
            }
            self.written += 1;
            number >>= 7;
        }
        if self.writes {
            self.buffer[self.written] = number as u8;
        }
        self.written += 1;
    }

    /// Writes a number of the header.
    #[allow(clippy::cast_possible_truncation, reason = "the lowest bits are meant")]
    const fn fixed(&mut self, number: u64, width: usize) {
        let mut index = 0;
        while index < width {
            self.buffer[self.written] = (number >> (8 * index)) as u8;
            self.written += 1;
            index += 1;
        }
    }

    const fn millis(&mut self, duration: std::time::Duration) {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "attributes write milliseconds as u64"
        )]
        self.number(duration.as_millis() as u64);
    }
}

/// Texts longer than this are copied by one call, which is then cheaper than a loop.
const LONG: usize = 16;

/// Adds an effect to the catalogue, at run time and in the built file.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_submit_effect {
    ($intent:ident) => {
        $crate::__airlock_submit_effect! { $intent, &[] }
    };
    ($intent:ident, $emits:expr) => {
        $crate::__private::inventory::submit! {
            $crate::__private::EffectRegistration::new::<$intent>()
        }
        $crate::__airlock_embed! {
            (<$intent as $crate::Effect>::DESCRIPTOR, $emits), effect_length, effect_record
        }
    };
}

/// Adds a boundary to the catalogue, at run time and in the built file.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_submit_boundary {
    ($boundary:ident) => {
        $crate::__private::inventory::submit! {
            $crate::__private::BoundaryRegistration::new($boundary)
        }
        $crate::__airlock_embed! { ($boundary), boundary_length, boundary_record }
    };
}

/// Puts a record into the section.
///
/// The `unsafe` attribute is in a macro of this crate, so that `forbid(unsafe_code)` holds where
/// the macro is expanded. On wasm, the linker keeps the records of the last crate only. An
/// incomplete list is worse than none, so wasm has none.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_embed {
    (($($descriptor:expr),+), $length:ident, $record:ident) => {
        #[cfg(not(target_family = "wasm"))]
        #[used]
        #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__airlock"))]
        #[cfg_attr(windows, unsafe(link_section = ".airlock"))]
        #[cfg_attr(
            not(any(target_vendor = "apple", windows)),
            unsafe(link_section = "airlock_catalogue")
        )]
        static __AIRLOCK_RECORD: [u8; $crate::__private::$length($($descriptor),+)] =
            $crate::__private::$record($($descriptor),+);
    };
}
