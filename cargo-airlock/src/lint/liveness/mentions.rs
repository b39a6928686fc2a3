//! The names that a closure or an async block may capture.

use std::collections::BTreeSet;

use syn::Macro;
use syn::ext::IdentExt;
use syn::visit::Visit;

use super::Run;
use crate::lint::macros::Body;

/// Returns the names that a body mentions.
pub(super) fn mentioned(body: &Run<'_>) -> BTreeSet<String> {
    let mut mentions = Mentions::default();
    match body {
        Run::Block(block) => mentions.visit_block(block),
        Run::Expression(expression) => mentions.visit_expr(expression),
        Run::Macro(body) => mentions.body(body),
    }
    mentions.0
}

#[derive(Default)]
struct Mentions(BTreeSet<String>);

impl Mentions {
    fn body(&mut self, body: &Body) {
        match body {
            Body::Expressions(expressions) => {
                expressions.iter().for_each(|it| self.visit_expr(it));
            }
            Body::Statements(statements) => statements.iter().for_each(|it| self.visit_stmt(it)),
            Body::Branches(branches) => {
                for branch in branches {
                    let future = branch.future.iter().map(|(_, future)| future);
                    let parts = future.chain(&branch.condition).chain([&branch.handler]);
                    parts.for_each(|it| self.visit_expr(it));
                }
            }
            Body::Unknown => {}
        }
    }
}

impl<'ast> Visit<'ast> for Mentions {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if let Some(name) = path.path.get_ident() {
            self.0.insert(name.unraw().to_string());
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.body(&Body::from_macro(item));
    }
}
