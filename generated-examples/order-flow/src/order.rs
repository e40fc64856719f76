//! The order service: takes orders over HTTP and announces them.
//!
//! In: `POST /orders` with an order request. Out: an `OrderCreated` for each request that fits its schema, and `202` with
//! the order's id; `400` with every fault for any other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use chrono::Utc;
use tidings_runtime::{DecodeError, Payload, PublishError, Transport};
use uuid::Uuid;

use crate::journal::{Journal, Who};
use crate::orders::{
    AnnounceOrderProducer, EventHeaders, Money, ORDERS_CHANNEL, OrderAccepted, OrderCreated, OrderRequest,
    OrdersCreatedParameters, Problem, ProblemError,
};

struct Orders<T> {
    journal: Journal,
    announced: AnnounceOrderProducer<T>,
    count: AtomicU32,
}

/// The service's HTTP side.
pub fn router<T: Transport>(transport: T, journal: &Journal) -> Router {
    let announced = AnnounceOrderProducer::new(transport);
    let orders = Orders { journal: journal.clone(), announced, count: AtomicU32::new(0) };
    Router::new().route(ORDERS_CHANNEL.template().as_str(), post(place::<T>)).with_state(Arc::new(orders))
}

async fn place<T: Transport>(State(orders): State<Arc<Orders<T>>>, body: Bytes) -> Response {
    let request = match OrderRequest::from_slice(&body) {
        Ok(request) => request,
        Err(error) => {
            orders.journal.refused();
            return answer(StatusCode::BAD_REQUEST, &problem(&error));
        }
    };
    match orders.accept(request).await {
        Ok(accepted) => answer(StatusCode::ACCEPTED, &accepted),
        // The order was not announced, so it does not exist: the customer may try again.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

impl<T: Transport> Orders<T> {
    /// Announces an order; it exists once the broker has confirmed that.
    async fn accept(&self, request: OrderRequest) -> Result<OrderAccepted, PublishError> {
        let accepted = OrderAccepted::new(Uuid::new_v4(), self.count.fetch_add(1, Ordering::Relaxed) + 1);
        let amount = request.lines.iter().map(|line| u64::from(line.quantity) * u64::from(line.unit_price)).sum();
        let total = Money::new(amount, request.currency);
        let detail = format!("{total} to {}, for {}", request.region, request.customer.name);
        let parameters = OrdersCreatedParameters { region: request.region.as_str().parse()? };
        let headers = EventHeaders::new(Uuid::new_v4().simple().to_string(), 1);
        let (id, number) = (accepted.order_id, accepted.number);
        let created = OrderCreated::new(id, number, Utc::now().fixed_offset(), total, request);

        self.journal.say(Who::Order, Some(number), "OrderCreated", detail);
        self.announced.send_with(&parameters, &headers, &created, |message| message.with_key(id.to_string())).await?;
        self.journal.placed(number);
        Ok(accepted)
    }
}

/// A response whose body fits its schema.
fn answer<P: Payload>(status: StatusCode, body: &P) -> Response {
    match body.to_vec() {
        Ok(body) => (status, [(CONTENT_TYPE, P::CONTENT_TYPE)], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Every fault of a request.
fn problem(error: &DecodeError) -> Problem {
    let errors = match error {
        DecodeError::Invalid(faults) => {
            faults.iter().map(|fault| ProblemError::new(fault.pointer(), fault.message())).collect()
        }
        other => vec![ProblemError::new("", other.to_string())],
    };
    Problem::new("This is not an order.", StatusCode::BAD_REQUEST.as_u16(), errors)
}
