mod snippet_0 {
use goldens::security::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Hook,
) -> Result<rt::Receipt, rt::PublishError> {
    OnHookProducer::new(transport).send(message).await
}
}

mod snippet_1 {
use goldens::security::*;
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

mod snippet_2 {
use goldens::security::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Job,
) -> Result<rt::Receipt, rt::PublishError> {
    OnJobProducer::new(transport).send(message).await
}
}

mod snippet_3 {
use goldens::security::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnJobHandler for Printer {
    async fn on_job(
        &self,
        message: Job,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_job(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

