//! A process of the consumer group: this test binary, started again by the scenario.
//!
//! In: variables that the scenario sets. Out: a journal. It ends when its standard input does, or is killed.

use crate::journal::{Journal, What};
use crate::scenario::{Durable, ORDERS, number_of};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tidings_runtime::codegen::routing::{Action, Dispatch, Failure, Operation, Received, consumer};
use tidings_runtime::consume::Idempotent;
use tidings_runtime::store::idempotency::{Claim, Idempotency, Sql, StoreFuture};
use tidings_runtime::{Backoff, HandlerError, Service};

/// How many messages a member holds at once.
pub const CONCURRENCY: usize = 16;

static ON_ORDER: Operation = Operation::new("onOrder", &ORDERS, Action::Receive);

const NAME: &str = "TIDINGS_TEST_MEMBER";
const FOLDER: &str = "TIDINGS_TEST_FOLDER";
const URL: &str = "TIDINGS_TEST_URL";

/// Starts a member: `test` is the name of the test that calls [`run_if_member`].
pub fn start(test: &str, name: &str, folder: &Path, url: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--include-ignored", "--nocapture"]);
    command.env(NAME, name).env(FOLDER, folder).env(URL, url);
    let output = std::fs::File::create(folder.join(format!("{name}.output"))).unwrap();
    command.stdin(Stdio::piped()).stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap()
}

/// Is the member that the environment names; false when it names none.
pub async fn run_if_member<D: Durable>() -> bool {
    let Ok(name) = std::env::var(NAME) else { return false };
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let transport = D::open(&std::env::var(URL).unwrap()).await;
    let journal = Journal::open(&folder, &name);
    let keys = format!("sqlite:{}", folder.join("keys.db").display());
    let store = Sql::open(&keys, Duration::from_secs(3_600)).await.unwrap();
    let store = Recorded(store, journal.clone());
    let consumer = consumer(&ON_ORDER, Handler(journal)).group("faults").concurrency(CONCURRENCY);
    let retry = Backoff::exponential(Duration::from_millis(20)).max_delay(Duration::from_secs(1));
    let service = Service::new(transport).retry(retry).consumer(consumer);
    let service = service.idempotent(Idempotent::new(store).lease(Duration::from_secs(4)));
    let running = service.start().await.unwrap();
    std::fs::write(folder.join(format!("{name}.ready")), "").unwrap();
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await.unwrap().unwrap();
    println!("{:?}", running.shutdown().await.unwrap().total());
    true
}

/// Writes down what it does; fails the first time for one message in twenty, and always for poison.
struct Handler(Journal);

impl Dispatch for Handler {
    async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
        let Some(number) = number_of(&received.message().payload) else {
            return Err(match received.message().payload.last() {
                Some(b'0' | b'2' | b'4' | b'6' | b'8') => Failure::Undecodable("poison".to_owned().into()),
                _ => HandlerError::permanent("poison").into(),
            });
        };
        self.0.write(What::Run, number);
        tokio::time::sleep(Duration::from_millis(1)).await;
        if number % 20 == 7 && received.attempt() == 1 {
            return Err(HandlerError::transient("one in twenty").into());
        }
        self.0.write(What::Done, number);
        Ok(())
    }
}

/// A store that writes down what is committed, after it was.
struct Recorded(Sql, Journal);

impl Idempotency for Recorded {
    fn claim<'f>(&'f self, scope: &'f str, key: &'f str, lease: Duration) -> StoreFuture<'f, Claim> {
        self.0.claim(scope, key, lease)
    }

    fn renew<'f>(&'f self, scope: &'f str, key: &'f str, lease: Duration) -> StoreFuture<'f, ()> {
        self.0.renew(scope, key, lease)
    }

    fn commit<'f>(&'f self, scope: &'f str, key: &'f str) -> StoreFuture<'f, ()> {
        Box::pin(async move {
            self.0.commit(scope, key).await?;
            let number = key.rsplit(':').next().and_then(|number| number.parse().ok());
            self.1.write(What::Committed, number.expect("the key ends with the number"));
            Ok(())
        })
    }

    fn release<'f>(&'f self, scope: &'f str, key: &'f str) -> StoreFuture<'f, ()> {
        self.0.release(scope, key)
    }
}
