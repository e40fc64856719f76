//! The customer: places orders over HTTP, and has a system that is told about them by webhooks. Both are the other side of
//! the shop's document, and so is their code: it comes from the crate `orders-client`.
//!
//! In: the address of the shop, and the secret that signs webhooks. Out: requests, and an error when the shop does not
//! answer as its document says; what the system was told, in the journal. The system is not ready for its first webhook.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::State;
use axum::middleware::map_response_with_state;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use orders_client::{
    Card, Currency, Customer as Person, EventHeaders, Invoice, ORDERS_CHANNEL, OrderAccepted, OrderChanged, OrderLine,
    OrderRequest, PaymentMethod, Problem, Region, TellCustomerHandler, Voucher,
};
use tidings_runtime::formats::NotOfFormat;
use tidings_runtime::webhook::{Receiver, Secret, Verifier};
use tidings_runtime::{Context, HandlerError, Payload};
use tokio::net::TcpStream;

use crate::Error;
use crate::journal::{Journal, Who};

/// One customer with one connection.
pub struct Customer {
    journal: Journal,
    host: String,
    sender: SendRequest<Full<Bytes>>,
}

impl Customer {
    /// Enters the shop.
    pub async fn connect(address: SocketAddr, journal: &Journal) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // Its error also reaches the request that it belongs to.
        tokio::spawn(connection);
        Ok(Self { journal: journal.clone(), host: address.to_string(), sender })
    }

    /// Places an order, different ones for different numbers.
    pub async fn order(&mut self, number: u32) -> Result<(), Error> {
        let (status, body) = self.post(request(number)?.to_vec()?).await?;
        if status != StatusCode::ACCEPTED {
            return Err(format!("the shop answered an order with {status}").into());
        }
        OrderAccepted::from_slice(&body)?;
        Ok(())
    }

    /// Asks for what is no order, and is told why.
    pub async fn order_nothing(&mut self) -> Result<(), Error> {
        let nothing =
            br#"{"customer":{"name":"","email":"nobody@example.com"},"region":"mars","lines":[],"currency":"EUR",
            "payment":{"method":"card","token":"4242 4242 4242 4242","lastFour":"4242"}}"#;
        let (status, body) = self.post(nothing.to_vec()).await?;
        if status != StatusCode::BAD_REQUEST {
            return Err(format!("the shop answered what is no order with {status}").into());
        }
        let problem = Problem::from_slice(&body)?;
        self.journal.say(Who::Customer, None, "refused", format!("{status}: {}", problem.title));
        for error in problem.errors {
            self.journal.say(Who::Customer, None, "", format!("  {}: {}", error.pointer, error.detail));
        }
        Ok(())
    }

    async fn post(&mut self, body: Vec<u8>) -> Result<(StatusCode, Bytes), Error> {
        let request = Request::post(ORDERS_CHANNEL.template().as_str())
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, OrderRequest::CONTENT_TYPE)
            .body(Full::from(body))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        Ok((status, response.into_body().collect().await?.to_bytes()))
    }
}

/// The system of the customer.
struct System {
    journal: Journal,
    ready: AtomicBool,
}

/// The HTTP side of the customer's system, which believes what is signed with the secret.
pub fn system(secret: Secret, journal: &Journal) -> Router {
    let system = System { journal: journal.clone(), ready: AtomicBool::new(false) };
    Receiver::new(orders_client::tell_customer(system))
        .verify(Verifier::new([secret]))
        .into_router()
        .layer(map_response_with_state(journal.clone(), note_answer))
}

async fn note_answer(State(journal): State<Journal>, response: Response) -> Response {
    journal.answered(response.status());
    response
}

impl TellCustomerHandler for System {
    async fn tell_customer(&self, changed: OrderChanged, _: Context<(), EventHeaders>) -> Result<(), HandlerError> {
        let OrderChanged { number, state, text, .. } = changed;
        if !self.ready.swap(true, Ordering::Relaxed) {
            self.journal.say(Who::Customer, Some(number), "not ready", format!("{state}: tell me again"));
            return Err(HandlerError::transient("the system is starting"));
        }
        self.journal.say(Who::Customer, Some(number), "OrderChanged", format!("{state}: {text}"));
        self.journal.told(number, state);
        Ok(())
    }
}

/// Orders of three kinds in turn: each has its own customer, region, items and way to pay.
fn request(number: u32) -> Result<OrderRequest, NotOfFormat> {
    let request = match number % 3 {
        1 => {
            let customer = Person::new("Ada Lovelace", "ada@example.com".parse()?);
            let lines = vec![OrderLine::new("AUD-0042", "Headphones", 1, 12_900)];
            let card = Card::new("tok_4f3a9c21d0b7", "4242");
            OrderRequest::new(customer, Region::Eu, lines, Currency::Eur, PaymentMethod::Card(card))
        }
        2 => {
            let customer = Person::new("Grace Hopper", "grace@example.com".parse()?);
            let mut desk = OrderLine::new("BDL-0007", "Writing desk", 1, 44_900);
            desk.contains =
                Some(vec![OrderLine::new("DSK-0100", "Desk", 1, 39_900), OrderLine::new("LMP-0013", "Lamp", 2, 2_500)]);
            let invoice = PaymentMethod::Invoice(Invoice::new(30));
            let mut request = OrderRequest::new(customer, Region::Us, vec![desk], Currency::Usd, invoice);
            request.note = Some("Please ring twice.".to_owned());
            request
        }
        _ => {
            let customer = Person::new("Kikuko Sato", "kikuko@example.com".parse()?);
            let lines = vec![
                OrderLine::new("TEA-0108", "Green tea", 3, 1_200),
                OrderLine::new("POT-0003", "Tea pot", 1, 8_400),
            ];
            let voucher = PaymentMethod::Voucher(Voucher::new("GIFT-2026-TEA1"));
            OrderRequest::new(customer, Region::Apac, lines, Currency::Jpy, voucher)
        }
    };
    Ok(request)
}
