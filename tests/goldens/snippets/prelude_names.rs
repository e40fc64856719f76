mod snippet_0 {
use goldens::prelude_names::*;
use tidings_runtime as rt;

pub async fn send_string(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    message: &String_,
) -> Result<rt::Receipt, rt::PublishError> {
    FutureProducer::new(transport).send_string(parameters, message).await
}

pub async fn send_option(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    message: &Option_,
) -> Result<rt::Receipt, rt::PublishError> {
    FutureProducer::new(transport).send_option(parameters, message).await
}

pub async fn send_result(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    message: &Result_,
) -> Result<rt::Receipt, rt::PublishError> {
    FutureProducer::new(transport).send_result(parameters, message).await
}

pub async fn send_message(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    headers: &Headers,
    message: &Payload,
) -> Result<rt::Receipt, rt::PublishError> {
    FutureProducer::new(transport).send_message(parameters, headers, message).await
}
}

mod snippet_1 {
use goldens::prelude_names::*;
use tidings_runtime as rt;

pub struct Printer;

impl FutureHandler for Printer {
    async fn future_string(
        &self,
        message: String_,
        context: rt::Context<NamesParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn future_option(
        &self,
        message: Option_,
        context: rt::Context<NamesParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn future_result(
        &self,
        message: Result_,
        context: rt::Context<NamesParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn future_message(
        &self,
        message: Payload,
        context: rt::Context<NamesParameters, Headers>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(future(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_2 {
use goldens::prelude_names::*;
use tidings_runtime as rt;

pub async fn send_string(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    message: &String_,
) -> Result<rt::Receipt, rt::PublishError> {
    SendProducer::new(transport).send_string(parameters, message).await
}

pub async fn send_option(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    message: &Option_,
) -> Result<rt::Receipt, rt::PublishError> {
    SendProducer::new(transport).send_option(parameters, message).await
}

pub async fn send_result(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    message: &Result_,
) -> Result<rt::Receipt, rt::PublishError> {
    SendProducer::new(transport).send_result(parameters, message).await
}

pub async fn send_message(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    headers: &Headers,
    message: &Payload,
) -> Result<rt::Receipt, rt::PublishError> {
    SendProducer::new(transport).send_message(parameters, headers, message).await
}
}

mod snippet_3 {
use goldens::prelude_names::*;
use tidings_runtime as rt;

pub struct Printer;

impl SendHandler for Printer {
    async fn send_string(
        &self,
        message: String_,
        context: rt::Context<NamesParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn send_option(
        &self,
        message: Option_,
        context: rt::Context<NamesParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn send_result(
        &self,
        message: Result_,
        context: rt::Context<NamesParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn send_message(
        &self,
        message: Payload,
        context: rt::Context<NamesParameters, Headers>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(send(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_4 {
use goldens::prelude_names::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    headers: &Headers,
    message: &Payload,
) -> Result<rt::Receipt, rt::PublishError> {
    RtProducer::new(transport).send(parameters, headers, message).await
}
}

mod snippet_5 {
use goldens::prelude_names::*;
use tidings_runtime as rt;

pub struct Printer;

impl RtHandler for Printer {
    async fn rt(
        &self,
        message: Payload,
        context: rt::Context<NamesParameters, Headers>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(rt(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_6 {
use goldens::prelude_names::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    message: &String_,
) -> Result<rt::Receipt, rt::PublishError> {
    StdProducer::new(transport).send(parameters, message).await
}
}

mod snippet_7 {
use goldens::prelude_names::*;
use tidings_runtime as rt;

pub struct Printer;

impl StdHandler for Printer {
    async fn std(
        &self,
        message: String_,
        context: rt::Context<NamesParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(std(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_8 {
use goldens::prelude_names::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    parameters: &NamesParameters,
    message: &String_,
) -> Result<rt::Receipt, rt::PublishError> {
    ChecksProducer::new(transport).send(parameters, message).await
}
}

mod snippet_9 {
use goldens::prelude_names::*;
use tidings_runtime as rt;

pub struct Printer;

impl ChecksHandler for Printer {
    async fn checks(
        &self,
        message: String_,
        context: rt::Context<NamesParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(checks(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

