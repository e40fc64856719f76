//! What `--online` fetches: files from the public network, each once in a run.
//!
//! In: `http` and `https` URLs from documents, which are hostile. Out: their text, within bounds of time and size. Names are
//! resolved first and only public addresses are connected to, at every redirect anew, so that no document reaches the
//! machine itself, its network, or the metadata service of a cloud. Proxies are not used, since behind them nobody could tell.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tidings::reference::{Fetch, Fetched};
use tidings_runtime::webhook::Destinations;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error, ResponseExt};

/// A file takes no longer than this, redirects included.
const MAXIMUM_TIME: Duration = Duration::from_secs(15);
/// A file is no larger than this.
const MAXIMUM_BYTES: u64 = 16 * 1024 * 1024;
/// All files of a run together are no larger than this.
const MAXIMUM_TOTAL: u64 = 128 * 1024 * 1024;
/// So many redirects are followed.
const MAXIMUM_REDIRECTS: u32 = 5;

/// Fetches files.
#[derive(Debug)]
pub struct Web {
    agent: Agent,
    answers: Mutex<HashMap<String, Result<Fetched, String>>>,
    total: AtomicU64,
}

impl Web {
    /// Fetches from public addresses.
    pub fn new() -> Self {
        Self::reaching(is_public)
    }

    /// Fetches from the addresses that `allowed` allows.
    fn reaching(allowed: fn(IpAddr) -> bool) -> Self {
        let config = Config::builder()
            .timeout_global(Some(MAXIMUM_TIME))
            .max_redirects(MAXIMUM_REDIRECTS)
            .proxy(None)
            .user_agent(concat!("tidings/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = Filtered { names: DefaultResolver::default(), allowed };
        let agent = Agent::with_parts(config, DefaultConnector::default(), resolver);
        Self { agent, answers: Mutex::default(), total: AtomicU64::new(0) }
    }

    fn get(&self, url: &str) -> Result<Fetched, String> {
        let left = MAXIMUM_TOTAL.saturating_sub(self.total.load(Ordering::Relaxed));
        let mut response = self.agent.get(url).call().map_err(|error| describe(&error))?;
        let answered = response.get_uri().to_string();
        if url.starts_with("https:") && !answered.starts_with("https:") {
            return Err(format!("it was redirected to `{answered}`, which is not encrypted"));
        }
        let bytes = response.body_mut().with_config().limit(MAXIMUM_BYTES.min(left)).read_to_vec();
        let bytes = bytes.map_err(|error| describe(&error))?;
        self.total.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        Ok(Fetched { url: answered, text })
    }
}

impl Fetch for Web {
    fn fetch(&self, url: &str) -> Result<Fetched, String> {
        if let Some(answer) = self.answers.lock().unwrap_or_else(PoisonError::into_inner).get(url) {
            return answer.clone();
        }
        let answer = self.get(url);
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_owned(), answer.clone());
        answer
    }
}

fn describe(error: &Error) -> String {
    match error {
        Error::StatusCode(status) => format!("the server answered {status}"),
        Error::BodyExceedsLimit(_) => "it is too large".to_owned(),
        Error::Io(error) if error.kind() == std::io::ErrorKind::PermissionDenied => error.to_string(),
        error => error.to_string(),
    }
}

/// Resolves names, and keeps of their addresses those that are allowed: they are the ones connected to.
#[derive(Debug)]
struct Filtered {
    names: DefaultResolver,
    allowed: fn(IpAddr) -> bool,
}

impl Resolver for Filtered {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let all = self.names.resolve(uri, config, timeout)?;
        let mut kept = self.empty();
        for address in all.iter().filter(|address| (self.allowed)(address.ip())) {
            kept.push(*address);
        }
        if kept.is_empty() {
            let host = uri.host().unwrap_or_default();
            let message = format!("`{host}` is not on the public network, and nothing else is fetched");
            return Err(Error::Io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, message)));
        }
        Ok(kept)
    }
}

/// Is an address one of the public network? What webhooks may not reach is not fetched from either.
fn is_public(address: IpAddr) -> bool {
    Destinations::public().check_address(address).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    #[test]
    fn only_public_addresses_are_public() {
        let private = [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::127.0.0.1",
            "fec0::1",
        ];
        for address in private {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in
            ["1.1.1.1", "172.32.0.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]
        {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    /// Answers each request with the next of these, and gives the port.
    fn server(answers: Vec<String>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 4096];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        port
    }

    fn answer(text: &str) -> String {
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}", text.len())
    }

    fn only_loopback(address: IpAddr) -> bool {
        address == IpAddr::V4(Ipv4Addr::LOCALHOST)
    }

    #[test]
    fn a_file_is_fetched_once() {
        let port = server(vec![answer("type: string")]);
        let web = Web::reaching(only_loopback);
        let url = format!("http://127.0.0.1:{port}/a.yaml");
        let first = web.fetch(&url).unwrap();
        assert_eq!((first.url.as_str(), first.text.as_str()), (url.as_str(), "type: string"));
        assert_eq!(web.fetch(&url).unwrap(), first);
    }

    #[test]
    fn a_redirect_to_a_place_that_is_not_allowed_is_not_followed() {
        let port = server(vec![
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.2:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                .to_owned(),
        ]);
        let refused = Web::reaching(only_loopback).fetch(&format!("http://127.0.0.1:{port}/")).unwrap_err();
        assert!(refused.contains("`127.0.0.2` is not on the public network"), "{refused}");
    }

    #[test]
    fn a_file_that_is_too_large_is_refused() {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", MAXIMUM_BYTES + 1);
        let port = server(vec![head + &" ".repeat(MAXIMUM_BYTES as usize + 1)]);
        let refused = Web::reaching(only_loopback).fetch(&format!("http://127.0.0.1:{port}/")).unwrap_err();
        assert_eq!(refused, "it is too large");
    }

    #[test]
    fn every_spelling_of_a_loopback_address_is_refused() {
        for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"] {
            let refused = Web::new().fetch(&format!("http://{host}:1/")).unwrap_err();
            assert!(
                refused.contains("not on the public network") || refused.contains("host not found"),
                "{host}: {refused}"
            );
        }
    }
}
