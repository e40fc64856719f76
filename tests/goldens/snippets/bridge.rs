mod snippet_0 {
use goldens::bridge::*;
use tidings_runtime as rt;

pub async fn send_placed(
    transport: impl rt::Transport,
    parameters: &OrdersParameters,
    headers: &PlacedHeaders,
    message: &Placed,
) -> Result<rt::Receipt, rt::PublishError> {
    PlaceOrderProducer::new(transport).send_placed(parameters, headers, message).await
}

pub async fn send_withdrawn(
    transport: impl rt::Transport,
    parameters: &OrdersParameters,
    message: &Withdrawn,
) -> Result<rt::Receipt, rt::PublishError> {
    PlaceOrderProducer::new(transport).send_withdrawn(parameters, message).await
}
}

mod snippet_1 {
use goldens::bridge::*;
use tidings_runtime as rt;

pub struct Printer;

impl FollowOrderHandler for Printer {
    async fn follow_order_placed(
        &self,
        message: Placed,
        context: rt::Context<OrdersParameters, PlacedHeaders>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn follow_order_withdrawn(
        &self,
        message: Withdrawn,
        context: rt::Context<OrdersParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(follow_order(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_2 {
use goldens::bridge::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Rates,
) -> Result<rt::Receipt, rt::PublishError> {
    TellRatesProducer::new(transport).send(message).await
}
}

mod snippet_3 {
use goldens::bridge::*;
use tidings_runtime as rt;

pub async fn send_placed(
    transport: impl rt::Transport,
    parameters: &OrdersParameters,
    headers: &PlacedHeaders,
    message: &Placed,
) -> Result<rt::Receipt, rt::PublishError> {
    MoveOrdersProducer::new(transport).send_placed(parameters, headers, message).await
}

pub async fn send_withdrawn(
    transport: impl rt::Transport,
    parameters: &OrdersParameters,
    message: &Withdrawn,
) -> Result<rt::Receipt, rt::PublishError> {
    MoveOrdersProducer::new(transport).send_withdrawn(parameters, message).await
}
}

