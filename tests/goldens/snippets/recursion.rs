mod snippet_0 {
use goldens::recursion::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Tree,
) -> Result<rt::Receipt, rt::PublishError> {
    SendTreeProducer::new(transport).send_tree(message).await
}
}

