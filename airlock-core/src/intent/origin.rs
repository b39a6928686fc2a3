//! Where work comes from.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use stack_dst::Value;
use stack_dst::buffers::ConstArrayBuf;

/// Where the work in a scope comes from: the request that it answers, the job that it does.
///
/// A scope is given one by [`ScopeBuilder::origin`](crate::ScopeBuilder::origin). Whatever is
/// enqueued in it, in scopes within it and by the effects that it causes carries it along:
/// [`Intent::origin`](crate::Intent::origin). Reports and logs show it, so nothing secret belongs
/// into it. A clone shares it.
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
    /// Recycled, so that one request after the other allocates none.
    static SPARE: Cell<Option<Arc<Inner>>> = const { Cell::new(None) };
}

/// Formatted when somebody looks, which for most work is never.
enum Shown {
    /// The place is kept for the next origin.
    Nothing,
    Small(Value<dyn Text, ConstArrayBuf<usize, 8>>),
    Large(Box<dyn Text>),
}

trait Text: fmt::Display + Send + Sync {}

impl<T: fmt::Display + Send + Sync> Text for T {}

impl Origin {
    /// An origin that is shown like this. Up to 48 bytes are kept in place.
    pub fn new(shown: impl fmt::Display + Send + Sync + 'static) -> Self {
        Self::traced(shown, None)
    }

    /// An origin that also knows its place in a distributed trace: the value of the W3C header
    /// `traceparent`, as it was received. What is no valid one is not kept, since anybody may send
    /// it: it has to be of the version `00` or a later one, and the ids of trace and parent not all
    /// zero.
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

    /// Coalesce its place for the next one, if this is the last clone.
    pub(crate) fn recycle(mut self) {
        // Asked first, since it costs less.
        if Arc::strong_count(&self.0) == 1
            && let Some(inner) = Arc::get_mut(&mut self.0)
        {
            inner.shown = Shown::Nothing;
            inner.trace_parent = None;
            let _ = SPARE.try_with(|spare| spare.set(Some(self.0)));
        }
    }

    /// Whether both are clones of one.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The W3C `traceparent` that the work came with, to be handed on by what the effects call.
    pub fn trace_parent(&self) -> Option<&str> {
        self.0.trace_parent.as_deref()
    }
}

/// `00-<trace>-<parent>-<flags>` in lower hexadecimal digits; later versions may append fields.
fn is_trace_parent(value: &str) -> Option<()> {
    const LONGEST: usize = 256; // No version says; a client must not fill memory.
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
        if align_of::<T>() > align_of::<usize>() {
            return Self::Large(Box::new(shown));
        }
        match Value::new_stable(shown, |shown| shown as &dyn Text) {
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
