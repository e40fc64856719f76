mod snippet_0 {
use goldens::colliding_names::*;
use tidings_runtime as rt;

pub async fn send_a_b(
    transport: impl rt::Transport,
    message: &AB,
) -> Result<rt::Receipt, rt::PublishError> {
    ABProducer::new(transport).send_a_b(message).await
}

pub async fn send_a_b_2(
    transport: impl rt::Transport,
    message: &AB2,
) -> Result<rt::Receipt, rt::PublishError> {
    ABProducer::new(transport).send_a_b_2(message).await
}

pub async fn send_a_b_with_2(
    transport: impl rt::Transport,
    message: &ABWith,
) -> Result<rt::Receipt, rt::PublishError> {
    ABProducer::new(transport).send_a_b_with_2(message).await
}
}

mod snippet_1 {
use goldens::colliding_names::*;
use tidings_runtime as rt;

pub struct Printer;

impl ABHandler for Printer {
    async fn a_b_a_b(
        &self,
        message: AB,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn a_b_a_b_2(
        &self,
        message: AB2,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn a_b_a_b_with(
        &self,
        message: ABWith,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(a_b(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_2 {
use goldens::colliding_names::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Ab,
) -> Result<rt::Receipt, rt::PublishError> {
    ABProducer2::new(transport).send(message).await
}
}

mod snippet_3 {
use goldens::colliding_names::*;
use tidings_runtime as rt;

pub struct Printer;

impl ABHandler2 for Printer {
    async fn a_b_2(
        &self,
        message: Ab,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(a_b_2(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_4 {
use goldens::colliding_names::*;
use tidings_runtime as rt;

pub async fn send_a_b(
    transport: impl rt::Transport,
    message: &AB,
) -> Result<rt::Receipt, rt::PublishError> {
    ABProducer3::new(transport).send_a_b(message).await
}

pub async fn send_a_b_2(
    transport: impl rt::Transport,
    message: &AB2,
) -> Result<rt::Receipt, rt::PublishError> {
    ABProducer3::new(transport).send_a_b_2(message).await
}

pub async fn send_a_b_with_2(
    transport: impl rt::Transport,
    message: &ABWith,
) -> Result<rt::Receipt, rt::PublishError> {
    ABProducer3::new(transport).send_a_b_with_2(message).await
}
}

mod snippet_5 {
use goldens::colliding_names::*;
use tidings_runtime as rt;

pub struct Printer;

impl ABHandler3 for Printer {
    async fn a_b_3_a_b(
        &self,
        message: AB,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn a_b_3_a_b_2(
        &self,
        message: AB2,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn a_b_3_a_b_with(
        &self,
        message: ABWith,
        context: rt::Context<(), ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(a_b_3(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

