//! Requests and replies of `request_reply.yaml`, both sides, on the in-memory broker.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use goldens::request_reply::{
    self, AskStockHandler, AskStockReply, AskStockRequester, NoPrice, NoPriceHeaders, Price, PriceRequest,
    PriceRequestHeaders, PricesParameters, QuotePriceHandler, QuotePriceReply, QuotePriceRequester, StockLevel,
    StockRequest, StockRequestMeta,
};
use std::time::Duration;
use tidings_runtime::request::RequestError;
use tidings_runtime::transport::memory::Broker;
use tidings_runtime::{Context, HandlerError, Message, Service, Transport};

struct Shop;

impl QuotePriceHandler for Shop {
    async fn quote_price(
        &self,
        message: PriceRequest,
        context: Context<PricesParameters, PriceRequestHeaders>,
    ) -> Result<QuotePriceReply, HandlerError> {
        assert_eq!(context.headers.correlation_id.as_deref(), context.correlation_id());
        match message.article.strip_prefix("no ") {
            None => Ok(Price::new(message.article.len() as u32 * 100).into()),
            Some(_) => {
                let reason = format!("not in {}", context.parameters.region);
                Ok(QuotePriceReply::NoPrice(
                    NoPrice::new(reason),
                    NoPriceHeaders { retry_after: Some(60), ..NoPriceHeaders::new() },
                ))
            }
        }
    }
}

impl AskStockHandler for Shop {
    async fn ask_stock(&self, message: StockRequest, _context: Context) -> Result<AskStockReply, HandlerError> {
        // Too many pieces is no stock level: the reply is refused before it leaves.
        Ok(StockLevel::new(if message.article == "sand" { 2_000_000 } else { 7 }).into())
    }
}

async fn serve(broker: &Broker) -> tidings_runtime::consume::Running<Broker> {
    let service = Service::new(broker.connect()).consumer(request_reply::quote_price(Shop, broker.clone()));
    service.consumer(request_reply::ask_stock(Shop, broker.clone())).start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_reply_comes_back_by_the_places_that_the_document_names() {
    let broker = Broker::new();
    let running = serve(&broker).await;
    let requester = QuotePriceRequester::open(broker.clone()).await.unwrap();
    let north = PricesParameters { region: "north".to_owned() };
    let request = PriceRequest::new("tea");
    let reply = requester.request(&north, &PriceRequestHeaders::new(), &request).await.unwrap();
    assert_eq!(reply, QuotePriceReply::Price(Price::new(300)));
    let headers = PriceRequestHeaders { correlation_id: Some("mine".to_owned()), ..PriceRequestHeaders::new() };
    let reply = requester.request(&north, &headers, &PriceRequest::new("no tea")).await.unwrap();
    let QuotePriceReply::NoPrice(no, headers) = reply else { panic!("{reply:?}") };
    assert_eq!((no.reason.as_str(), headers.retry_after), ("not in north", Some(60)));

    let [first, second] = &broker.published("prices.north")[..] else { panic!("two requests") };
    let inbox = first.headers.get_str("replyTo").unwrap();
    assert_eq!(first.reply_to.as_deref(), Some(inbox));
    assert_eq!(second.headers.get_str("correlationId"), Some("mine"));
    let replies = broker.published(inbox);
    assert_eq!(replies[1].headers.get_str("correlationId"), Some("mine"));
    assert_eq!(replies[0].headers.get_str("correlationId"), first.headers.get_str("correlationId"));
    running.shutdown().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_correlation_id_may_stand_in_payloads_and_replies_may_share_an_address() {
    let broker = Broker::new();
    let running = serve(&broker).await;
    let [one, two] = [AskStockRequester::open(broker.clone()).await, AskStockRequester::open(broker.clone()).await];
    let (one, two) = (one.unwrap(), two.unwrap().timeout(Duration::from_secs(5)));
    let request = StockRequest::new("tea", StockRequestMeta::new());
    let AskStockReply::StockLevel(level) = one.request(&request).await.unwrap();
    assert_eq!(level.pieces, 7);
    let sent = broker.published("stock");
    let id = serde_json::from_slice::<serde_json::Value>(&sent[0].payload).unwrap()["meta"]["id"].clone();
    assert_eq!(id.as_str(), level.id.as_deref());
    // The other one sees the reply, too, and leaves it.
    while two.requester().ignored() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // A reply that does not fit its schema is a dead letter of its request.
    let outcome = two.request(&StockRequest::new("sand", StockRequestMeta::new())).await;
    assert!(matches!(outcome, Err(RequestError::Timeout(_))), "{outcome:?}");
    assert_eq!(running.shutdown().await.unwrap().total().dead_lettered, 1);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_the_document_does_not_know_is_an_error() {
    let broker = Broker::new();
    let requester = AskStockRequester::open(broker.clone()).await.unwrap();
    let answering = async {
        while broker.published("stock").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let request = &broker.published("stock")[0];
        let reply = Message::new("{}").with_correlation_id(request.correlation_id.clone().unwrap());
        broker.publish(None, "stock.answers", reply).await.unwrap();
    };
    let request = StockRequest::new("tea", StockRequestMeta::new());
    let (outcome, ()) = tokio::join!(requester.request(&request), answering);
    let Err(RequestError::Undecodable(text)) = outcome else { panic!("{outcome:?}") };
    assert!(text.contains("stockLevel") && text.contains("pieces"), "{text}");
}
