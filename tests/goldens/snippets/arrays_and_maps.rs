mod snippet_0 {
use goldens::arrays_and_maps::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Stock,
) -> Result<rt::Receipt, rt::PublishError> {
    SendStockProducer::new(transport).send(message).await
}
}

