//! What a path in a module means, as far as the workspace's own source tells.

use std::collections::{BTreeMap, HashMap};

use syn::ext::IdentExt;
use syn::{Item, UseTree};

use crate::lint::functions::Used;
use crate::lint::source::Sources;

/// The segments of a path.
pub(crate) type Path = Vec<String>;

/// The segments of a path that is written with `::`.
pub(crate) fn path(text: &str) -> Path {
    text.trim_start_matches("::")
        .split("::")
        .map(|segment| segment.trim().to_owned())
        .collect()
}

/// Re-exports of re-exports, at most.
const DEPTH: usize = 8;

/// The names of all modules.
pub(crate) struct Names<'a> {
    modules: BTreeMap<&'a [String], Imports>,
}

/// What the `use` declarations of a module, or of a function, bring in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Imports {
    named: HashMap<String, Path>,
    globs: Vec<Path>,
}

impl<'a> Names<'a> {
    pub(crate) fn of(sources: &'a Sources) -> Self {
        let mut names = Self {
            modules: BTreeMap::new(),
        };
        for module in &sources.modules {
            let imports = names.modules.entry(&module.path).or_default();
            for item in &module.items {
                match item {
                    Item::Use(item) => imports.add(&mut Vec::new(), &item.tree),
                    Item::ExternCrate(item) => {
                        if let Some((_, name)) = &item.rename {
                            let krate = item.ident.unraw().to_string();
                            imports.named.insert(name.unraw().to_string(), vec![krate]);
                        }
                    }
                    _ => {}
                }
            }
        }
        names
    }

    /// Whether there is a module of this path.
    pub(crate) fn is_module(&self, path: &[String]) -> bool {
        self.modules.contains_key(path)
    }

    /// All modules.
    pub(crate) fn modules(&self) -> Vec<String> {
        self.modules.keys().map(|path| path.join("::")).collect()
    }

    /// Whether what is used is this path, or something in it.
    pub(crate) fn reaches(&self, used: &Used, path: &[String]) -> bool {
        let mut meanings = self.meanings(used).into_iter();
        meanings.any(|meaning| meaning.starts_with(path))
    }

    /// All that a path may mean, from the root of its crate.
    pub(crate) fn meanings(&self, used: &Used) -> Vec<Path> {
        let mut meanings = Vec::new();
        self.resolve(
            &used.path,
            &used.module,
            Some(&used.imports),
            DEPTH,
            &mut meanings,
        );
        meanings
    }

    /// Puts down each meaning of a path as it is seen in a module.
    fn resolve(
        &self,
        path: &[String],
        module: &[String],
        inner: Option<&Imports>,
        depth: usize,
        meanings: &mut Vec<Path>,
    ) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        if depth == 0 {
            return;
        }
        match first.as_str() {
            "crate" => {
                let absolute = [&module[..module.len().min(1)], rest].concat();
                return self.follow(absolute, depth, meanings);
            }
            "self" => return self.follow([module, rest].concat(), depth, meanings),
            "super" => {
                let parent = &module[..module.len().saturating_sub(1)];
                let path: Path = ["self".to_owned()]
                    .into_iter()
                    .chain(rest.iter().cloned())
                    .collect();
                return self.resolve(&path, parent, None, depth - 1, meanings);
            }
            _ => {}
        }
        let own = self.modules.get(module);
        for imports in inner.into_iter().chain(own) {
            if let Some(target) = imports.named.get(first) {
                let path = [target.as_slice(), rest].concat();
                // `use reqwest;` and `use http::http;`: the first name is that of a crate.
                if target.first() == Some(first) {
                    self.follow([module, &path].concat(), depth, meanings);
                    self.follow(path, depth, meanings);
                } else {
                    self.resolve(&path, module, None, depth - 1, meanings);
                }
                return;
            }
            for glob in &imports.globs {
                let path = [glob.as_slice(), path].concat();
                self.resolve(&path, module, None, depth - 1, meanings);
            }
        }
        self.follow([module, path].concat(), depth, meanings);
        self.follow(path.to_vec(), depth, meanings);
    }

    /// A path from the root: where it goes through a re-export, what that stands for is a meaning, too.
    fn follow(&self, path: Path, depth: usize, meanings: &mut Vec<Path>) {
        for length in (1..path.len()).rev() {
            let (module, rest) = path.split_at(length);
            let Some(imports) = self.modules.get(module) else {
                continue;
            };
            if let Some(target) = imports.named.get(&rest[0]) {
                let path = [target.as_slice(), &rest[1..]].concat();
                self.resolve(&path, module, None, depth.saturating_sub(1), meanings);
            }
            for glob in &imports.globs {
                let path = [glob.as_slice(), rest].concat();
                self.resolve(&path, module, None, depth.saturating_sub(1), meanings);
            }
            break;
        }
        if !meanings.contains(&path) {
            meanings.push(path);
        }
    }
}

impl Imports {
    /// Adds a `use` declaration.
    pub(super) fn add(&mut self, prefix: &mut Path, tree: &UseTree) {
        match tree {
            UseTree::Path(tree) => {
                prefix.push(tree.ident.unraw().to_string());
                self.add(prefix, &tree.tree);
                prefix.pop();
            }
            UseTree::Name(tree) => {
                let name = tree.ident.unraw().to_string();
                self.name(prefix, &name, None);
            }
            UseTree::Rename(tree) => {
                let rename = tree.rename.unraw().to_string();
                self.name(prefix, &tree.ident.unraw().to_string(), Some(rename));
            }
            UseTree::Glob(_) => self.globs.push(prefix.clone()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add(prefix, tree);
                }
            }
        }
    }

    fn name(&mut self, prefix: &[String], name: &str, rename: Option<String>) {
        let mut target = prefix.to_vec();
        if name != "self" {
            target.push(name.to_owned());
        }
        let alias = rename.or_else(|| target.last().cloned());
        if let Some(alias) = alias {
            self.named.insert(alias, target);
        }
    }
}
