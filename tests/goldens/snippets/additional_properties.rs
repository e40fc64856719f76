mod snippet_0 {
use goldens::additional_properties::*;
use tidings_runtime as rt;

pub async fn send_open(
    transport: impl rt::Transport,
    message: &Open,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_open(message).await
}

pub async fn send_closed(
    transport: impl rt::Transport,
    message: &Closed,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_closed(message).await
}

pub async fn send_typed(
    transport: impl rt::Transport,
    message: &Typed,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_typed(message).await
}

pub async fn send_patterned(
    transport: impl rt::Transport,
    message: &Patterned,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_patterned(message).await
}

pub async fn send_pinned(
    transport: impl rt::Transport,
    message: &Pinned,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_pinned(message).await
}

pub async fn send_assumed(
    transport: impl rt::Transport,
    message: &Assumed,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_assumed(message).await
}

pub async fn send_empty(
    transport: impl rt::Transport,
    message: &Empty,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_empty(message).await
}

pub async fn send_anything(
    transport: impl rt::Transport,
    message: &Anything,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_anything(message).await
}

pub async fn send_nothing(
    transport: impl rt::Transport,
    message: &Nothing,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_nothing(message).await
}

pub async fn send_no_payload(
    transport: impl rt::Transport,
    message: &rt::Raw,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_no_payload(message).await
}
}

