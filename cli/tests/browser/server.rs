//! A site from memory, on a port of this machine, under the policy of a publisher who trusts no inline code.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What a cautious publisher sends with every page.
pub const STRICT: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'";

#[derive(Default)]
struct Site {
    files: HashMap<String, String>,
    policy: Option<String>,
}

/// A server that lives as long as the test program.
pub struct Server {
    site: Arc<Mutex<Site>>,
    pub origin: String,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let site = Arc::new(Mutex::new(Site::default()));
        let served = Arc::clone(&site);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = Arc::clone(&served);
                std::thread::spawn(move || answer(stream, &served));
            }
        });
        Self { site, origin }
    }

    /// What is served from now on.
    pub fn show(&self, files: Vec<(PathBuf, String)>, policy: Option<&str>) {
        let files = files.into_iter().map(|(path, text)| (format!("/{}", path.display()), text)).collect();
        *self.site.lock().unwrap() = Site { files, policy: policy.map(str::to_owned) };
    }
}

fn answer(mut stream: TcpStream, site: &Mutex<Site>) {
    let mut request = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while reader.read_line(&mut request).is_ok_and(|count| count > 2) {}
    let path = request.split(' ').nth(1).unwrap_or_default().split(['?', '#']).next().unwrap_or_default();
    let path = if path == "/" { "/index.html" } else { path };
    let kind = match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        _ => "text/plain; charset=utf-8",
    };
    let site = site.lock().unwrap();
    let policy = site.policy.iter().map(|policy| format!("Content-Security-Policy: {policy}\r\n")).collect::<String>();
    let (status, text) = match site.files.get(path) {
        Some(text) => ("200 OK", text.as_str()),
        None => ("404 Not Found", ""),
    };
    let length = text.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{policy}Connection: close\r\n\r\n{text}"
    );
}
