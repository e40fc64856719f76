mod snippet_0 {
use goldens::address_parameters::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    parameters: &ReadingsParameters,
    message: &Reading,
) -> Result<rt::Receipt, rt::PublishError> {
    SendReadingProducer::new(transport).send(parameters, message).await
}
}

mod snippet_1 {
use goldens::address_parameters::*;
use tidings_runtime as rt;

pub struct Printer;

impl SendReadingHandler for Printer {
    async fn send_reading(
        &self,
        message: Reading,
        context: rt::Context<ReadingsParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(send_reading(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

