mod snippet_0 {
use goldens::security_of_2_6::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnHookHandler for Printer {
    async fn on_hook(
        &self,
        message: Hook,
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

mod snippet_1 {
use goldens::security_of_2_6::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnOpenHandler for Printer {
    async fn on_open(
        &self,
        message: Open,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_open(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

