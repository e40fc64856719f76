mod snippet_0 {
use goldens::request_reply::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    parameters: &PricesParameters,
    headers: &PriceRequestHeaders,
    message: &PriceRequest,
) -> Result<rt::Receipt, rt::PublishError> {
    QuotePriceProducer::new(transport).send(parameters, headers, message).await
}
}

mod snippet_1 {
use goldens::request_reply::*;
use tidings_runtime as rt;

pub struct Printer;

impl QuotePriceHandler for Printer {
    async fn quote_price(
        &self,
        message: PriceRequest,
        context: rt::Context<PricesParameters, PriceRequestHeaders>,
    ) -> Result<QuotePriceReply, rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Err(rt::HandlerError::permanent("no answer yet"))
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport.clone())
        .consumer(quote_price(Printer, transport));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_2 {
use goldens::request_reply::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &StockRequest,
) -> Result<rt::Receipt, rt::PublishError> {
    AskStockProducer::new(transport).send(message).await
}
}

mod snippet_3 {
use goldens::request_reply::*;
use tidings_runtime as rt;

pub struct Printer;

impl AskStockHandler for Printer {
    async fn ask_stock(
        &self,
        message: StockRequest,
        context: rt::Context<(), ()>,
    ) -> Result<AskStockReply, rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Err(rt::HandlerError::permanent("no answer yet"))
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport.clone())
        .consumer(ask_stock(Printer, transport));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

