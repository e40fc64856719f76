mod snippet_0 {
use goldens::tagged_union::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnPaymentHandler for Printer {
    async fn on_payment(
        &self,
        message: Payment,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_payment(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

