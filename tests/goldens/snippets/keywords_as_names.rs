mod snippet_0 {
use goldens::keywords_as_names::*;
use tidings_runtime as rt;

pub async fn send_match(
    transport: impl rt::Transport,
    parameters: &AsyncParameters,
    message: &Match,
) -> Result<rt::Receipt, rt::PublishError> {
    AwaitProducer::new(transport).send_match(parameters, message).await
}

pub async fn send_move(
    transport: impl rt::Transport,
    parameters: &AsyncParameters,
    message: &Self2,
) -> Result<rt::Receipt, rt::PublishError> {
    AwaitProducer::new(transport).send_move(parameters, message).await
}
}

mod snippet_1 {
use goldens::keywords_as_names::*;
use tidings_runtime as rt;

pub struct Printer;

impl AwaitHandler for Printer {
    async fn await_match(
        &self,
        message: Match,
        context: rt::Context<AsyncParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn await_move(
        &self,
        message: Self2,
        context: rt::Context<AsyncParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(r#await(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_2 {
use goldens::keywords_as_names::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    parameters: &AsyncParameters,
    message: &Match,
) -> Result<rt::Receipt, rt::PublishError> {
    DynProducer::new(transport).send(parameters, message).await
}
}

mod snippet_3 {
use goldens::keywords_as_names::*;
use tidings_runtime as rt;

pub struct Printer;

impl DynHandler for Printer {
    async fn r#dyn(
        &self,
        message: Match,
        context: rt::Context<AsyncParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(r#dyn(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

