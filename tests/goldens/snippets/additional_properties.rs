mod snippet_0 {
use goldens::additional_properties::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Open,
) -> Result<rt::Receipt, rt::PublishError> {
    SendThingProducer::new(transport).send_open(message).await
}
}

