mod snippet_0 {
use goldens::untagged_union::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnReadingHandler for Printer {
    async fn on_reading(
        &self,
        message: Reading,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_reading(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

