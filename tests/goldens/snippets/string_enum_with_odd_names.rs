mod snippet_0 {
use goldens::string_enum_with_odd_names::*;
use tidings_runtime as rt;

pub async fn publish(
    transport: impl rt::Transport,
    message: &Mark,
) -> Result<rt::Receipt, rt::PublishError> {
    SendMarkProducer::new(transport).send(message).await
}
}

