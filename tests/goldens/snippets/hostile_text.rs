mod snippet_0 {
use goldens::hostile_text::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    parameters: &XPubFnBrokenCompileErrorNameParameters,
    headers: &MDeriveEvilHeaders,
    message: &MDeriveEvil,
) -> Result<rt::Receipt, rt::PublishError> {
    OpLoopProducer::new(transport).send(parameters, headers, message).await
}
}

mod snippet_1 {
use goldens::hostile_text::*;
use tidings_runtime as rt;

pub struct Printer;

impl OpLoopHandler for Printer {
    async fn op_loop(
        &self,
        message: MDeriveEvil,
        context: rt::Context<XPubFnBrokenCompileErrorNameParameters, MDeriveEvilHeaders>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(op_loop(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

