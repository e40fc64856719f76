mod snippet_0 {
use goldens::headers::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    headers: &LetterHeaders,
    message: &Letter,
) -> Result<rt::Receipt, rt::PublishError> {
    SendLetterProducer::new(transport).send(headers, message).await
}
}

mod snippet_1 {
use goldens::headers::*;
use tidings_runtime as rt;

pub struct Printer;

impl SendLetterHandler for Printer {
    async fn send_letter(
        &self,
        message: Letter,
        context: rt::Context<(), LetterHeaders>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(send_letter(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

