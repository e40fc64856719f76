//! Promises about requests and replies.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tidings_runtime::Service;
use tidings_runtime::consume::{HandlerError, Running};
use tidings_runtime::message::{Action, Channel, Message, Operation, Place, Prepared, Publication};
use tidings_runtime::request::{Exchange, RequestError, Requester, respond};
use tidings_runtime::transport::Transport;

use super::support::*;

const CORRELATION: Place = Place::Header("/correlation");
static EXCHANGE: Exchange = Exchange::new(None, Some(Place::Header("/replyTo")), &[CORRELATION]);

/// A request to `channel`, as a generated producer prepares it.
pub fn ask(channel: &'static Channel, payload: impl Into<bytes::Bytes>) -> Prepared {
    let key: &'static str = Box::leak(format!("ask_{}", channel.key()).into_boxed_str());
    let operation: &'static Operation = Box::leak(Box::new(Operation::new(key, channel, Action::Send)));
    let publication: &'static Publication = Box::leak(Box::new(Publication::new(operation, "request", &[])));
    Prepared::new(publication, address(channel).to_owned(), Message::new(payload))
}

async fn requester<T: Transport>(transport: &T, timeout: Duration) -> Requester<T> {
    Requester::open(transport.clone(), &EXCHANGE, None).await.unwrap().timeout(timeout)
}

/// Answers what comes with the same text and a mark, after the pause that it names in milliseconds.
async fn echo<T: Transport>(transport: &T, channel: &'static Channel, calls: Arc<AtomicUsize>) -> Running<T> {
    let replies = transport.clone();
    let consumer = consumer(operation(channel), move |received| {
        let (replies, calls) = (replies.clone(), Arc::clone(&calls));
        async move {
            calls.fetch_add(1, Ordering::SeqCst);
            let handling = async {
                let text = text(received.message()).to_owned();
                tokio::time::sleep(Duration::from_millis(text.parse().map_err(HandlerError::permanent)?)).await;
                Ok((Message::new(format!("{text}!")), Some(CORRELATION)))
            };
            respond(&replies, &EXCHANGE, &received, Some(CORRELATION), handling).await
        }
    });
    Service::new(transport.clone()).consumer(consumer.concurrency(16)).start().await.unwrap()
}

/// Whether a transport can do this at all; one that cannot refuses to open a requester, and says what to do.
async fn is_able<T: Transport>(transport: &T) -> bool {
    let is_able = transport.capabilities().reply;
    if !is_able {
        let refused = Requester::open(transport.clone(), &EXCHANGE, None).await.err().map(|error| error.to_string());
        assert!(refused.is_some_and(|said| said.contains("give the channel of the reply an address")));
    }
    is_able
}

pub async fn trap_13_concurrent_replies_are_matched<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !is_able(&transport).await {
        return;
    }
    let channel = channel("asked/{n}");
    let running = echo(&factory.transport().await, channel, Arc::default()).await;
    // Two inboxes, and what is asked first is answered last.
    let minute = Duration::from_secs(60);
    let requesters = [requester(&transport, minute).await, requester(&transport, minute).await];
    let mut asking = tokio::task::JoinSet::new();
    for number in (0..16).rev() {
        let requester = requesters[number % 2].clone();
        asking.spawn(async move {
            let request = ask(channel, (number * 10).to_string());
            let reply = requester.request(request, Some(CORRELATION)).await.unwrap();
            assert_eq!(text(reply.message()), format!("{}!", number * 10));
            let given = reply.message().headers.get_str("correlation").unwrap();
            assert_eq!(reply.message().correlation_id.as_deref(), Some(given));
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked.unwrap();
    }
    // A correlation id of the user's is taken as it is, and serves one request at a time.
    let named = || ask(channel, "200").map(|message| message.with_header("correlation", "mine"));
    let (first, second) = tokio::join!(
        requesters[0].request(named(), Some(CORRELATION)),
        requesters[0].request(named(), Some(CORRELATION))
    );
    assert_eq!(first.unwrap().message().headers.get_str("correlation"), Some("mine"));
    assert!(matches!(second, Err(RequestError::Duplicate(id)) if id == "mine"));
    running.shutdown().await.unwrap();
}

pub async fn trap_13_a_late_reply_is_ignored<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !is_able(&transport).await {
        return;
    }
    let channel = channel("late/{n}");
    // Answers as somebody else's code may, who knows of no deadline: the first time twice, and too late.
    let calls = Arc::new(AtomicUsize::new(0));
    let replies = factory.transport().await;
    let consumer = consumer(operation(channel), move |received| {
        let (replies, first) = (replies.clone(), calls.fetch_add(1, Ordering::SeqCst) == 0);
        async move {
            let to = received.message().headers.get_str("replyTo").unwrap().to_owned();
            let id = received.message().headers.get_str("correlation").unwrap();
            let reply = Message::new(text(received.message()).to_owned()).with_header("correlation", id);
            if first {
                tokio::time::sleep(Duration::from_millis(900)).await;
                replies.reply(None, &to, reply.clone()).await.map_err(HandlerError::transient)?;
            }
            replies.reply(None, &to, reply).await.map_err(HandlerError::transient)?;
            Ok(())
        }
    });
    let running = Service::new(factory.transport().await).consumer(consumer).start().await.unwrap();
    let slow = requester(&transport, Duration::from_millis(300)).await;
    let outcome = slow.request(ask(channel, "first"), Some(CORRELATION)).await;
    assert!(matches!(outcome, Err(RequestError::Timeout(limit)) if limit == Duration::from_millis(300)), "{outcome:?}");
    let patient = slow.clone().timeout(Duration::from_secs(60));
    let reply = patient.request(ask(channel, "second"), Some(CORRELATION)).await.unwrap();
    assert_eq!(text(reply.message()), "second");
    until("both late replies came and were ignored", || patient.ignored() >= 2).await;
    running.shutdown().await.unwrap();
}

pub async fn trap_13_nobody_answers_past_the_deadline<F: Factory>(factory: &F) {
    let transport = factory.transport().await;
    if !is_able(&transport).await {
        return;
    }
    let channel = channel("expired/{n}");
    let calls = Arc::new(AtomicUsize::new(0));
    let running = echo(&factory.transport().await, channel, Arc::clone(&calls)).await;
    let requester = requester(&transport, Duration::from_millis(500)).await;
    let outcome = requester.request(ask(channel, "30000"), Some(CORRELATION)).await;
    assert!(matches!(outcome, Err(RequestError::Timeout(_))), "{outcome:?}");
    // The handler was given up: that is done, neither tried again nor a dead letter.
    until("the request was given up", || running.summary().total().succeeded == 1).await;
    let total = running.shutdown().await.unwrap().total();
    assert_eq!((calls.load(Ordering::SeqCst), total.retried, total.dead_lettered), (1, 0, 0));
    assert_eq!(requester.ignored(), 0);
}
