mod snippet_0 {
use goldens::formats::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Visit,
) -> Result<rt::Receipt, rt::PublishError> {
    SendVisitProducer::new(transport).send(message).await
}
}

