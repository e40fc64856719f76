mod snippet_0 {
use goldens::traits_applied::*;
use tidings_runtime as rt;

pub async fn send_dim(
    transport: impl rt::Transport,
    headers: &DimHeaders,
    message: &Dim,
) -> Result<rt::Receipt, rt::PublishError> {
    DimLightProducer::new(transport).send_dim(headers, message).await
}

pub async fn send_on(
    transport: impl rt::Transport,
    headers: &DimHeaders,
    message: &On,
) -> Result<rt::Receipt, rt::PublishError> {
    DimLightProducer::new(transport).send_on(headers, message).await
}
}

mod snippet_1 {
use goldens::traits_applied::*;
use tidings_runtime as rt;

pub struct Printer;

impl DimLightHandler for Printer {
    async fn dim_light_dim(
        &self,
        message: Dim,
        context: rt::Context<(), DimHeaders>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn dim_light_on(
        &self,
        message: On,
        context: rt::Context<(), DimHeaders>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(dim_light(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

