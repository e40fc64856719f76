mod snippet_0 {
use goldens::several_protocols::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Event,
) -> Result<rt::Receipt, rt::PublishError> {
    SendEventProducer::new(transport).send(message).await
}
}

mod snippet_1 {
use goldens::several_protocols::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnHookHandler for Printer {
    async fn on_hook(
        &self,
        message: Event,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_hook(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

