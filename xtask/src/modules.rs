//! Checks that the modules of a crate have no import cycle: `lib.rs` declares them in order, and
//! each module uses only itself and those before it.
//!
//! The check works on tokens, and so ignores comments, docs and strings. It also ignores `$crate`,
//! which occurs in macros that other crates expand.

use std::collections::BTreeSet;
use std::str::FromStr;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// One source file of a crate.
#[derive(Debug)]
pub struct Source {
    /// The path below `src`, with slashes, such as `flush/mod.rs`.
    pub path: String,
    /// The source code.
    pub text: String,
}

/// Returns the violations of the module order of a crate.
#[must_use]
pub fn check(sources: &[Source]) -> Vec<String> {
    let Some(root) = sources.iter().find(|source| source.path == "lib.rs") else {
        return vec!["there is no lib.rs".to_owned()];
    };
    let order = match declared(&root.text) {
        Ok(order) => order,
        Err(complaint) => return vec![complaint],
    };
    let mut complaints = BTreeSet::new();
    for source in sources {
        if source.path == "lib.rs" {
            continue;
        }
        let (own, depth) = place(&source.path);
        let Some(position) = order.iter().position(|name| name == own) else {
            complaints.insert(format!("{}: lib.rs does not declare `{own}`", source.path));
            continue;
        };
        let tokens = match TokenStream::from_str(&source.text) {
            Ok(tokens) => tokens,
            Err(error) => {
                complaints.insert(format!("{}: {error}", source.path));
                continue;
            }
        };
        let mut used = Used::default();
        used.walk(&tokens.into_iter().collect::<Vec<_>>(), depth);
        for Name { name, line } in used.names {
            let at = format!("{}:{line}", source.path);
            match order.iter().position(|module| *module == name) {
                Some(used) if used <= position => {}
                Some(_) => {
                    complaints.insert(format!("{at}: `{own}` uses `{name}`, which comes after it"));
                }
                // The name of a macro, which `macro_rules` exports at the crate root.
                None if name.starts_with("__airlock_") => {}
                None => {
                    complaints.insert(format!(
                        "{at}: `crate::{name}` hides its module; write `crate::module::{name}`"
                    ));
                }
            }
        }
    }
    complaints.into_iter().collect()
}

/// Returns the modules that a `lib.rs` declares, in order.
///
/// # Errors
///
/// If the text is not Rust.
pub fn declared(text: &str) -> Result<Vec<String>, String> {
    let tokens = TokenStream::from_str(text).map_err(|error| format!("lib.rs: {error}"))?;
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let declared = tokens.windows(3).filter_map(|three| match three {
        [
            TokenTree::Ident(keyword),
            TokenTree::Ident(name),
            TokenTree::Punct(end),
        ] => (keyword == "mod" && end.as_char() == ';').then(|| name.to_string()),
        _ => None,
    });
    Ok(declared.collect())
}

/// Returns the top-level module of a file, and its depth below the root.
fn place(path: &str) -> (&str, usize) {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    let own = path.split('/').next().unwrap_or(path);
    (own, path.split('/').count())
}

struct Name {
    name: String,
    line: usize,
}

/// The root-level names that a file uses.
#[derive(Default)]
struct Used {
    names: Vec<Name>,
}

impl Used {
    /// Collects names from the tokens of a module at this depth below the root.
    fn walk(&mut self, tokens: &[TokenTree], depth: usize) {
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => {
                    let depth = depth + usize::from(is_module(&tokens[..index], group));
                    self.walk(&group.stream().into_iter().collect::<Vec<_>>(), depth);
                }
                TokenTree::Ident(word) => {
                    let before = index.checked_sub(1).map(|before| &tokens[before]);
                    let rest = &tokens[index + 1..];
                    if word == "crate" && !is_punct(before, '$') {
                        self.after(rest);
                    } else if word == "super" && !is_punct(before, ':') {
                        self.after_supers(rest, depth - 1);
                    }
                }
                _ => {}
            }
        }
    }

    /// Follows `super::super::..` up to the root.
    fn after_supers(&mut self, mut rest: &[TokenTree], mut depth: usize) {
        while depth > 0 {
            match rest {
                [
                    TokenTree::Punct(_),
                    TokenTree::Punct(_),
                    TokenTree::Ident(word),
                    after @ ..,
                ] if word == "super" => {
                    rest = after;
                    depth -= 1;
                }
                _ => return,
            }
        }
        self.after(rest);
    }

    /// Adds the names in `::name` or `::{name, name::..}` after the root.
    fn after(&mut self, rest: &[TokenTree]) {
        let [TokenTree::Punct(one), TokenTree::Punct(two), next, ..] = rest else {
            return;
        };
        if one.as_char() != ':' || two.as_char() != ':' {
            return;
        }
        match next {
            TokenTree::Ident(name) => self.add(name),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let mut is_start = true;
                for token in group.stream() {
                    if let TokenTree::Ident(name) = &token
                        && is_start
                    {
                        self.add(name);
                    }
                    is_start = is_punct(Some(&token), ',');
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, name: &proc_macro2::Ident) {
        self.names.push(Name {
            name: name.to_string(),
            line: name.span().start().line,
        });
    }
}

/// Returns whether a group is the body of a module, based on the tokens before it.
fn is_module(before: &[TokenTree], group: &Group) -> bool {
    let [.., TokenTree::Ident(keyword), TokenTree::Ident(_)] = before else {
        return false;
    };
    keyword == "mod" && group.delimiter() == Delimiter::Brace
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}
