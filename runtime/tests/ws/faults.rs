//! A server that is killed fifty times, and a thousand clients of which a tenth does not read.

use super::*;
use futures_util::future::join_all;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicU64;
use std::time::{SystemTime, UNIX_EPOCH};
use tidings_runtime::store::idempotency::Memory;

static NUMBERS: Channel = Channel::new("numbers", Some("/numbers"));
static ON_NUMBER: Operation = Operation::new("onNumber", &NUMBERS, Action::Receive);
static ON_RESUME: Operation = Operation::new("onResume", &NUMBERS, Action::Receive);

const PORT: &str = "TIDINGS_TEST_PORT";
const BEGUN: &str = "TIDINGS_TEST_BEGUN";
/// Which number it is now: one in 5 ms.
fn number_of_now(begun: u128) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    u64::try_from((now - begun) / 5).unwrap()
}

fn number(number: u64) -> Message {
    Message::new(number.to_string()).with_id(format!("number-{number}"))
}

/// Starts the server: this test again.
fn start(port: u16, begun: u128) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "faults::a_client_resumes_fifty_times_and_handles_nothing_twice", "--nocapture"]);
    command.env(PORT, port.to_string()).env(BEGUN, begun.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Is the server that the environment asks for: says each number as its time comes, and to whoever asks those from one on,
/// and ten before, that it may have said already.
async fn run_if_server() -> bool {
    let Ok(port) = std::env::var(PORT) else { return false };
    let begun: u128 = std::env::var(BEGUN).unwrap().parse().unwrap();
    let hub = Hub::new().limits(Limits::new().envelope(true).queue(100_000));
    let answering = hub.clone();
    let resume = consumer(&ON_RESUME, move |received: Received| {
        let hub = answering.clone();
        async move {
            let from: u64 = text(received.message()).parse().unwrap();
            let reply_to = received.message().reply_to.clone().unwrap();
            for missed in from.saturating_sub(10)..=number_of_now(begun) {
                // One that has left asks again.
                let _ = hub.publish(None, &reply_to, number(missed)).await;
            }
            Ok(())
        }
    });
    let _running = Service::new(hub.clone()).consumer(resume).start().await.unwrap();
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
    let router = hub.router(&ON_RESUME);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    // It ends when whoever started it does.
    let waiting = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let mut said = number_of_now(begun);
    while !waiting.is_finished() {
        for next in said + 1..=number_of_now(begun) {
            hub.publish(Some(&NUMBERS), "/numbers", number(next)).await.unwrap();
            said = next;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    true
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_resumes_fifty_times_and_handles_nothing_twice() {
    if run_if_server().await {
        return;
    }
    const KILLS: usize = 50;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let begun = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    // The first number that is missing: what comes live after a gap does not close it.
    let missing = Arc::new(AtomicU64::new(0));
    let (known, closed) = (missing.clone(), missing.clone());
    let connect = ws::connect(format!("ws://127.0.0.1:{port}")).limits(Limits::new().envelope(true));
    let connect =
        connect.reconnect(Backoff::exponential(Duration::from_millis(20)).max_delay(Duration::from_millis(100)));
    let client = connect.greet(move |_| vec![Message::new(known.load(Ordering::SeqCst).to_string())]).open().unwrap();
    let handled = Arc::new(Mutex::new(Vec::new()));
    let recorded = handled.clone();
    let consumer = consumer(&ON_NUMBER, move |received: Received| {
        let number: u64 = text(received.message()).parse().unwrap();
        let mut handled = recorded.lock().unwrap();
        handled.push(number);
        let mut next = missing.load(Ordering::SeqCst);
        while handled.contains(&next) {
            next += 1;
        }
        missing.store(next, Ordering::SeqCst);
        async { Ok(()) }
    });
    let mut server = tokio::task::block_in_place(|| start(port, begun));
    let service = Service::new(client).idempotent(Memory::new(Duration::from_secs(3_600))).consumer(consumer);
    let mut service = Some(service);
    let mut running = None;
    while running.is_none() {
        // The server may not listen yet.
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            running = Some(service.take().unwrap().start().await.unwrap());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let running = running.unwrap();
    for kill in 0..KILLS {
        let before = handled.lock().unwrap().len();
        until(&format!("it goes on after {kill} kills"), || handled.lock().unwrap().len() > before + 5).await;
        tokio::task::block_in_place(|| {
            server.kill().unwrap();
            server.wait().unwrap();
            server = start(port, begun);
        });
    }
    let last = number_of_now(begun);
    until("all has come", || closed.load(Ordering::SeqCst) > last).await;
    let counts = running.shutdown().await.unwrap().total();
    drop(server.stdin.take());
    server.wait().unwrap();
    let mut handled = handled.lock().unwrap().clone();
    let runs = handled.len();
    handled.sort_unstable();
    handled.dedup();
    assert_eq!(handled.len(), runs, "something was handled twice");
    let missing: Vec<u64> = (handled[0]..=last).filter(|number| handled.binary_search(number).is_err()).collect();
    assert!(missing.is_empty() && handled[0] <= 10, "{missing:?} from {}", handled[0]);
    assert!(counts.duplicates > 0 && counts.dead_lettered == 0, "{counts:?}");
    println!("{KILLS} kills: {runs} messages handled once, {} that came again were not", counts.duplicates);
}

/// How much memory this process has, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_clients_of_which_a_tenth_is_slow_take_bounded_memory() {
    // What the process holds is measured: no other test may hold anything in it.
    if !conformance::is_alone("faults::a_thousand_clients_of_which_a_tenth_is_slow_take_bounded_memory") {
        return;
    }
    const CLIENTS: usize = 1_000;
    const SLOW: usize = CLIENTS / 10;
    const SIZE: usize = 64 * 1024;
    const FLOOD: usize = 6_000;
    const BOUND: u64 = 96 * 1024 * 1024;
    let hub = Hub::new().limits(Limits::new().queue(64).write_within(Duration::from_secs(120)));
    let hub = hub.slow_client(SlowClient::Skip);
    // The kernel is to hold as little as it can.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(16 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1_024).unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let router = hub.router(&IN_ROOM);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let came = Arc::new(AtomicUsize::new(0));
    let mut slow = Vec::new();
    for _ in 0..CLIENTS / 50 {
        for mut client in join_all((0..45).map(|_| stranger_at(&url, "/rooms/calm"))).await {
            let came = came.clone();
            tokio::spawn(async move {
                while let Some(Ok(frame)) = client.next().await {
                    came.fetch_add(usize::from(frame.is_text()), Ordering::SeqCst);
                }
            });
        }
        slow.extend(join_all((0..5).map(|_| stranger_at(&url, "/rooms/flood"))).await);
    }
    until("all are there", || hub.connected() == CLIENTS).await;
    let before = resident();
    let mut most = before;
    let padding = "x".repeat(SIZE);
    let mut calm = 0;
    for number in 0..FLOOD {
        hub.publish(Some(&ROOM), "/rooms/flood", Message::new(format!("{number} {padding}"))).await.unwrap();
        if number % 200 == 0 {
            hub.publish(Some(&ROOM), "/rooms/calm", Message::new(format!("{number}"))).await.unwrap();
            calm += 1;
            until("the others have it", || came.load(Ordering::SeqCst) == calm * (CLIENTS - SLOW)).await;
            most = most.max(resident());
        }
    }
    assert_eq!((hub.connected(), slow.len()), (CLIENTS, SLOW));
    assert!(hub.dropped() >= (SLOW * (FLOOD - 64 - 100)) as u64, "{}", hub.dropped());
    let grown = most - before;
    println!(
        "{CLIENTS} clients, {SLOW} of them slow: {} MiB before, {} MiB more at most while {} MiB were published to the slow ones",
        before >> 20,
        grown >> 20,
        (FLOOD * SIZE) >> 20
    );
    assert!(grown < BOUND, "{} MiB more", grown >> 20);
}

async fn stranger_at(
    url: &str,
    path: &str,
) -> tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>> {
    stranger(&format!("{url}{path}")).await
}
