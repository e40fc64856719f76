mod snippet_0 {
use goldens::bindings_and_keys::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    parameters: &LightsParameters,
    headers: &MeasuredHeaders,
    message: &Measured,
) -> Result<rt::Receipt, rt::PublishError> {
    SendLightProducer::new(transport).send(parameters, headers, message).await
}
}

mod snippet_1 {
use goldens::bindings_and_keys::*;
use tidings_runtime as rt;

pub struct Printer;

impl SendLightHandler for Printer {
    async fn send_light(
        &self,
        message: Measured,
        context: rt::Context<LightsParameters, MeasuredHeaders>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(send_light(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_2 {
use goldens::bindings_and_keys::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    parameters: &LightsParameters,
    headers: &MeasuredHeaders,
    message: &Measured,
) -> Result<rt::Receipt, rt::PublishError> {
    MoveLightProducer::new(transport).send(parameters, headers, message).await
}
}

mod snippet_3 {
use goldens::bindings_and_keys::*;
use tidings_runtime as rt;

pub struct Printer;

impl MoveLightHandler for Printer {
    async fn move_light(
        &self,
        message: Measured,
        context: rt::Context<LightsParameters, MeasuredHeaders>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(move_light(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_4 {
use goldens::bindings_and_keys::*;
use tidings_runtime as rt;

pub async fn send_measured(
    transport: impl rt::Transport,
    parameters: &LightsParameters,
    headers: &MeasuredHeaders,
    message: &Measured,
) -> Result<rt::Receipt, rt::PublishError> {
    ReceiveLightProducer::new(transport)
        .send_measured(parameters, headers, message)
        .await
}

pub async fn send_renamed(
    transport: impl rt::Transport,
    parameters: &LightsParameters,
    message: &Renamed,
) -> Result<rt::Receipt, rt::PublishError> {
    ReceiveLightProducer::new(transport).send_renamed(parameters, message).await
}
}

mod snippet_5 {
use goldens::bindings_and_keys::*;
use tidings_runtime as rt;

pub struct Printer;

impl ReceiveLightHandler for Printer {
    async fn receive_light_measured(
        &self,
        message: Measured,
        context: rt::Context<LightsParameters, MeasuredHeaders>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn receive_light_renamed(
        &self,
        message: Renamed,
        context: rt::Context<LightsParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(receive_light(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

