//! Golden samples: encoded intents in committed files, which each version of a program has to read.

mod differences;
mod file_name;

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::differences::{Fields, differences};
use self::file_name::{file_name, id_of};
use crate::catalogue::{Catalogue, EffectDescriptor};
use crate::effect::{BoxError, DurableEffect};
use crate::intent::{Intent, in_full};

/// The environment variable that overwrites the files of changed samples.
const OVERWRITE: &str = "AIRLOCK_UPDATE_GOLDEN";

/// The advice for a file that is not read, or written differently; an instruction follows.
const KEEP: &str = "messages in flight may have this form. Keep it: `#[serde(default)]` on a new field, `#[serde(rename = \"..\")]` on a \
    renamed one. Only if no such message is left";

/// Tests that this version reads and writes the messages of durable effects as the versions before it.
///
/// The first argument is a folder, relative to the package; then follows a sample of each durable effect of the
/// package. For each sample, the macro writes a JSON file that is named after the effect's id. Commit these files. From
/// then on, the test decodes each file by its id, encodes the result, and compares it with the file. It panics if:
///
/// - a file can no longer be decoded, or something in it is lost or encoded differently. A new field with a default is
///   no such change
/// - a sample differs from its file
/// - a durable effect has no sample
/// - a file is new. It was written, and has to be committed
///
/// So it sees changes inside the types of arguments, which `cargo airlock check` does not. An effect may have several
/// samples, for example one for each variant of an `enum`. Their files are numbered, so add new samples after the
/// existing ones. Files of former samples are tested as long as they exist.
///
/// An existing file is only overwritten if the environment variable `AIRLOCK_UPDATE_GOLDEN` is `1`. Do this only if no
/// message in the old form is left.
///
/// Write one such test in each package. With `"folder", all; ..`, it needs samples of all durable effects of the
/// program, including those of other packages. Needs the feature `serde`.
///
/// In a test of the package:
///
/// ```rust,no_run
/// use airlock::testing::golden;
///
/// #[airlock::effect(durable, name = "parcel.ship")]
/// fn ship(order: u64, express: bool) {}
///
/// golden!("tests/golden"; ship(7, true), ship(7, false));
/// ```
#[macro_export]
macro_rules! __airlock_golden {
    ($folder:expr; $($sample:expr),* $(,)?) => {
        $crate::testing::__golden(
            ::core::env!("CARGO_MANIFEST_DIR"),
            $folder,
            ::core::option::Option::Some(::core::env!("CARGO_PKG_NAME")),
            &[$($crate::testing::__sample($sample)),*],
        )
    };
    ($folder:expr, all; $($sample:expr),* $(,)?) => {
        $crate::testing::__golden(
            ::core::env!("CARGO_MANIFEST_DIR"),
            $folder,
            ::core::option::Option::None,
            &[$($crate::testing::__sample($sample)),*],
        )
    };
}

/// Erases the type of a sample.
#[doc(hidden)]
pub fn __sample<E: DurableEffect + Send>(intent: E) -> Intent {
    Intent::new(intent)
}

/// Compares samples with the files in a folder. The effects of a package need samples, or all effects.
#[doc(hidden)]
#[track_caller]
pub fn __golden(root: &str, folder: &str, package: Option<&str>, samples: &[Intent]) {
    let catalogue = match Catalogue::global() {
        Ok(catalogue) => catalogue,
        Err(error) => panic!("{error}"),
    };
    let mut golden = Golden {
        catalogue,
        folder: Path::new(root).join(folder),
        shown: folder,
        overwrite: std::env::var_os(OVERWRITE).is_some_and(|value| value == "1"),
        problems: Vec::new(),
    };
    let encoded = golden.encoded(samples);
    golden.write(&encoded);
    golden.read(&encoded);
    golden.missing(package, samples);
    if !golden.problems.is_empty() {
        panic!(
            "golden samples in {folder}:\n{}",
            golden.problems.join("\n")
        );
    }
}

/// A comparison of samples and files.
struct Golden<'a> {
    catalogue: &'static Catalogue,
    folder: PathBuf,
    /// The folder as the test names it.
    shown: &'a str,
    overwrite: bool,
    problems: Vec<String>,
}

/// The encoded samples, by the names of their files.
type Encoded = BTreeMap<String, Sample>;

/// An encoded sample.
struct Sample {
    json: Value,
    /// The text of its file.
    text: String,
}

impl Golden<'_> {
    fn encoded(&mut self, samples: &[Intent]) -> Encoded {
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut encoded = Encoded::new();
        for sample in samples {
            let effect = sample.effect();
            let number = numbers.entry(effect.id()).or_default();
            *number += 1;
            match Sample::new(sample) {
                Ok(sample) => {
                    encoded.insert(file_name(effect.id(), *number), sample);
                }
                Err(error) => self.problems.push(format!(
                    "  a sample of `{}` at {} cannot be encoded: {}",
                    effect.id(),
                    effect.place(),
                    in_full(&*error)
                )),
            }
        }
        encoded
    }

    /// Writes the files that are missing, and overwrites others on request.
    fn write(&mut self, encoded: &Encoded) {
        for (name, sample) in encoded {
            let path = self.folder.join(name);
            let is_new = match fs::read_to_string(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => true,
                Ok(text) if self.overwrite => {
                    if serde_json::from_str(&text).is_ok_and(|file: Value| file == sample.json) {
                        continue;
                    }
                    false
                }
                // An unreadable file is reported when it is compared.
                _ => continue,
            };
            let written = fs::create_dir_all(&self.folder);
            match written.and_then(|()| fs::write(&path, &sample.text)) {
                Ok(()) if is_new && !self.overwrite => {
                    self.problem(
                        name,
                        "the file was missing, and has been written",
                        "commit it, and run the test again",
                    );
                }
                Ok(()) => {}
                Err(error) => {
                    self.problem(name, "it cannot be written", &error.to_string());
                }
            }
        }
    }

    /// Reads all files in the folder.
    fn read(&mut self, encoded: &Encoded) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| name.ends_with(".json")).collect();
        names.sort();
        for name in names {
            let accept = match encoded.contains_key(&name) {
                true => format!("{KEEP}, set {OVERWRITE}=1"),
                false => format!("{KEEP}, delete the file"),
            };
            match self.reread(&name) {
                Ok((file, read)) => {
                    let lost = differences(&file, &read, Fields::MayBeAdded);
                    let changed = encoded
                        .get(&name)
                        .map(|sample| differences(&read, &sample.json, Fields::Equal));
                    if !lost.is_empty() {
                        let lost = lost.join(", ");
                        self.problem(
                            &name,
                            &format!("it is read, and then written differently: {lost}"),
                            &accept,
                        );
                    } else if let Some(changed) = changed.filter(|changed| !changed.is_empty()) {
                        let what =
                            format!("the sample in the test is another: {}", changed.join(", "));
                        let instead = format!(
                            "keep the former sample, and add the new one after it, which gets a separate file. Only if no message in the former form is left, set {OVERWRITE}=1"
                        );
                        self.problem(&name, &what, &instead);
                    }
                }
                Err(error) => self.problem(&name, &error, &accept),
            }
        }
    }

    /// Decodes a file by its id, and encodes the result. Returns both.
    fn reread(&self, name: &str) -> Result<(Value, Value), String> {
        let text = fs::read_to_string(self.folder.join(name)).map_err(|error| error.to_string())?;
        let id = id_of(name).ok_or("its name is not the id of an effect")?;
        let effect = self.catalogue.find(&id).ok_or_else(|| {
            format!(
                "no effect has the id or alias `{id}`: if it was renamed, give it `alias(\"{id}\")`"
            )
        })?;
        let reread = || -> Result<(Value, Value), BoxError> {
            let written = reencoded(effect, &text)?;
            Ok((
                serde_json::from_str(&text)?,
                serde_json::from_str(&written)?,
            ))
        };
        reread().map_err(|error| {
            let place = effect.place();
            format!("`{id}` at {place} cannot read it: {}", in_full(&*error))
        })
    }

    /// Reports the durable effects that have no sample.
    fn missing(&mut self, package: Option<&str>, samples: &[Intent]) {
        let effects = self.catalogue.effects().iter().filter(|effect| {
            let is_ours = package.is_none_or(|package| effect.package() == package);
            let has_sample = samples.iter().any(|sample| sample.effect() == **effect);
            effect.is_durable() && is_ours && !has_sample
        });
        for effect in effects {
            self.problems.push(format!(
                "  `{}` at {} has no sample\n      add one: `{}`",
                effect.id(),
                effect.place(),
                call(effect)
            ));
        }
    }

    fn problem(&mut self, name: &str, what: &str, instead: &str) {
        let shown = self.shown;
        self.problems
            .push(format!("  {shown}/{name}: {what}\n      {instead}"));
    }
}

impl Sample {
    fn new(intent: &Intent) -> Result<Self, BoxError> {
        let text = intent.encode()?;
        let json: Value = serde_json::from_str(&text)?;
        let pretty = format!("{json:#}");
        // A `Value` holds some numbers imprecisely, such as large ones of `u128`.
        let is_lossless = reencoded(intent.effect(), &pretty).is_ok_and(|again| {
            serde_json::from_str(&again).is_ok_and(|again: Value| again == json)
        });
        let text = if is_lossless { pretty } else { text } + "\n";
        Ok(Self { json, text })
    }
}

/// Decodes a message, and encodes the result.
///
/// It uses the codec directly, since `Catalogue::decode` withholds the error of an effect with a redacted
/// argument.
fn reencoded(effect: &EffectDescriptor, text: &str) -> Result<String, BoxError> {
    let codec = effect.spec.codec.ok_or("it is not durable")?;
    let read = (codec.decode)(text)?;
    (codec.encode)(read.get().ok_or("it has no arguments")?)
}

/// Returns the call that makes an intent, with the types of its arguments.
fn call(effect: &EffectDescriptor) -> String {
    let arguments = effect.arguments().iter();
    let arguments: Vec<_> = arguments
        .map(|argument| format!("/* {}: {} */", argument.name(), argument.type_name()))
        .collect();
    format!(
        "{}::{}({})",
        effect.module(),
        effect.name(),
        arguments.join(", ")
    )
}
