mod snippet_0 {
use goldens::mqtt_bindings::*;
use tidings_runtime as rt;

pub async fn send_state(
    transport: impl rt::Transport,
    parameters: &StatesParameters,
    message: &State,
) -> Result<rt::Receipt, rt::PublishError> {
    SendStateProducer::new(transport).send_state(parameters, message).await
}

pub async fn send_raw(
    transport: impl rt::Transport,
    parameters: &StatesParameters,
    message: &Raw,
) -> Result<rt::Receipt, rt::PublishError> {
    SendStateProducer::new(transport).send_raw(parameters, message).await
}
}

