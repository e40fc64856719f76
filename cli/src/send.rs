//! `tidings send`: one signed message of an operation to a webhook.

use crate::listen::secret;
use crate::payloads::Payloads;
use crate::{Outcome, input, terminal};
use clap::Args;
use std::path::PathBuf;
use tidings::document::Message as MessageObject;
use tidings::schema::{Reader, sample};
use tidings::syntax::to_json;
use tidings_runtime::webhook::{Destinations, Secret, Sender};
use tidings_runtime::{Backoff, Message, Transport};

/// Sends one signed message of an operation to a webhook
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings send asyncapi.yaml orderChanged --to http://127.0.0.1:8080/ --secret whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD
  tidings send asyncapi.yaml orderChanged --to https://example.com/hooks --data order.json

The payload is the message's first example, or made of its schema, or that of --data.
Exit status: 0 taken, 1 the document or the payload is invalid, or the message was not taken, 2 bad usage or a file that cannot be read.")]
pub struct Arguments {
    /// The document, YAML or JSON
    file: PathBuf,
    /// The key of the operation (in 2.x its operationId)
    operation: String,
    /// Where to post it
    #[arg(long, value_name = "URL")]
    to: String,
    /// The secret to sign with; several while one replaces another
    #[arg(long = "secret", value_name = "WHSEC", value_parser = secret)]
    secrets: Vec<Secret>,
    /// The payload to send instead
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    send(arguments).unwrap_or_else(|message| {
        terminal::say(&format!("error: {message}"));
        Outcome::Failed
    })
}

fn send(arguments: &Arguments) -> Result<Outcome, String> {
    let Some(mut input) = input::open(&arguments.file, &[]) else { return Ok(Outcome::Failed) };
    let document = tidings::read(&mut input.files, input.root, &mut input.diagnostics);
    input.diagnostics.sort();
    let Some(document) = document else {
        input::show(&input.diagnostics, input.files.sources());
        terminal::say(&format!("{}: {}; nothing was sent", arguments.file.display(), input.diagnostics.summary()));
        return Ok(Outcome::Wrong);
    };
    let Some(operation) = document.operations.iter().find(|operation| operation.key == arguments.operation) else {
        let known: Vec<&str> = document.operations.iter().map(|operation| operation.key.as_str()).collect();
        return Err(format!("there is no operation `{}`; there are: {}", arguments.operation, known.join(", ")));
    };
    let message = operation.messages.first().and_then(|id| document.message(*id));
    let payload = match &arguments.data {
        Some(path) => std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?,
        None => made(&input, message)?.into_bytes(),
    };
    // A message that its own document refuses is not sent, whoever made it.
    let payloads = Payloads::new(&input.files, operation.messages.iter().filter_map(|id| document.message(*id)));
    if let Err(faults) = payloads.check(&payload) {
        terminal::say(&format!("the payload is not what the document says: {faults}; nothing was sent"));
        return Ok(Outcome::Wrong);
    }
    let content_type = message.and_then(|message| message.content_type.as_deref()).unwrap_or("application/json");
    let sender = arguments
        .secrets
        .iter()
        .fold(Sender::new(&arguments.to).map_err(|error| format!("--to: {error}"))?, |sender, secret| {
            sender.secret(secret.clone())
        });
    // The user wrote the URL: it may lead to their own machine.
    let sender = sender.destinations(Destinations::anywhere()).map_err(|error| format!("--to: {error}"))?;
    let sender = sender.retry(Backoff::default().max_attempts(1));
    let message = Message::new(payload).with_content_type(content_type);
    let runtime = terminal::runtime().map_err(|error| error.to_string())?;
    match runtime.block_on(sender.publish(None, "/", message)) {
        Ok(_) => {
            terminal::say(&format!("{}: taken", arguments.to));
            Ok(Outcome::Done)
        }
        Err(error) => {
            terminal::say(&format!("{}: {error}", arguments.to));
            Ok(Outcome::Wrong)
        }
    }
}

/// The payload of the message's first example, or one made of its schema.
fn made(input: &input::Input, message: Option<&MessageObject>) -> Result<String, String> {
    let message = message.ok_or("the operation has no message; give a payload with --data")?;
    let example = message.examples.iter().find_map(|example| input.files.node(*example).get("payload"));
    if let Some(example) = example {
        return Ok(to_json(example));
    }
    let payload = message.payload.as_ref().ok_or("the message has no payload schema; give a payload with --data")?;
    let mut reader = Reader::new(&input.files);
    let id = reader.read(payload.node, &payload.format);
    let id = id.ok_or("the payload schema is in a language that is not read yet; give a payload with --data")?;
    Ok(sample(&input.files, &reader.finish(), id).to_string())
}
