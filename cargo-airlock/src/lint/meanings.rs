//! Resolves paths in modules, using only the source of the workspace.

use std::collections::{HashSet, VecDeque};

use crate::lint::functions::Used;
use crate::lint::names::{Imports, Names, Path};

/// The maximum length of a chain of imports.
const DEPTH: usize = 16;

impl Names<'_> {
    /// Returns every possible meaning of a path, from the root of its crate.
    pub(crate) fn meanings(&self, used: &Used) -> Vec<Path> {
        self.search(used).meanings
    }

    fn search(&self, used: &Used) -> Search {
        let mut search = Search::default();
        let written = Written::fresh(used.module.clone(), used.path.clone());
        self.written(written, Some(&used.imports), 0, &mut search);
        while let Some((step, depth)) = search.queue.pop_front() {
            match step {
                Step::Written(written) => self.written(written, None, depth, &mut search),
                Step::Absolute(absolute) => self.follow(absolute, depth, &mut search),
            }
        }
        search
    }

    fn written(
        &self,
        written: Written,
        inner: Option<&Imports>,
        depth: usize,
        search: &mut Search,
    ) {
        let Written { module, path, tail } = &written;
        if let Some(path) = anchored(module, path) {
            let (tail, beyond) = (*tail, 0);
            return search.add(Step::Absolute(Absolute { path, tail, beyond }), depth);
        }
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let own = self.modules.get(module.as_slice());
        for imports in inner.into_iter().chain(own) {
            if let Some(targets) = imports.named.get(first) {
                for target in targets {
                    let named = written.named(target, rest);
                    // `use reqwest;` and `use http::http;`: the first name is the name of a crate.
                    if target.first() == Some(first) {
                        self.outside(named, depth, search);
                    } else {
                        search.add(Step::Written(named), depth + 1);
                    }
                }
                return;
            }
            self.globs(imports, &written, depth, search);
        }
        self.outside(written, depth, search);
    }

    /// Resolves a path that its module does not import by name: it may be defined in the module, or
    /// start with the name of a crate.
    fn outside(&self, written: Written, depth: usize, search: &mut Search) {
        let Written { module, path, tail } = written;
        let here = Absolute {
            path: [&*module, &path].concat(),
            tail,
            beyond: module.len(),
        };
        search.add(Step::Absolute(here), depth);
        let path = self.external(&module, path);
        let beyond = 0;
        search.add(Step::Absolute(Absolute { path, tail, beyond }), depth);
    }

    /// Resolves a path through each glob import of a module.
    fn globs(&self, imports: &Imports, written: &Written, depth: usize, search: &mut Search) {
        let Written { module, path, tail } = written;
        for glob in &imports.globs {
            if path.len() <= *tail {
                let written = Written::part(module, &[glob, path.as_slice()].concat(), path.len());
                search.add(Step::Written(written), depth + 1);
                continue;
            }
            let module = self.globbed(module, glob);
            let absolute = module.map(|module| Absolute {
                path: [&*module, path].concat(),
                tail: *tail,
                beyond: module.len() - 1,
            });
            if let Some(absolute) = absolute {
                search.add(Step::Absolute(absolute), depth + 1);
            }
        }
    }

    /// Returns the workspace module that a glob names directly, without an import.
    fn globbed(&self, module: &[String], glob: &[String]) -> Option<Path> {
        let candidates = match anchored(module, glob) {
            Some(path) => vec![path],
            None => vec![
                [module, glob].concat(),
                self.external(module, glob.to_vec()),
            ],
        };
        candidates.into_iter().find(|path| self.is_module(path))
    }

    /// Adds an absolute path as a meaning. If the path goes through a re-export, its target is a
    /// meaning too.
    fn follow(&self, absolute: Absolute, depth: usize, search: &mut Search) {
        let Absolute { path, tail, beyond } = absolute;
        let lengths = (beyond + 1..path.len()).rev();
        let modules = lengths.map(|length| path.split_at(length));
        let mut known = modules.filter_map(|(module, rest)| {
            let imports = self.modules.get(module)?;
            Some((imports, Written::part(module, rest, tail), rest))
        });
        if let Some((imports, written, rest)) = known.next() {
            for target in imports.named.get(&rest[0]).into_iter().flatten() {
                let named = written.named(target, &rest[1..]);
                search.add(Step::Written(named), depth + 1);
            }
            self.globs(imports, &written, depth, search);
        }
        search.meanings.push(path);
    }
}

/// Returns the path from the root, if it starts with `crate`, `self` or `super`.
fn anchored(module: &[String], path: &[String]) -> Option<Path> {
    let (first, mut rest) = path.split_first()?;
    let mut base = match first.as_str() {
        "crate" => &module[..module.len().min(1)],
        "self" => module,
        "super" => &module[..module.len().saturating_sub(1)],
        _ => return None,
    };
    while let Some(("super", after)) = rest.split_first().map(|(next, after)| (&**next, after)) {
        (base, rest) = (&base[..base.len().saturating_sub(1)], after);
    }
    Some([base, rest].concat())
}

/// The meanings found so far, and the steps that remain, the nearest first. Each step is taken
/// once, so that the search ends even if modules import each other.
#[derive(Default)]
struct Search {
    queue: VecDeque<(Step, usize)>,
    seen: HashSet<Step>,
    meanings: Vec<Path>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Step {
    Written(Written),
    Absolute(Absolute),
}

/// A path as written in a module.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Written {
    module: Path,
    path: Path,
    /// The number of segments at the end that any glob import may provide. The segments before them
    /// are the path of a glob itself. Only globs of modules provide those, and they are resolved in
    /// place. Otherwise several globs would be tried in every order, endlessly.
    tail: usize,
}

/// A path from the root of its crate.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Absolute {
    path: Path,
    /// See [`Written`].
    tail: usize,
    /// The length of the module path whose imports were already searched.
    beyond: usize,
}

impl Written {
    fn fresh(module: Path, path: Path) -> Self {
        let tail = path.len();
        Self { module, path, tail }
    }

    fn part(module: &[String], rest: &[String], tail: usize) -> Self {
        Self {
            module: module.to_vec(),
            path: rest.to_vec(),
            tail,
        }
    }

    /// Replaces the first name with the target of an import.
    fn named(&self, target: &[String], rest: &[String]) -> Self {
        let path = [target, rest].concat();
        if self.path.len() <= self.tail {
            Self::fresh(self.module.clone(), path)
        } else {
            Self::part(&self.module, &path, self.tail)
        }
    }
}

impl Search {
    fn add(&mut self, step: Step, depth: usize) {
        if depth <= DEPTH && self.seen.insert(step.clone()) {
            self.queue.push_back((step, depth));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::functions::Used;
    use crate::lint::names::{Imports, Names, path};
    use crate::lint::source::Sources;

    fn used(module: &str, written: &str) -> Used {
        Used {
            path: path(written),
            module: path(module),
            imports: Imports::default(),
            at: (1, 1),
            is_macro: false,
        }
    }

    #[track_caller]
    fn means(sources: &Sources, used: &Used, meant: &str) {
        let meanings = Names::new(sources).meanings(used);
        assert!(meanings.contains(&path(meant)), "{meanings:?}");
    }

    #[test]
    fn ten_globs_are_looked_through_once_each() {
        let globs: String = (0..10)
            .map(|n| format!("use ext{n}::prelude::*;"))
            .collect();
        let sources = Sources::parsed(&[("shop", &globs)]);
        let used = used("shop", "Client::new");
        let search = Names::new(&sources).search(&used);
        assert!(search.seen.len() < 50, "{} steps", search.seen.len());
        means(&sources, &used, "ext9::prelude::Client::new");
    }

    #[test]
    fn modules_that_import_each_other_come_to_an_end() {
        let globs = "use super::*; pub use crate::a::*; pub use crate::b::*; pub use crate::c::*;";
        let sources = Sources::parsed(&[
            ("shop", "pub use a::*; pub use b::*; pub use c::*;"),
            ("shop::a", globs),
            ("shop::b", globs),
            ("shop::c", &format!("{globs} pub use reqwest::Client;")),
        ]);
        let used = used("shop::a", "Client::new");
        let search = Names::new(&sources).search(&used);
        assert!(search.seen.len() < 100, "{} steps", search.seen.len());
        means(&sources, &used, "reqwest::Client::new");
    }

    #[test]
    fn the_path_of_a_glob_may_come_by_a_glob_of_a_module() {
        let sources = Sources::parsed(&[
            ("facade", "pub use facade_core::*;"),
            ("facade_core", ""),
            ("facade_core::prelude", "pub use reqwest::Client;"),
            ("shop", "use facade::prelude::*; use tokio::task;"),
            ("shop::orders", "use super::*; use task::*;"),
        ]);
        means(&sources, &used("shop", "Client"), "reqwest::Client");
        means(
            &sources,
            &used("shop::orders", "spawn"),
            "tokio::task::spawn",
        );
    }

    #[test]
    fn globs_of_enums_are_no_way_to_themselves() {
        let globs: String = (0..10)
            .map(|n| format!("use self::Kind{n}::*; use crate::Sort{n}::*;"))
            .collect();
        let sources = Sources::parsed(&[("shop", &globs)]);
        let used = used("shop", "First");
        let search = Names::new(&sources).search(&used);
        assert!(search.seen.len() < 100, "{} steps", search.seen.len());
        means(&sources, &used, "shop::Kind9::First");
    }

    #[test]
    fn names_that_stand_for_each_other_come_to_an_end() {
        let sources = Sources::parsed(&[("shop", "use a::b; use b::a; use c as d; use d as c;")]);
        for name in ["a", "b", "c", "d"] {
            let search = Names::new(&sources).search(&used("shop", name));
            assert!(search.seen.len() < 100, "{} steps", search.seen.len());
        }
    }

    #[test]
    fn a_name_that_is_imported_twice_has_two_meanings() {
        let sources = Sources::parsed(&[("shop", "use a::send as go; use b::send as go;")]);
        means(&sources, &used("shop", "go"), "a::send");
        means(&sources, &used("shop", "go"), "b::send");
    }

    #[test]
    fn above_what_is_above() {
        let sources = Sources::parsed(&[
            ("shop", "use tokio as rt;"),
            ("shop::a", ""),
            ("shop::a::b", ""),
        ]);
        means(
            &sources,
            &used("shop::a::b", "super::super::rt::spawn"),
            "tokio::spawn",
        );
        means(
            &sources,
            &used("shop::a", "self::super::rt::spawn"),
            "tokio::spawn",
        );
    }
}
