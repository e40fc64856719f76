mod snippet_0 {
use goldens::replies_are_events::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Question,
) -> Result<rt::Receipt, rt::PublishError> {
    AskProducer::new(transport).send(message).await
}
}

mod snippet_1 {
use goldens::replies_are_events::*;
use tidings_runtime as rt;

pub struct Printer;

impl AskHandler for Printer {
    async fn ask(
        &self,
        message: Question,
        context: rt::Context<(), ()>,
    ) -> Result<AskReply, rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Err(rt::HandlerError::permanent("no answer yet"))
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport.clone()).consumer(ask(Printer, transport));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

