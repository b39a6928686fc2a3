//! Descriptors as plain bytes in a section of the built file, where `cargo airlock` reads them without
//! running the program.
//!
//! A record holds no pointers, so nothing has to be relocated, and nothing outside it is needed to
//! read it. All numbers are little endian; a text is its length (`u32`) and UTF-8; a list is its
//! length (`u32`) and its items; an option is 0, or 1 and its value; a flag is one byte.
//!
//! ```text
//! header   magic [u8; 8]   format u16   kind u8   reserved u8   length of what follows u32
//! body     version of airlock-core, then the fields in the order in which they are written below
//! ```
//!
//! The header never changes. Fields are only added, at the end, where older readers skip them;
//! another change makes it another [`FORMAT`].

use crate::catalogue::{Argument, BoundaryDescriptor, EffectDescriptor, Keeps};

const MAGIC: [u8; 8] = *b"\x91airlock";
const FORMAT: u16 = 1;
const EFFECT: u8 = 1;
const BOUNDARY: u8 = 2;
const HEADER: usize = 16;

/// How long the record of an effect is.
pub const fn effect_length(effect: &EffectDescriptor) -> usize {
    let mut length = Sink::counting();
    length.effect(effect);
    HEADER + length.written
}

/// The record of an effect.
pub const fn effect_record<const N: usize>(effect: &EffectDescriptor) -> [u8; N] {
    let mut bytes = [0; N];
    let mut sink = Sink::header(&mut bytes, EFFECT);
    sink.effect(effect);
    bytes
}

/// How long the record of a boundary is.
pub const fn boundary_length(boundary: &BoundaryDescriptor) -> usize {
    let mut length = Sink::counting();
    length.boundary(boundary);
    HEADER + length.written
}

/// The record of a boundary.
pub const fn boundary_record<const N: usize>(boundary: &BoundaryDescriptor) -> [u8; N] {
    let mut bytes = [0; N];
    let mut sink = Sink::header(&mut bytes, BOUNDARY);
    sink.boundary(boundary);
    bytes
}

/// Counts what is written, and keeps it where there is a buffer. Whole slices are copied at once:
/// the compiler interprets this, and a loop over bytes would be felt in `cargo check`.
struct Sink<'a> {
    buffer: Option<&'a mut [u8]>,
    written: usize,
}

/// A method for a list, which a `const fn` cannot take a closure for.
macro_rules! list {
    ($sink:ident, $items:expr, |$item:ident| $write:expr) => {
        $sink.length($items.len());
        let mut index = 0;
        while index < $items.len() {
            let $item = &$items[index];
            $write;
            index += 1;
        }
    };
}

impl<'a> Sink<'a> {
    const fn counting() -> Self {
        Self {
            buffer: None,
            written: 0,
        }
    }

    const fn header(buffer: &'a mut [u8], kind: u8) -> Self {
        let body = buffer.len() - HEADER;
        let mut sink = Self {
            buffer: Some(buffer),
            written: 0,
        };
        sink.bytes(&MAGIC);
        sink.bytes(&FORMAT.to_le_bytes());
        sink.bytes(&[kind, 0]);
        sink.length(body);
        sink
    }

    const fn effect(&mut self, effect: &EffectDescriptor) {
        self.text(env!("CARGO_PKG_VERSION"));
        self.text(effect.id);
        self.text(effect.name);
        self.text(effect.intent);
        self.text(effect.package);
        self.text(effect.module);
        self.text(effect.file);
        self.bytes(&effect.line.to_le_bytes());
        self.bytes(&effect.column.to_le_bytes());
        self.text(effect.docs);
        self.texts(effect.aliases);
        list!(self, effect.arguments, |argument| self.argument(argument));
        list!(self, effect.resources, |resource| {
            self.text(resource.name);
            self.text(resource.type_name);
        });
        self.texts(effect.tags);
        self.optional_text(effect.queue);
        self.flag(effect.priority.is_some());
        if let Some(priority) = effect.priority {
            self.bytes(&priority.to_le_bytes());
        }
        self.optional_text(effect.key);
        self.flag(matches!(effect.keeps, Keeps::First));
        self.flag(effect.retry.is_some());
        if let Some(retry) = effect.retry {
            self.bytes(&retry.attempts.to_le_bytes());
            self.millis(retry.delay);
            self.bytes(&retry.factor.to_le_bytes());
            self.millis(retry.max_delay);
        }
        self.flag(effect.timeout.is_some());
        if let Some(timeout) = effect.timeout {
            self.millis(timeout);
        }
        self.flag(effect.codec.is_some());
        self.flag(effect.is_async);
        self.flag(effect.fallible);
        self.flag(effect.batch);
        self.flag(effect.once);
    }

    const fn argument(&mut self, argument: &Argument) {
        self.text(argument.name);
        self.text(argument.type_name);
        self.flag(argument.redacted);
        self.flag(argument.encoding.default);
        self.optional_text(argument.encoding.name);
        self.texts(argument.encoding.aliases);
        self.optional_text(argument.encoding.form);
    }

    const fn boundary(&mut self, boundary: &BoundaryDescriptor) {
        self.text(env!("CARGO_PKG_VERSION"));
        self.text(boundary.name);
        self.text(boundary.package);
        self.text(boundary.module);
        self.text(boundary.file);
        self.bytes(&boundary.line.to_le_bytes());
        self.text(boundary.docs);
        self.flag(boundary.emits.is_some());
        if let Some(emits) = boundary.emits {
            list!(self, emits, |effect| self.text(effect.id));
        }
        self.flag(boundary.is_async);
    }

    const fn bytes(&mut self, bytes: &[u8]) {
        if let Some(buffer) = &mut self.buffer {
            let (_, rest) = buffer.split_at_mut(self.written);
            let (here, _) = rest.split_at_mut(bytes.len());
            here.copy_from_slice(bytes);
        }
        self.written += bytes.len();
    }

    const fn length(&mut self, length: usize) {
        assert!(length <= u32::MAX as usize, "a declaration of 4 GiB");
        #[allow(clippy::cast_possible_truncation, reason = "asserted above")]
        self.bytes(&(length as u32).to_le_bytes());
    }

    const fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes(text.as_bytes());
    }

    const fn texts(&mut self, texts: &[&str]) {
        list!(self, texts, |text| self.text(text));
    }

    const fn optional_text(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        if let Some(text) = text {
            self.text(text);
        }
    }

    const fn flag(&mut self, flag: bool) {
        self.bytes(&[flag as u8]);
    }

    const fn millis(&mut self, duration: std::time::Duration) {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "attributes write milliseconds as u64"
        )]
        self.bytes(&(duration.as_millis() as u64).to_le_bytes());
    }
}

/// Enters an effect into the catalogue, at run time and in the built file.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_submit_effect {
    ($intent:ident) => {
        $crate::private::inventory::submit! {
            $crate::private::EffectRegistration::of::<$intent>()
        }
        $crate::__airlock_embed! {
            <$intent as $crate::Effect>::DESCRIPTOR, effect_length, effect_record
        }
    };
}

/// Enters a boundary into the catalogue, at run time and in the built file.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_submit_boundary {
    ($boundary:ident) => {
        $crate::private::inventory::submit! {
            $crate::private::BoundaryRegistration::new($boundary)
        }
        $crate::__airlock_embed! { $boundary, boundary_length, boundary_record }
    };
}

/// Puts a record into the section. The attribute is `unsafe` and stands in a macro of ours, so that
/// `forbid(unsafe_code)` holds where it is expanded. On wasm the linker keeps the records of the last
/// crate alone, and a list with holes is worse than none.
#[doc(hidden)]
#[macro_export]
macro_rules! __airlock_embed {
    ($descriptor:expr, $length:ident, $record:ident) => {
        const _: () = {
            #[cfg(not(target_family = "wasm"))]
            #[used]
            #[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__airlock"))]
            #[cfg_attr(windows, unsafe(link_section = ".airlock"))]
            #[cfg_attr(
                not(any(target_vendor = "apple", windows)),
                unsafe(link_section = "airlock_catalogue")
            )]
            static RECORD: [u8; $crate::private::$length($descriptor)] =
                $crate::private::$record($descriptor);
        };
    };
}
