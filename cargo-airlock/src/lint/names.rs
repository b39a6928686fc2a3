//! The modules of the workspace, and their imports.

use std::collections::{BTreeMap, HashMap};

use syn::ext::IdentExt;
use syn::{Item, UseTree};

use crate::lint::source::Sources;

/// The segments of a path.
pub(crate) type Path = Vec<String>;

/// Splits a path at `::`.
pub(crate) fn path(text: &str) -> Path {
    text.trim_start_matches("::")
        .split("::")
        .map(|segment| segment.trim().to_owned())
        .collect()
}

/// The imports of all modules, and the renamed dependencies of all crates.
pub(crate) struct Names<'a> {
    pub(super) modules: BTreeMap<&'a [String], Imports>,
    renames: &'a HashMap<String, HashMap<String, String>>,
}

/// The names that the `use` declarations of a module or a function import.
#[derive(Clone, Debug, Default)]
pub(crate) struct Imports {
    pub(super) named: HashMap<String, Vec<Path>>,
    pub(super) globs: Vec<Path>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(sources: &'a Sources) -> Self {
        let mut names = Self {
            modules: BTreeMap::new(),
            renames: &sources.renames,
        };
        for module in &sources.modules {
            let imports = names.modules.entry(&module.path).or_default();
            for item in &module.items {
                match item {
                    Item::Use(item) => imports.add(&mut Vec::new(), &item.tree),
                    Item::ExternCrate(item) => {
                        if let Some((_, name)) = &item.rename {
                            let krate = item.ident.unraw().to_string();
                            imports.insert(name.unraw().to_string(), vec![krate]);
                        }
                    }
                    _ => {}
                }
            }
        }
        names
    }

    /// Returns a path that starts with the name of a crate, with a renamed dependency resolved to
    /// its real name.
    pub(super) fn external(&self, module: &[String], mut path: Path) -> Path {
        let renames = module.first().and_then(|krate| self.renames.get(krate));
        if let (Some(renames), Some(first)) = (renames, path.first_mut())
            && let Some(name) = renames.get(first)
        {
            name.clone_into(first);
        }
        path
    }

    /// Returns whether there is a module with this path.
    pub(crate) fn is_module(&self, path: &[String]) -> bool {
        self.modules.contains_key(path)
    }

    /// Returns the paths of all modules.
    pub(crate) fn modules(&self) -> Vec<String> {
        self.modules.keys().map(|path| path.join("::")).collect()
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
            self.insert(alias, target);
        }
    }

    /// Adds a meaning of a name. A name may have several: `cfg` selects one of them, or the library
    /// and the binary of one package have the same crate name.
    fn insert(&mut self, alias: String, target: Path) {
        self.named.entry(alias).or_default().push(target);
    }
}
