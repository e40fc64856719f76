mod snippet_0 {
use goldens::tuples::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Point,
) -> Result<rt::Receipt, rt::PublishError> {
    SendPointProducer::new(transport).send_point(message).await
}
}

