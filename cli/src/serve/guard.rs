//! What every request has to pass before a route sees it, and what every response carries.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, ORIGIN,
    REFERRER_POLICY, TRANSFER_ENCODING, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use thiserror::Error;

use super::origin::Authority;

/// Only this server's own files and its WebSocket; nothing inline, nobody may frame the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

static HEADERS: [(HeaderName, HeaderValue); 7] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
    ),
];

/// Why a request goes no further; `Display` is the body of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Refusal {
    #[error("This server answers only to its address or to localhost, not to another host name.")]
    Host,
    #[error("This server takes requests only from its own page (Origin differs from Host).")]
    Origin,
    #[error("This server takes no request body.")]
    Body,
}

/// Refuses what is not meant for this server, and adds the security headers.
pub(super) async fn guard(State(bound): State<IpAddr>, request: Request, next: Next) -> Response {
    let mut response = match admit(bound, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    response.headers_mut().extend(HEADERS.iter().cloned());
    response
}

fn admit(bound: IpAddr, headers: &HeaderMap) -> Result<(), Refusal> {
    let host = only(headers, &HOST)
        .and_then(Authority::parse)
        .ok_or(Refusal::Host)?;
    if !host.names(bound) {
        return Err(Refusal::Host);
    }
    if headers.contains_key(ORIGIN) {
        own_origin(headers)?;
    }
    let empty = headers
        .get(CONTENT_LENGTH)
        .is_none_or(|length| length == "0");
    if !empty || headers.contains_key(TRANSFER_ENCODING) {
        return Err(Refusal::Body);
    }
    Ok(())
}

/// Whether the request comes from a page of this server: its origin is there, and ours.
pub(super) fn own_origin(headers: &HeaderMap) -> Result<(), Refusal> {
    let host = only(headers, &HOST).and_then(Authority::parse);
    let origin = only(headers, &ORIGIN).and_then(Authority::of_origin);
    if origin.is_some() && origin == host {
        Ok(())
    } else {
        Err(Refusal::Origin)
    }
}

/// The value of a header that occurs exactly once.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            // RFC 9110 §15.5.20: this server does not answer for that authority.
            Self::Host => StatusCode::MISDIRECTED_REQUEST,
            Self::Origin => StatusCode::FORBIDDEN,
            Self::Body => StatusCode::PAYLOAD_TOO_LARGE,
        };
        (status, self.to_string()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn headers(lines: &[(HeaderName, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    fn verdict(lines: &[(HeaderName, &'static str)]) -> Result<(), Refusal> {
        admit(Ipv4Addr::LOCALHOST.into(), &headers(lines))
    }

    const HERE: (HeaderName, &str) = (HOST, "localhost:8080");

    #[test]
    fn a_request_needs_exactly_one_host_and_it_must_be_ours() {
        assert_eq!(verdict(&[HERE]), Ok(()));
        assert_eq!(verdict(&[]), Err(Refusal::Host));
        assert_eq!(verdict(&[HERE, (HOST, "evil.example")]), Err(Refusal::Host));
        assert_eq!(verdict(&[(HOST, "evil.example:8080")]), Err(Refusal::Host));
    }

    #[test]
    fn an_origin_that_is_there_must_be_ours() {
        assert_eq!(verdict(&[HERE, (ORIGIN, "http://127.0.0.1:8080")]), Ok(()));
        assert_eq!(
            verdict(&[HERE, (ORIGIN, "http://localhost:3000")]),
            Err(Refusal::Origin)
        );
        assert_eq!(verdict(&[HERE, (ORIGIN, "null")]), Err(Refusal::Origin));
    }

    #[test]
    fn a_session_needs_an_origin() {
        assert_eq!(own_origin(&headers(&[HERE])), Err(Refusal::Origin));
        assert_eq!(
            own_origin(&headers(&[HERE, (ORIGIN, "http://localhost:8080")])),
            Ok(())
        );
    }

    #[test]
    fn no_request_has_a_body() {
        assert_eq!(verdict(&[HERE, (CONTENT_LENGTH, "0")]), Ok(()));
        assert_eq!(
            verdict(&[HERE, (CONTENT_LENGTH, "1000000")]),
            Err(Refusal::Body)
        );
        assert_eq!(
            verdict(&[HERE, (TRANSFER_ENCODING, "chunked")]),
            Err(Refusal::Body)
        );
    }
}
