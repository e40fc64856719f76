mod snippet_0 {
use goldens::recursion::*;
use tidings_runtime as rt;

pub async fn send_tree(
    transport: impl rt::Transport,
    message: &Tree,
) -> Result<rt::Receipt, rt::PublishError> {
    SendTreeProducer::new(transport).send_tree(message).await
}

pub async fn send_expression(
    transport: impl rt::Transport,
    message: &Expression,
) -> Result<rt::Receipt, rt::PublishError> {
    SendTreeProducer::new(transport).send_expression(message).await
}

pub async fn send_husband(
    transport: impl rt::Transport,
    message: &Husband,
) -> Result<rt::Receipt, rt::PublishError> {
    SendTreeProducer::new(transport).send_husband(message).await
}
}

