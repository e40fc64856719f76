//! A site on a port of this machine, made anew whenever its documents change.
//!
//! In: what makes the site. Out: pages over HTTP, from memory, and an event whenever they have changed. Only this machine
//! is answered, and only under its own name, so that no page elsewhere can read drafts.

use crate::watch::{self, Watched};
use crate::{Outcome, terminal};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::PathBuf;
use tokio::sync::watch::{Receiver, Sender, channel};

/// What is shown as long as no site could be made: it looks again by itself.
const NOTHING: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"1\">\
     <title>Nothing to show</title><h1>Nothing to show</h1><p>The site could not be made. The terminal says why.";

/// A site as it is now.
#[derive(Clone, Default)]
struct Site {
    /// Counts the times that it was made.
    version: u64,
    files: std::sync::Arc<BTreeMap<String, String>>,
}

/// The files of a site, and what they were made of. No files when they could not be made; then the last ones stay.
pub struct Round {
    /// By path within the site.
    pub files: Option<Vec<(PathBuf, String)>>,
    /// What to watch.
    pub watched: Watched,
}

/// Serves until the user ends it. `round` makes the site.
pub fn run(port: u16, round: impl FnMut() -> Round + Send + 'static) -> Outcome {
    let (sender, receiver) = channel(Site::default());
    std::thread::spawn(move || rounds(&sender, round));
    match terminal::runtime().and_then(|runtime| runtime.block_on(serve(port, receiver))) {
        Ok(()) => Outcome::Done,
        Err(error) => {
            terminal::say(&format!("error: port {port}: {error}"));
            Outcome::Failed
        }
    }
}

fn rounds(sender: &Sender<Site>, mut round: impl FnMut() -> Round) {
    let watched = watch::run(|| {
        let Round { files, watched } = round();
        if files.is_none() {
            sender.send_if_modified(|site| {
                let first = site.version == 0;
                if first {
                    let files = BTreeMap::from([("index.html".to_owned(), NOTHING.to_owned())]);
                    *site = Site { version: 1, files: std::sync::Arc::new(files) };
                }
                first
            });
        }
        if let Some(files) = files {
            let named = files.into_iter().map(|(path, text)| (path.to_string_lossy().replace('\\', "/"), text));
            let files: BTreeMap<String, String> = named.collect();
            // What gives the same pages is no news.
            sender.send_if_modified(|site| {
                let changed = *site.files != files;
                if changed {
                    *site = Site { version: site.version + 1, files: std::sync::Arc::new(files) };
                }
                changed
            });
        }
        watched
    });
    if let Err(error) = watched {
        terminal::say(&format!("error: files cannot be watched: {error}"));
    }
}

async fn serve(port: u16, site: Receiver<Site>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    terminal::say(&format!("serving at http://{}/", listener.local_addr()?));
    let router = Router::new()
        .route("/-/events", get(events))
        .route("/", get(|state| file(state, Path("index.html".to_owned()))))
        .route("/{*path}", get(file))
        .layer(middleware::from_fn(own_name))
        .with_state(site);
    // Streams of events have no end of their own, so nobody waits for them.
    tokio::select! {
        served = axum::serve(listener, router).into_future() => served,
        () = tidings_runtime::shutdown_signal() => Ok(()),
    }
}

/// Refuses requests that were meant for another name: a page elsewhere that had its name lead here.
async fn own_name(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if matches!(name, "localhost" | "127.0.0.1") {
        next.run(request).await
    } else {
        StatusCode::MISDIRECTED_REQUEST.into_response()
    }
}

async fn events(State(site): State<Receiver<Site>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let versions = stream::unfold((site, true), |(mut site, first)| async move {
        if !first {
            site.changed().await.ok()?;
        }
        let version = site.borrow_and_update().version;
        Some((Ok(Event::default().event("version").data(version.to_string())), (site, false)))
    });
    Sse::new(versions).keep_alive(KeepAlive::default())
}

async fn file(State(mut site): State<Receiver<Site>>, Path(path): Path<String>) -> Response {
    // Whoever comes before there is a site waits for it.
    let Ok(files) = site.wait_for(|site| site.version > 0).await.map(|site| std::sync::Arc::clone(&site.files)) else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let Some(text) = files.get(&path) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        _ => "text/plain; charset=utf-8",
    };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], text.clone()).into_response()
}
