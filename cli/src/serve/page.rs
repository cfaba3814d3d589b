//! The files of the page, part of the program so that it needs nothing but itself.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Path, type and text.
type File = (&'static str, &'static str, &'static str);

macro_rules! script {
    ($name:literal) => {
        (
            concat!("/", $name),
            JAVASCRIPT,
            include_str!(concat!("../../../web/", $name)),
        )
    };
}

/// Every file.
const FILES: [File; 18] = [
    ("/", HTML, include_str!("../../../web/index.html")),
    ("/style.css", CSS, include_str!("../../../web/style.css")),
    (
        "/favicon.svg",
        SVG,
        include_str!("../../../web/favicon.svg"),
    ),
    script!("app.js"),
    script!("candidate.js"),
    script!("diagnosis.js"),
    script!("elements.js"),
    script!("pairs.js"),
    script!("panels.js"),
    script!("phases.js"),
    script!("plot.js"),
    script!("restart.js"),
    script!("runs.js"),
    script!("session.js"),
    script!("stats.js"),
    script!("strip.js"),
    script!("throughput.js"),
    script!("timeline.js"),
];

/// A route for every file; `State` is whatever the whole server's router has.
pub(super) fn routes<State: Clone + Send + Sync + 'static>() -> Router<State> {
    FILES
        .into_iter()
        .fold(Router::new(), |router, (path, kind, text)| {
            // `no-cache`: a newer rill on the same port must not meet an older page.
            let file =
                move || async move { ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text) };
            router.route(path, get(file))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html() -> &'static str {
        FILES[0].2
    }

    #[test]
    fn the_page_refers_only_to_files_that_are_served() {
        for attribute in ["src=\"", "href=\""] {
            for after in html().split(attribute).skip(1) {
                let target = after
                    .split('"')
                    .next()
                    .expect("split gives at least one part");
                assert!(FILES.iter().any(|(path, ..)| *path == target), "{target}");
            }
        }
        for (path, kind, text) in FILES {
            if kind != JAVASCRIPT {
                continue;
            }
            for after in text.split("from './").skip(1) {
                let target = format!("/{}", after.split('\'').next().expect("at least one part"));
                assert!(
                    FILES.iter().any(|(path, ..)| *path == target),
                    "{path} imports {target}"
                );
            }
        }
    }

    #[test]
    fn nothing_in_the_page_needs_what_its_policy_forbids() {
        assert!(!html().contains("<style") && !html().contains(" style="));
        assert_eq!(
            html().matches("<script").count(),
            1,
            "one module, from a file"
        );
        assert!(html().contains("<script type=\"module\" src=\"/app.js\"></script>"));
        for (path, _, text) in FILES {
            let addresses = text.matches("://").count();
            let namespaces = text.matches("http://www.w3.org/2000/svg").count();
            let own = text.matches("`ws://${location.host}").count();
            assert_eq!(addresses, namespaces + own, "{path} names another server");
            assert!(
                !text.contains("innerHTML"),
                "{path} would parse text of the peer as HTML"
            );
        }
    }
}
