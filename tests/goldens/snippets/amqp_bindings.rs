mod snippet_0 {
use goldens::amqp_bindings::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    parameters: &PlacedParameters,
    message: &Placed,
) -> Result<rt::Receipt, rt::PublishError> {
    PlaceProducer::new(transport).send(parameters, message).await
}
}

mod snippet_1 {
use goldens::amqp_bindings::*;
use tidings_runtime as rt;

pub struct Printer;

impl PlaceHandler for Printer {
    async fn place(
        &self,
        message: Placed,
        context: rt::Context<PlacedParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(place(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_2 {
use goldens::amqp_bindings::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Placed,
) -> Result<rt::Receipt, rt::PublishError> {
    WorkProducer::new(transport).send(message).await
}
}

mod snippet_3 {
use goldens::amqp_bindings::*;
use tidings_runtime as rt;

pub struct Printer;

impl WorkHandler for Printer {
    async fn work(
        &self,
        message: Placed,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(work(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

