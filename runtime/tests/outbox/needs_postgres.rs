//! The outbox on PostgreSQL: several workers, and no attempt made twice.

use super::postgres::PostgresServer;
use super::{Endpoint, message, to};
use std::time::Duration;
use tidings_runtime::webhook::outbox::{NewSubscription, Replay, Schedule};
use tidings_runtime::webhook::{Destinations, Outbox};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "cargo xtask test"]
async fn several_workers_on_postgres_make_no_attempt_twice() {
    let server = PostgresServer::start().await;
    let open = async || {
        let outbox = Outbox::open(server.url()).await.unwrap().destinations(Destinations::anywhere()).unwrap();
        outbox.schedule(Schedule::new([Duration::from_millis(5); 20]).throttled(Duration::ZERO)).concurrency(16)
    };
    let [one, two] = [open().await, open().await];
    let [endpoint, ordered] = <[Endpoint; 2]>::default();
    // Three in ten fail, so each try of an event must be made by one worker.
    *endpoint.answers.lock().unwrap() =
        (0..1_000).map(|number| (if number % 10 < 3 { 500 } else { 200 }, "")).collect();
    let acme = one.tenant("acme");
    let typed = NewSubscription { types: vec!["t".to_owned()], ..to(&endpoint.serve().await) };
    let (subscription, _) = acme.subscribe_endpoint(typed).await.unwrap();
    acme.subscribe_endpoint(NewSubscription { ordered: true, ..to(&ordered.serve().await) }).await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let workers: Vec<_> = [one.clone(), two.clone()]
        .into_iter()
        .map(|outbox| {
            let mut stopped = stopped.clone();
            tokio::spawn(
                async move { outbox.deliver_until(async move { _ = stopped.wait_for(|stop| *stop).await }).await },
            )
        })
        .collect();
    for number in 0..300 {
        one.send("acme", "t", message(&format!("e{number}"))).await.unwrap();
        one.send("acme", "t", message(&format!("e{number}"))).await.unwrap();
    }
    let expected: usize = 300;
    let mut failed = 0;
    let mut done = async || {
        while ordered.ids().len() < expected || endpoint.ids().len() < expected + failed {
            let seen = endpoint.ids().len();
            failed = (0..seen).filter(|number| number % 10 < 3).count();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), done()).await.unwrap();
    stop.send_replace(true);
    for worker in workers {
        worker.await.unwrap();
    }
    assert_eq!(endpoint.ids().len(), expected + failed, "one request for each try");
    assert_eq!(endpoint.ids().iter().collect::<std::collections::BTreeSet<_>>().len(), expected);
    let wanted: Vec<String> = (0..expected).map(|number| format!("e{number}")).collect();
    assert_eq!(ordered.ids(), wanted, "in order, over two workers");
    assert_eq!(acme.replay(&subscription.id, &Replay::Since(0)).await.unwrap(), 300);
    assert_eq!(acme.replay(&subscription.id, &Replay::One("e7".to_owned())).await.unwrap(), 1);
    endpoint.answers.lock().unwrap().clear();
    // The times do not matter here: whatever is due is delivered.
    while two.deliver_due().await.unwrap().is_some() {}
    acme.rotate_secret(&subscription.id).await.unwrap();
    acme.unsubscribe(&subscription.id).await.unwrap();
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(one.prune(Duration::ZERO).await.unwrap(), 300);
}
