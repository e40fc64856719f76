mod snippet_0 {
use goldens::tuples::*;
use tidings_runtime as rt;

pub async fn send_point(
    transport: impl rt::Transport,
    message: &Point,
) -> Result<rt::Receipt, rt::PublishError> {
    SendPointProducer::new(transport).send_point(message).await
}

pub async fn send_line(
    transport: impl rt::Transport,
    message: &Line,
) -> Result<rt::Receipt, rt::PublishError> {
    SendPointProducer::new(transport).send_line(message).await
}

pub async fn send_latest(
    transport: impl rt::Transport,
    message: &Latest,
) -> Result<rt::Receipt, rt::PublishError> {
    SendPointProducer::new(transport).send_latest(message).await
}
}

