//! Origins: descriptions of the request or job that a scope works for.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use crate::inline_box::{InlineBox, fits};

/// The origin of the work in a scope: the request that it answers, or the job that it does.
///
/// Set it with [`ScopeBuilder::origin`](crate::ScopeBuilder::origin). Intents carry it
/// ([`Intent::origin`](crate::IntentInfo::origin)): those enqueued in the scope, in scopes within it, and by the effects
/// that it causes. Reports and logs show it, so do not put secrets into it. Clones share one value.
///
/// ```
/// # use airlock_core as airlock;
/// use airlock::Origin;
///
/// let scope = airlock::scope().origin(Origin::new("nightly import")).open();
/// let origin = scope.origin().map(|origin| origin.to_string());
/// assert_eq!(origin.as_deref(), Some("nightly import"));
/// scope.discard();
/// ```
#[derive(Clone)]
pub struct Origin(Arc<Inner>);

struct Inner {
    shown: Shown,
    trace_parent: Option<Box<str>>,
}

thread_local! {
    /// A recycled allocation, so that successive requests do not allocate.
    static SPARE: Cell<Option<Arc<Inner>>> = const { Cell::new(None) };
}

/// The displayed value. It is formatted on demand, which for most work is never.
enum Shown {
    /// Empty: the allocation is kept for the next origin.
    Nothing,
    Small(InlineBox<dyn Text>),
    Large(Box<dyn Text>),
}

trait Text: fmt::Display + Send + Sync {}

impl<T: fmt::Display + Send + Sync> Text for T {}

impl Origin {
    /// Makes an origin that is displayed like this value. Values of up to 48 bytes are stored inline.
    pub fn new(shown: impl fmt::Display + Send + Sync + 'static) -> Self {
        Self::traced(shown, None)
    }

    /// Makes an origin that also has a position in a distributed trace: the value of the W3C header `traceparent`, as
    /// it was received.
    ///
    /// Invalid values are ignored, since clients may send anything. The version must be `00` or a later one, and the
    /// ids of trace and parent must not be all zero.
    pub fn traced(
        shown: impl fmt::Display + Send + Sync + 'static,
        trace_parent: Option<Box<str>>,
    ) -> Self {
        let inner = Inner {
            shown: Shown::new(shown),
            trace_parent: trace_parent.filter(|value| is_trace_parent(value).is_some()),
        };
        if let Some(mut spare) = SPARE.try_with(Cell::take).ok().flatten()
            && let Some(place) = Arc::get_mut(&mut spare)
        {
            *place = inner;
            return Self(spare);
        }
        Self(Arc::new(inner))
    }

    /// Keeps the allocation for the next origin, if this is the last clone.
    pub(crate) fn recycle(mut self) {
        // First, since it is cheaper than `get_mut`, which locks the weak count.
        if Arc::strong_count(&self.0) == 1
            && let Some(inner) = Arc::get_mut(&mut self.0)
        {
            inner.shown = Shown::Nothing;
            inner.trace_parent = None;
            let _ = SPARE.try_with(|spare| spare.set(Some(self.0)));
        }
    }

    /// Returns whether both are clones of the same origin.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Returns the W3C `traceparent` of the work. Effects pass it on to the services that they call.
    pub fn trace_parent(&self) -> Option<&str> {
        self.0.trace_parent.as_deref()
    }
}

/// Checks for `00-<trace>-<parent>-<flags>` in lowercase hexadecimal digits. Later versions may append fields.
fn is_trace_parent(value: &str) -> Option<()> {
    const LONGEST: usize = 256; // Later versions have no limit, but a client must not be able to fill memory.
    let mut fields = value.split('-');
    let mut field = |length: usize| {
        let field = fields.next().filter(|field| field.len() == length)?;
        let digits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        field.bytes().all(digits).then_some(field)
    };
    let version = field(2).filter(|version| *version != "ff")?;
    for length in [32, 16] {
        field(length).filter(|id| id.bytes().any(|digit| digit != b'0'))?;
    }
    field(2)?;
    let is_whole = version != "00" || fields.next().is_none();
    (is_whole && value.len() <= LONGEST).then_some(())
}

impl Shown {
    fn new<T: fmt::Display + Send + Sync + 'static>(shown: T) -> Self {
        if !fits::<T>() {
            return Self::Large(Box::new(shown));
        }
        match InlineBox::new_stable(shown, |shown| shown as &dyn Text) {
            Ok(small) => Self::Small(small),
            Err(shown) => Self::Large(Box::new(shown)),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.shown {
            Shown::Nothing => Ok(()),
            Shown::Small(shown) => shown.fmt(f),
            Shown::Large(shown) => shown.fmt(f),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self}")?;
        match self.trace_parent() {
            Some(trace_parent) => write!(f, ", {trace_parent})"),
            None => f.write_str(")"),
        }
    }
}
