//! The contents of a report, in a recycled box.

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::{Deref, DerefMut};

use crate::intent::{IntentInfo, Origin, ScopeId};
use crate::lifecycle::{Ending, Outcome};

/// The largest capacity of entries that a recycled page keeps.
const KEPT: usize = 64;

thread_local! {
    static SPARE: Cell<Option<Box<Contents>>> = const { Cell::new(None) };
}

/// The contents of a report. One word, so that a report is passed in a register. Each thread
/// recycles a box, so that successive requests allocate none.
#[derive(Clone, Debug)]
pub(crate) struct Page(Option<Box<Contents>>);

/// The fate of each intent of a scope.
#[derive(Clone, Debug)]
pub(crate) struct Contents {
    pub(crate) scope: Option<ScopeId>,
    pub(crate) name: Option<Cow<'static, str>>,
    pub(crate) origin: Option<Origin>,
    pub(crate) outcome: Outcome,
    pub(crate) ending: Ending,
    /// The number of entries that are the scope's own. The rest are cascades.
    pub(crate) own: usize,
    pub(crate) entries: Vec<IntentInfo>,
    /// The names of the scopes that captured intents, if they have names.
    pub(crate) captors: Vec<(ScopeId, Cow<'static, str>)>,
}

impl Page {
    /// Returns an empty page, of a scope that succeeded.
    #[inline]
    pub(crate) fn new() -> Self {
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        Self(Some(spare.unwrap_or_else(Contents::new)))
    }
}

impl Contents {
    #[cold]
    fn new() -> Box<Self> {
        Box::new(Self {
            scope: None,
            name: None,
            origin: None,
            outcome: Outcome::Success,
            ending: Ending::Flush,
            own: 0,
            entries: Vec::new(),
            captors: Vec::new(),
        })
    }

    /// Sets the origin of the scope on each entry that has none.
    pub(crate) fn share_origin(&mut self, origin: Option<&Origin>) {
        let Some(origin) = origin else { return };
        for entry in &mut self.entries {
            entry.share_origin(origin);
        }
    }

    /// Empties the page.
    #[inline]
    fn clear(&mut self) {
        if self.entries.capacity() > KEPT {
            self.entries = Vec::new();
        }
        self.entries.clear();
        self.captors.clear();
        self.name = None;
        if let Some(origin) = self.origin.take() {
            origin.recycle();
        }
        self.outcome = Outcome::Success;
        self.ending = Ending::Flush;
        self.own = 0;
    }
}

impl Drop for Page {
    #[inline]
    fn drop(&mut self) {
        if let Some(mut contents) = self.0.take() {
            contents.clear();
            let mut contents = Some(contents);
            let _ = SPARE.try_with(|spare| spare.set(contents.take()));
        }
    }
}

impl Deref for Page {
    type Target = Contents;

    #[inline]
    fn deref(&self) -> &Contents {
        match &self.0 {
            Some(contents) => contents,
            None => unreachable!("a page has its contents until it is dropped"),
        }
    }
}

impl DerefMut for Page {
    #[inline]
    fn deref_mut(&mut self) -> &mut Contents {
        match &mut self.0 {
            Some(contents) => contents,
            None => unreachable!("a page has its contents until it is dropped"),
        }
    }
}
