mod snippet_0 {
use goldens::several_messages::*;
use tidings_runtime as rt;

pub async fn send_created(
    transport: impl rt::Transport,
    message: &Created,
) -> Result<rt::Receipt, rt::PublishError> {
    SendOrdersProducer::new(transport).send_created(message).await
}

pub async fn send_cancelled(
    transport: impl rt::Transport,
    message: &Cancelled,
) -> Result<rt::Receipt, rt::PublishError> {
    SendOrdersProducer::new(transport).send_cancelled(message).await
}

pub async fn send_raw(
    transport: impl rt::Transport,
    message: &rt::Raw,
) -> Result<rt::Receipt, rt::PublishError> {
    SendOrdersProducer::new(transport).send_raw(message).await
}
}

mod snippet_1 {
use goldens::several_messages::*;
use tidings_runtime as rt;

pub struct Printer;

impl SendOrdersHandler for Printer {
    async fn send_orders_created(
        &self,
        message: Created,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn send_orders_cancelled(
        &self,
        message: Cancelled,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn send_orders_raw(
        &self,
        message: rt::Raw,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(send_orders(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_2 {
use goldens::several_messages::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Cancelled,
) -> Result<rt::Receipt, rt::PublishError> {
    OnCancelledProducer::new(transport).send(message).await
}
}

mod snippet_3 {
use goldens::several_messages::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnCancelledHandler for Printer {
    async fn on_cancelled(
        &self,
        message: Cancelled,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_cancelled(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_4 {
use goldens::several_messages::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &rt::Raw,
) -> Result<rt::Receipt, rt::PublishError> {
    OnNothingProducer::new(transport).send(message).await
}
}

mod snippet_5 {
use goldens::several_messages::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnNothingHandler for Printer {
    async fn on_nothing(
        &self,
        message: rt::Raw,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_nothing(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

