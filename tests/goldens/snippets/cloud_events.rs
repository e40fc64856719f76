mod snippet_0 {
use goldens::cloud_events::*;
use tidings_runtime as rt;

pub async fn send_order_placed(
    transport: impl rt::Transport,
    headers: &OrderPlacedHeaders,
    message: &OrderPlaced,
) -> Result<rt::Receipt, rt::PublishError> {
    AnnounceProducer::new(transport).send_order_placed(headers, message).await
}

pub async fn send_order_paid(
    transport: impl rt::Transport,
    message: &OrderPaid,
) -> Result<rt::Receipt, rt::PublishError> {
    AnnounceProducer::new(transport).send_order_paid(message).await
}
}

mod snippet_1 {
use goldens::cloud_events::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    headers: &OrderPlacedHeaders,
    message: &OrderPlaced,
) -> Result<rt::Receipt, rt::PublishError> {
    ArchiveProducer::new(transport).send(headers, message).await
}
}

mod snippet_2 {
use goldens::cloud_events::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnOrderHandler for Printer {
    async fn on_order_order_placed(
        &self,
        message: OrderPlaced,
        context: rt::Context<(), OrderPlacedHeaders>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn on_order_order_paid(
        &self,
        message: OrderPaid,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_order(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_3 {
use goldens::cloud_events::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnAnythingHandler for Printer {
    async fn on_anything_order_placed(
        &self,
        message: OrderPlaced,
        context: rt::Context<(), OrderPlacedHeaders>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn on_anything_note(
        &self,
        message: Note,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_anything(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

