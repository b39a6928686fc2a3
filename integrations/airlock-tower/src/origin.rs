//! Where a request's intents come from: its method, its route, its trace.

use std::borrow::Cow;
use std::fmt;

use airlock_core::Origin;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// How a request names itself in reports and logs: `POST /orders/{id}`.
///
/// The route is the pattern that matched, never the path: paths carry what belongs to users. It is
/// known on axum (feature `axum`) where the layer stands inside of the router, as `Router::layer`
/// puts it, and where [`ScopeLayer::route`](crate::ScopeLayer::route) tells. Elsewhere the method
/// stands alone.
#[derive(Clone, Debug)]
pub struct RequestOrigin {
    method: Method,
    route: Option<Route>,
}

#[derive(Clone, Debug)]
pub(crate) enum Route {
    Given(Cow<'static, str>),
    #[cfg(feature = "axum")]
    Matched(axum::extract::MatchedPath),
}

impl RequestOrigin {
    pub(crate) fn new(method: Method, route: Option<Route>) -> Self {
        Self { method, route }
    }

    /// The request's method.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The route that matched.
    pub fn route(&self) -> Option<&str> {
        self.route.as_ref().map(|route| match route {
            Route::Given(route) => &**route,
            #[cfg(feature = "axum")]
            Route::Matched(route) => route.as_str(),
        })
    }

    /// The origin of what the request enqueues, with the trace that it came with.
    pub(crate) fn traced(self, headers: &HeaderMap) -> Origin {
        let trace_parent = headers.get(TRACE_PARENT).and_then(trace_parent);
        Origin::traced(self, trace_parent.map(Box::from))
    }
}

impl fmt::Display for RequestOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.as_str())?;
        match self.route() {
            Some(route) => write!(f, " {route}"),
            None => Ok(()),
        }
    }
}

/// The value, if it is what the W3C calls a valid one: `00-` and the ids of trace and parent, not
/// all zero, and flags. Later versions may append fields. Whatever else a client sends is not kept.
fn trace_parent(value: &HeaderValue) -> Option<&str> {
    const LONGEST: usize = 256; // No version says; a client must not fill memory.
    let value = value.to_str().ok().filter(|value| value.len() <= LONGEST)?;
    let mut fields = value.split('-');
    let version = hex(fields.next()?, 2).filter(|version| *version != "ff")?;
    let is_some = |field: &&str| field.bytes().any(|digit| digit != b'0');
    hex(fields.next()?, 32).filter(is_some)?;
    hex(fields.next()?, 16).filter(is_some)?;
    hex(fields.next()?, 2)?;
    (version != "00" || fields.next().is_none()).then_some(value)
}

fn hex(field: &str, length: usize) -> Option<&str> {
    let digits = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (field.len() == length && field.bytes().all(digits)).then_some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_trace_parents_are_kept() {
        let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let kept = |text: &str| {
            let value = HeaderValue::from_str(text).expect("it is a header");
            trace_parent(&value).map(str::to_owned)
        };
        assert_eq!(kept(valid).as_deref(), Some(valid));
        let later = format!("cc{}-more", &valid[2..]);
        assert_eq!(kept(&later), Some(later));
        for wrong in [
            String::new(),
            valid.to_uppercase(),
            format!("{valid}-more"),
            format!("ff{}", &valid[2..]),
            valid.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            valid.replace("b7ad6b7169203331", &"0".repeat(16)),
            valid[..54].to_owned(),
            format!("cc{}-{}", &valid[2..], "a".repeat(300)),
        ] {
            assert_eq!(kept(&wrong), None, "{wrong}");
        }
    }
}
