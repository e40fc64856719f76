//! The faults, and what must hold after them.
//!
//! In: a broker that can be killed. Out: a line with the counts, or what was broken.

use crate::journal::{self, Entry, What};
use crate::member::{self, CONCURRENCY};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tidings_runtime::Message;
use tidings_runtime::codegen::routing::Channel;
use tidings_runtime::consume::DeadLetter;
use tidings_runtime::transport::Transport;

pub static ORDERS: Channel = Channel::new("orders", Some("faults/orders"));

const KEYS: usize = 100;
const PUBLISHERS: usize = 20;

/// A broker that outlives its own death.
pub trait Durable {
    type Transport: Transport;
    /// How many members the group has at once.
    const MEMBERS: usize;
    /// Whether the broker knows a publication that is repeated.
    const STORES_ONCE: bool = true;
    fn open(url: &str) -> impl Future<Output = Self::Transport> + Send;
    fn url(&self) -> String;
    fn kill_and_restart(&mut self);
    /// How many messages an address holds, by a client that is not this crate's.
    fn held(&self, address: &str) -> u64;
    /// The payloads of an address, by a client that is not this crate's.
    fn payloads(&self, address: &str) -> Vec<Vec<u8>>;
}

/// One message in a hundred is poison: bytes that are no text.
fn payload(number: usize) -> Vec<u8> {
    let text = number.to_string().into_bytes();
    if number % 200 == 7 || number % 200 == 108 { [&[0xff, 0, 0xc3, 0x28, b'\r'], &text[..]].concat() } else { text }
}

/// The number of a message that is not poison.
pub fn number_of(payload: &[u8]) -> Option<usize> {
    std::str::from_utf8(payload).ok()?.parse().ok()
}

/// Runs the scenario on the broker that `begin` starts; `test` is the test that calls this.
pub async fn survive<D: Durable>(test: &str, begin: impl FnOnce() -> D) {
    if member::run_if_member::<D>().await {
        return;
    }
    let messages: usize = std::env::var("TIDINGS_FAULT_MESSAGES").map_or(2_000, |count| count.parse().unwrap());
    let begun = Instant::now();
    let mut broker = tokio::task::block_in_place(begin);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let url = broker.url();
    let start = |name: &str| {
        let member = member::start(test, name, folder, &url);
        wait(name, 60, folder, || folder.join(format!("{name}.ready")).exists());
        member
    };
    let mut members: Vec<Child> =
        tokio::task::block_in_place(|| (0..D::MEMBERS).map(|number| start(&format!("member-{number}"))).collect());
    let published = publish::<D>(&url, messages).await;

    let limit = 60 + messages as u64 / 20;
    tokio::task::block_in_place(|| {
        wait("a third is published", limit, folder, || published.load(Ordering::SeqCst) >= messages / 3);
        broker.kill_and_restart();
        wait("half is handled", limit, folder, || handled(folder).len() >= messages / 2);
        members[0].kill().unwrap();
        members[0].wait().unwrap();
        members[0] = start("successor");
        wait("three quarters are handled", limit, folder, || handled(folder).len() >= messages * 3 / 4);
        assert!(handled(folder).len() < messages * 99 / 100, "the second fault came too late");
        broker.kill_and_restart();
    });

    let poison: BTreeSet<Vec<u8>> = (0..messages).map(payload).filter(|payload| number_of(payload).is_none()).collect();
    let letters_at = DeadLetter::Derived.address(&ORDERS);
    tokio::task::block_in_place(|| {
        wait("all is handled", limit, folder, || handled(folder).len() == messages - poison.len());
        let enough = || broker.held(&letters_at) >= poison.len() as u64;
        wait("all poison is with the dead letters", 60, folder, enough);
        for member in &mut members {
            drop(member.stdin.take());
            let ended = member.wait().unwrap();
            assert!(ended.success(), "{}", outputs(folder));
        }
    });

    let entries = journal::read(folder);
    in_order(&entries);
    let again = once(&entries);
    let source = ORDERS.address().unwrap();
    match D::STORES_ONCE {
        true => assert_eq!(broker.held(source), messages as u64, "the source holds every message once"),
        false => {
            let held: BTreeSet<Vec<u8>> = broker.payloads(source).into_iter().collect();
            assert_eq!(held, (0..messages).map(payload).collect(), "the source holds every message");
        }
    }
    let letters = broker.payloads(&letters_at);
    assert_eq!(letters.iter().cloned().collect::<BTreeSet<_>>(), poison, "poison, unchanged");
    // A process that dies between the confirmation and the acknowledgement leaves a second letter.
    assert!(letters.len() <= poison.len() + 3 * CONCURRENCY, "{} letters", letters.len());
    println!(
        "faults: {messages} messages, {KEYS} keys, 2 broker kills, 1 member killed: 0 lost, in order by key, {again} handled \
         again (uncommitted when their process was killed), {} poison in {} dead letters, {:.0} s",
        poison.len(),
        letters.len(),
        begun.elapsed().as_secs_f64()
    );
}

/// Publishes in the background, in order within each key; counts what is confirmed.
async fn publish<D: Durable>(url: &str, messages: usize) -> Arc<AtomicUsize> {
    let transport = D::open(url).await;
    let published = Arc::new(AtomicUsize::new(0));
    // So that the faults meet messages on their way, however few there are.
    let pace = Duration::from_secs(30) * PUBLISHERS as u32 / messages as u32;
    for publisher in 0..PUBLISHERS {
        let (transport, published) = (transport.clone(), Arc::clone(&published));
        tokio::spawn(async move {
            for number in (0..messages).filter(|number| number % KEYS % PUBLISHERS == publisher) {
                let message = Message::new(payload(number)).with_key(format!("key-{}", number % KEYS));
                let message = message.with_id(number.to_string());
                while transport.publish(Some(&ORDERS), ORDERS.address().unwrap(), message.clone()).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                published.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(pace).await;
            }
        });
    }
    published
}

/// The messages whose handler succeeded.
fn handled(folder: &Path) -> HashSet<usize> {
    let entries = journal::read(folder);
    entries.iter().filter(|entry| entry.what == What::Done).map(|entry| entry.number).collect()
}

/// The first successes of the messages of one key are in the order of publication.
fn in_order(entries: &[Entry]) {
    let mut last = HashMap::<usize, usize>::new();
    let mut seen = HashSet::new();
    for entry in entries.iter().filter(|entry| entry.what == What::Done) {
        if seen.insert(entry.number) {
            let before = last.insert(entry.number % KEYS, entry.number);
            assert!(before.is_none_or(|before| before < entry.number), "{before:?} before {entry:?}");
        }
    }
}

/// What was committed did not run again; how many messages succeeded twice, which the process that was killed must have had
/// in flight.
fn once(entries: &[Entry]) -> usize {
    let mut committed = HashSet::new();
    let mut done = HashMap::<usize, Vec<&str>>::new();
    for entry in entries {
        match entry.what {
            What::Run => assert!(!committed.contains(&entry.number), "run again: {entry:?}"),
            What::Done => done.entry(entry.number).or_default().push(&entry.member),
            What::Committed => {
                committed.insert(entry.number);
            }
        }
    }
    let again: Vec<_> = done.values().filter(|members| members.len() > 1).collect();
    assert!(again.iter().all(|members| members.len() == 2 && members[0] == "member-0"), "{again:?}");
    assert!(again.len() <= CONCURRENCY, "{again:?}");
    again.len()
}

fn wait(what: &str, seconds: u64, folder: &Path, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(seconds), "never happened: {what}\n{}", outputs(folder));
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What the members wrote.
fn outputs(folder: &Path) -> String {
    let files = std::fs::read_dir(folder).unwrap().flatten().map(|file| file.path());
    let outputs = files.filter(|path| path.extension().is_some_and(|extension| extension == "output"));
    outputs.map(|path| format!("{}: {}\n", path.display(), std::fs::read_to_string(&path).unwrap())).collect()
}
