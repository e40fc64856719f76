mod snippet_0 {
use goldens::lowered_from_2_6::*;
use tidings_runtime as rt;

pub struct Printer;

impl OnUserSignedUpHandler for Printer {
    async fn on_user_signed_up(
        &self,
        message: UserSignedUp,
        context: rt::Context<UserUserIdSignedupParameters, ()>,
    ) -> Result<(), rt::HandlerError> {
        println!("{message:?} {:?}", context.id());
        Ok(())
    }
}

pub async fn consume(
    transport: impl rt::Transport,
) -> Result<(), rt::consume::ServiceError> {
    let service = rt::Service::new(transport).consumer(on_user_signed_up(Printer));
    service.run_until(rt::shutdown_signal()).await?;
    Ok(())
}
}

mod snippet_1 {
use goldens::lowered_from_2_6::*;
use tidings_runtime as rt;

pub async fn send_user_signed_up(
    transport: impl rt::Transport,
    parameters: &UserUserIdSignedupParameters,
    message: &UserSignedUp,
) -> Result<rt::Receipt, rt::PublishError> {
    SendUserUserIdSignedupProducer::new(transport)
        .send_user_signed_up(parameters, message)
        .await
}

pub async fn send_left(
    transport: impl rt::Transport,
    parameters: &UserUserIdSignedupParameters,
    message: &Left,
) -> Result<rt::Receipt, rt::PublishError> {
    SendUserUserIdSignedupProducer::new(transport).send_left(parameters, message).await
}
}

