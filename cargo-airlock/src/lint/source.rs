//! The modules of the workspace, as read from their files.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta, MetaList, Token};

use crate::build::{Package, Target};
use crate::lint::allowed::{Comment, comments};
use crate::lint::names;

/// All source code that was read.
#[derive(Default)]
pub(crate) struct Sources {
    /// All modules, except those for tests.
    pub(crate) modules: Vec<Module>,
    /// The files that could not be read, whose contents are unknown.
    pub(crate) unread: Vec<String>,
    /// The comments that allow findings.
    pub(crate) comments: Vec<Comment>,
    /// The renamed dependencies of each crate, with the real names of their crates.
    pub(crate) renames: HashMap<String, HashMap<String, String>>,
    root: PathBuf,
}

/// One module.
pub(crate) struct Module {
    /// The path, such as `["shop", "orders"]`.
    pub(crate) path: names::Path,
    /// The file, relative to the root of the workspace.
    pub(crate) file: String,
    /// The items, except test modules, and inner modules, which have their own entries.
    pub(crate) items: Vec<Item>,
}

impl Sources {
    /// Reads the libraries and binaries of packages.
    pub(crate) fn read(root: &Path, packages: &[&Package]) -> Self {
        let mut sources = Self {
            root: root.to_owned(),
            ..Self::default()
        };
        for package in packages {
            let is_code = |target: &&Target| {
                let mut kinds = target.kind.iter().map(String::as_str);
                !kinds.any(|kind| matches!(kind, "test" | "bench" | "example" | "custom-build"))
            };
            for target in package.targets.iter().filter(is_code) {
                let krate = target.name.replace('-', "_");
                let renames = sources.renames.entry(krate.clone()).or_default();
                renames.extend(renamed(package, packages));
                let folder = target.src_path.parent().unwrap_or(root).to_owned();
                sources.file(&target.src_path, &[krate], &folder);
            }
        }
        sources
    }

    /// Returns modules with these paths and source code.
    #[cfg(test)]
    pub(crate) fn parsed(modules: &[(&str, &str)]) -> Self {
        let modules = modules.iter().map(|(path, source)| Module {
            path: names::path(path),
            file: String::new(),
            items: syn::parse_file(source).expect("it is Rust").items,
        });
        Self {
            modules: modules.collect(),
            ..Self::default()
        }
    }

    /// Returns the files that were read, relative to the root of the workspace.
    pub(crate) fn files(&self) -> BTreeSet<&str> {
        let files = self.modules.iter().map(|module| &*module.file);
        files.collect()
    }

    /// Reads a file as a module; `folder` contains its inner modules.
    fn file(&mut self, file: &Path, path: &[String], folder: &Path) {
        let shown = file.strip_prefix(&self.root).unwrap_or(file);
        let shown = shown.display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return self.unread.push(format!("{shown}: {error}")),
        };
        for comment in comments(&shown, &text) {
            // The library and the binary of one package may contain the same file.
            if !self.comments.contains(&comment) {
                self.comments.push(comment);
            }
        }
        match syn::parse_file(&text) {
            Ok(parsed) => self.module(path, &shown, file, folder, parsed.items),
            Err(error) => {
                let start = error.span().start();
                self.unread.push(format!(
                    "{shown}:{}:{}: {error}",
                    start.line,
                    start.column + 1
                ));
            }
        }
    }

    fn module(
        &mut self,
        path: &[String],
        shown: &str,
        file: &Path,
        folder: &Path,
        items: Vec<Item>,
    ) {
        let mut own = Vec::new();
        for item in items {
            match item {
                Item::Mod(module) if !is_for_tests(&module.attrs) => {
                    self.inner(path, shown, file, folder, module);
                }
                Item::Mod(_) => {}
                item => own.push(item),
            }
        }
        self.modules.push(Module {
            path: path.to_vec(),
            file: shown.to_owned(),
            items: own,
        });
    }

    fn inner(&mut self, path: &[String], shown: &str, file: &Path, folder: &Path, module: ItemMod) {
        use syn::ext::IdentExt;
        let name = module.ident.unraw().to_string();
        let path: Vec<_> = path.iter().cloned().chain([name.clone()]).collect();
        let folder_of_it = folder.join(&name);
        if let Some((_, items)) = module.content {
            return self.module(&path, shown, file, &folder_of_it, items);
        }
        let beside = file.parent().unwrap_or(folder);
        let written = path_attribute(&module.attrs).map(|path| beside.join(path));
        if let Some(file) = written.filter(|file| file.is_file()) {
            // With `#[path]`, inner modules are next to the file, whatever its name.
            let folder = file.parent().unwrap_or(folder).to_owned();
            return self.file(&file, &path, &folder);
        }
        let candidates = [
            folder.join(format!("{name}.rs")),
            folder_of_it.join("mod.rs"),
        ];
        let mut existing = candidates.into_iter().filter(|it| it.is_file());
        match existing.next() {
            Some(file) => self.file(&file, &path, &folder_of_it),
            // The file of a `cfg`ed module need not exist. A `cfg_attr` may name another path.
            None if has(&module.attrs, "cfg") || has(&module.attrs, "cfg_attr") => {}
            None => self
                .unread
                .push(format!("{shown}: the file of `mod {name}` is not there")),
        }
    }
}

/// Returns the dependencies that a package renames, with the real names of their crates.
fn renamed<'a>(
    package: &'a Package,
    members: &'a [&Package],
) -> impl Iterator<Item = (String, String)> {
    package.dependencies.iter().filter_map(|dependency| {
        let rename = dependency.rename.as_ref()?.replace('-', "_");
        let member = members.iter().find(|it| it.name == dependency.name);
        let krate = member.map(|member| member.crate_name());
        Some((
            rename,
            krate.unwrap_or_else(|| dependency.name.replace('-', "_")),
        ))
    })
}

fn path_attribute(attrs: &[Attribute]) -> Option<String> {
    attrs.iter().find_map(|attr| match &attr.meta {
        Meta::NameValue(meta) if meta.path.is_ident("path") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(path),
                ..
            }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    })
}

fn has(attrs: &[Attribute], name: &str) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident(name))
}

/// Returns whether attributes mark an item for tests: `#[test]`, `#[tokio::test]`, `#[cfg(test)]`,
/// `#[cfg(all(test, unix))]`.
pub(super) fn is_for_tests(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        let last = attr.path().segments.last();
        if last.is_some_and(|last| last.ident == "test" || last.ident == "rstest") {
            return true;
        }
        match &attr.meta {
            Meta::List(list) if list.path.is_ident("cfg") => {
                list.parse_args().is_ok_and(|cfg| needs_test(&cfg))
            }
            _ => false,
        }
    })
}

/// Returns whether a `cfg` holds only in tests.
fn needs_test(cfg: &Meta) -> bool {
    let inner = |list: &MetaList| {
        let inner = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        inner.unwrap_or_default()
    };
    match cfg {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => inner(list).iter().any(needs_test),
        Meta::List(list) if list.path.is_ident("any") => {
            let inner = inner(list);
            !inner.is_empty() && inner.iter().all(needs_test)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use syn::{Attribute, parse_quote};

    use super::is_for_tests;

    #[test]
    fn a_cfg_is_for_tests_if_it_holds_in_no_other_build() {
        let is = |attr: Attribute| is_for_tests(&[attr]);
        assert!(is(parse_quote!(#[test])));
        assert!(is(parse_quote!(#[tokio::test])));
        assert!(is(parse_quote!(#[cfg(test)])));
        assert!(is(parse_quote!(#[cfg(all(test, feature = "notify"))])));
        assert!(is(
            parse_quote!(#[cfg(all(unix, any(test, all(test, many))))])
        ));
        assert!(is(parse_quote!(#[cfg(all(test, not(unix)))])));
        assert!(!is(parse_quote!(#[cfg(feature = "load-test")])));
        assert!(!is(parse_quote!(#[cfg(not(test))])));
        assert!(!is(parse_quote!(#[cfg(any(test, feature = "fake"))])));
        assert!(!is(parse_quote!(#[cfg(any())])));
        assert!(!is(parse_quote!(#[cfg_attr(test, allow(unused))])));
    }
}
