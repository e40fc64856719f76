mod snippet_0 {
use goldens::no_protocol::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Note,
) -> Result<rt::Receipt, rt::PublishError> {
    SendNoteProducer::new(transport).send(message).await
}
}

