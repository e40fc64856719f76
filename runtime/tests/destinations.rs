//! Where a sender's requests may go: addresses and tricks, none of which may make a request leave.
#![cfg(feature = "webhook-client")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tidings_runtime::webhook::{DestinationError, Destinations, Resolver, Sender};
use tidings_runtime::{Backoff, Message, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Addresses that are no part of the public internet, one or more of each kind.
const PRIVATE: [&str; 50] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::10.0.0.1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

const PUBLIC: [&str; 14] = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "192.0.1.1",
    "198.20.0.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2606:4700::1111",
    "2a00:1450::1",
];

/// Loopback, metadata and private addresses in other clothes.
const TRICKS: [&str; 26] = [
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.1/",
    "http://0/",
    "http://127.0.0.1./",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://%31%32%37.0.0.1/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]/",
    "http://[::]:80/",
    "http://user@1.1.1.1/",
    "http://:password@1.1.1.1/",
    "http://1.1.1.1@127.0.0.1/",
    "http://1.1.1.1:22/",
    "https://1.1.1.1:6379/",
    "http://1.1.1.1:80#@127.0.0.1:81\\@127.0.0.1/../:22",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "//127.0.0.1/",
];

#[test]
fn only_public_addresses_are_permitted() {
    let public = Destinations::public();
    for text in PRIVATE {
        let address: IpAddr = text.parse().unwrap();
        assert_eq!(public.check_address(address), Err(DestinationError::Address(address)), "{text}");
        assert_eq!(Destinations::anywhere().check_address(address), Ok(()), "{text}");
        let url = if address.is_ipv6() { format!("http://[{text}]/") } else { format!("http://{text}/") };
        assert!(public.check(&url).is_err(), "{url}");
        assert!(Sender::new(&url).unwrap().destinations(Destinations::public()).is_err(), "{url}");
    }
    for text in PUBLIC {
        assert_eq!(public.check_address(text.parse().unwrap()), Ok(()), "{text}");
    }
    for url in TRICKS.into_iter().filter(|url| !url.contains('#')) {
        assert!(public.check(url).is_err(), "{url}");
    }
    // What follows the fragment is no part of the host.
    assert!(public.check(TRICKS[22]).is_ok());
    assert!(public.clone().https_only().check("http://1.1.1.1/").is_err());
    let some = public.allow_network("10.1.0.0/16".parse().unwrap()).allow_port(8443);
    assert!(some.check("https://10.1.2.3:8443/").is_ok());
    assert!(some.check("https://[::ffff:10.1.2.3]/").is_ok());
    assert!(some.check("https://10.2.2.3/").is_err());
    assert!("10.0.0.0/99".parse::<tidings_runtime::webhook::Network>().is_err());
}

/// Answers with one list of addresses after the other, and then with the last one for ever.
struct Rebinding(Mutex<VecDeque<Vec<&'static str>>>);

impl Rebinding {
    fn new(answers: &[&[&'static str]]) -> Self {
        Self(Mutex::new(answers.iter().map(|answer| answer.to_vec()).collect()))
    }
}

impl Resolver for Rebinding {
    fn resolve(&self, _host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        let mut answers = self.0.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        let addresses = answer.unwrap_or_default().into_iter().map(|text| text.parse().unwrap()).collect();
        Box::pin(async move { Ok(addresses) })
    }
}

/// A server that counts the connections made to it, and answers each with a redirect to itself.
async fn trap() -> (u16, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&hits);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let _ = stream.read(&mut request).await;
                let answer = format!(
                    "HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:{port}/again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                );
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    (port, hits)
}

async fn publish(sender: Sender) -> Result<(), String> {
    let sender = sender.retry(Backoff::exponential(Duration::from_millis(1)).max_attempts(4));
    sender.publish(None, "/", Message::new("{}")).await.map(|_| ()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn no_request_leaves_for_a_name_that_resolves_to_a_forbidden_address() {
    let (port, hits) = trap().await;
    let everywhere = || Destinations::public().allow_port(port);
    // Every private address, alone and after a public one; and names of this machine.
    let answers: Vec<Vec<&str>> = PRIVATE.iter().flat_map(|one| [vec![*one], vec!["192.0.1.1", one]]).collect();
    let borrowed: Vec<&[&'static str]> = answers.iter().map(Vec::as_slice).collect();
    let sender = Sender::new(&format!("http://hooks.example:{port}/")).unwrap();
    let sender = sender.destinations(everywhere().resolver(Rebinding::new(&borrowed))).unwrap();
    let sender = sender.retry(Backoff::default().max_attempts(1));
    for answer in &answers {
        let error = sender.publish(None, "/", Message::new("{}")).await.unwrap_err().to_string();
        assert!(error.contains("not allowed"), "{answer:?}: {error}");
    }
    for host in ["localhost", "localhost.", "LOCALHOST"] {
        let sender = Sender::new(&format!("http://{host}:{port}/")).unwrap().destinations(everywhere()).unwrap();
        assert!(publish(sender).await.is_err(), "{host}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0);
}

/// Ways to write this machine, each of which a request would reach if it left.
const THIS_MACHINE: [&str; 22] = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "017700000001",
    "0",
    "0.0.0.0",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "%31%32%37.0.0.1",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::ffff:0.0.0.0]",
    "1.1.1.1@127.0.0.1",
    "localhost",
    "a.localhost",
];

/// 60 addresses and tricks and more: the port is allowed, so that it is the address alone that is refused.
#[tokio::test]
async fn no_request_leaves_for_any_way_to_write_this_machine() {
    let (port, hits) = trap().await;
    let urls = THIS_MACHINE.map(|host| format!("http://{host}:{port}/"));
    for url in &urls {
        let sender = Sender::new(url).unwrap().destinations(Destinations::public().allow_port(port));
        let Ok(sender) = sender else { continue };
        assert!(publish(sender).await.is_err(), "{url}");
    }
    assert_eq!(hits.load(Ordering::SeqCst), 0);
    assert!(PRIVATE.len() + TRICKS.len() + THIS_MACHINE.len() >= 60);
    // The trap is one: what may go there, does.
    let sender = Sender::new(&urls[0]).unwrap().destinations(Destinations::anywhere()).unwrap();
    assert!(publish(sender).await.is_err());
    assert!(hits.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_checked_at_each_connection() {
    let (port, hits) = trap().await;
    // The first answer is allowed by configuration, all others are not: this is what rebinding looks like.
    let resolver = Rebinding::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let destinations =
        Destinations::public().allow_port(port).allow_network("127.0.0.1/32".parse().unwrap()).resolver(resolver);
    let sender = Sender::new(&format!("http://hooks.example:{port}/")).unwrap().destinations(destinations).unwrap();
    let error = publish(sender).await.unwrap_err();
    assert!(error.contains("127.0.0.2"), "{error}");
    assert_eq!(hits.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let (port, hits) = trap().await;
    let sender = Sender::new(&format!("http://127.0.0.1:{port}/")).unwrap();
    let sender = sender.destinations(Destinations::anywhere()).unwrap();
    let error = publish(sender).await.unwrap_err();
    assert!(error.contains("307"), "{error}");
    assert_eq!(hits.load(Ordering::SeqCst), 4, "one request for each try, and none for the redirect");
}

/// Runs as a process of its own, with a proxy in its environment.
#[test]
fn proxy_variables_are_ignored() {
    let this = std::env::current_exe().unwrap();
    let proxy = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    proxy.set_nonblocking(true).unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let mut command = std::process::Command::new(this);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env(name, &url);
    }
    let guarded =
        ["--exact", "no_request_leaves_for_a_name_that_resolves_to_a_forbidden_address", "no_redirect_is_followed"];
    let output = command.args(guarded).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("2 passed"), "{output:?}");
    assert_eq!(proxy.accept().unwrap_err().kind(), io::ErrorKind::WouldBlock);
}
