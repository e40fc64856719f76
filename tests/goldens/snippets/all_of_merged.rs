mod snippet_0 {
use goldens::all_of_merged::*;
use tidings_runtime as rt;

pub async fn send_dog(
    transport: impl rt::Transport,
    message: &Dog,
) -> Result<rt::Receipt, rt::PublishError> {
    SendAnimalProducer::new(transport).send_dog(message).await
}

pub async fn send_cat(
    transport: impl rt::Transport,
    message: &Cat,
) -> Result<rt::Receipt, rt::PublishError> {
    SendAnimalProducer::new(transport).send_cat(message).await
}
}

