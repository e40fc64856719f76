mod snippet_0 {
use goldens::optional_and_nullable::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &State,
) -> Result<rt::Receipt, rt::PublishError> {
    SendStateProducer::new(transport).send(message).await
}
}

