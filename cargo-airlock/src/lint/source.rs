//! The modules of the workspace, as their files say.

use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta};

use crate::build::{Package, Target};
use crate::lint::names;

/// Everything that was read.
#[derive(Default)]
pub(crate) struct Sources {
    /// All modules, outside tests.
    pub(crate) modules: Vec<Module>,
    /// Files that could not be read: what they hold is not seen.
    pub(crate) unread: Vec<String>,
    root: PathBuf,
}

/// One module.
pub(crate) struct Module {
    /// `["shop", "orders"]`.
    pub(crate) path: names::Path,
    /// Its file, from the root of the workspace.
    pub(crate) file: String,
    /// What it holds, but for what is for tests, and inner modules, which have entries of their own.
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
                let folder = target.src_path.parent().unwrap_or(root).to_owned();
                sources.file(&target.src_path, &[krate], &folder);
            }
        }
        sources
    }

    /// Reads a file as a module; `folder` is where its inner modules lie.
    fn file(&mut self, file: &Path, path: &[String], folder: &Path) {
        let shown = file.strip_prefix(&self.root).unwrap_or(file);
        let shown = shown.display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return self.unread.push(format!("{shown}: {error}")),
        };
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
        let candidates = written.into_iter().chain([
            folder.join(format!("{name}.rs")),
            folder_of_it.join("mod.rs"),
        ]);
        let mut existing = candidates.filter(|candidate| candidate.is_file());
        match existing.next() {
            Some(file) => self.file(&file, &path, &folder_of_it),
            // The file of a module that is configured away need not exist.
            None if has(&module.attrs, "cfg") => {}
            None => self
                .unread
                .push(format!("{shown}: the file of `mod {name}` is not there")),
        }
    }
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

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`, `#[cfg(all(test, unix))]`.
pub(super) fn is_for_tests(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| {
        let last = attr.path().segments.last();
        if last.is_some_and(|last| last.ident == "test" || last.ident == "rstest") {
            return true;
        }
        match &attr.meta {
            Meta::List(list) if attr.path().is_ident("cfg") => {
                let text = list.tokens.to_string();
                let mut words = text.split(|letter: char| !letter.is_alphanumeric());
                words.any(|word| word == "test") && !text.contains("not") && !text.contains("any")
            }
            _ => false,
        }
    })
}
