mod snippet_0 {
use goldens::testing_module::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnOrderHandler for Printer {
    async fn on_order_placed(
        &self,
        message: Order,
        context: rt::Context<OrdersParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
    async fn on_order_cancelled(
        &self,
        message: Reason,
        context: rt::Context<OrdersParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_order(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_1 {
use goldens::testing_module::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Order,
) -> Result<rt::Receipt, rt::PublishError> {
    SendInvoiceProducer::new(transport).send(message).await
}
}

