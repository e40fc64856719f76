//! `tidings send`: one message of an operation to a webhook, signed, or to a broker.

use crate::broker::{self, Fault, Manner, Publication, kept};
use crate::listen::secret;
use crate::payloads::Payloads;
use crate::{Outcome, input, terminal};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;
use tidings::document::{Channel, Document, Location, Message as MessageObject, Operation, Part};
use tidings::schema::{Reader, sample};
use tidings::syntax::{NodeId, to_json};
use tidings_runtime::message::{Action, AddressTemplate, Channel as Descriptor, Operation as OperationDescriptor};
use tidings_runtime::webhook::{Destinations, Secret, Sender};
use tidings_runtime::{Backoff, Message, Transport};

/// Sends one message of an operation to a webhook, signed, or to a broker
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings send asyncapi.yaml orderChanged --to http://127.0.0.1:8080/ --secret whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD
  tidings send asyncapi.yaml orderChanged --to https://example.com/hooks --data order.json
  tidings send asyncapi.yaml orderChanged --to nats://127.0.0.1:4222 --parameter region=eu --create
  TIDINGS_USER=ann TIDINGS_PASSWORD=.. tidings send asyncapi.yaml orderChanged --to mqtts://broker.example.com

The payload is the message's first example, or made of its schema, or that of --data; so are the headers. To a broker it goes
as the bindings of the document say, and is confirmed before this ends.

Secrets for brokers are taken from the environment: TIDINGS_USER and TIDINGS_PASSWORD, TIDINGS_TOKEN, TIDINGS_CERTIFICATE and
TIDINGS_CERTIFICATE_KEY (PEM files), TIDINGS_TLS_ROOT (a PEM file of certificates to trust).

Exit status: 0 taken, 1 the document or the payload is invalid, or the message was not taken, 2 bad usage or a file that cannot be read.")]
pub struct Arguments {
    /// The document, YAML or JSON
    file: PathBuf,
    /// The key of the operation (in 2.x its operationId)
    operation: String,
    /// Where to send it: http:// and https:// for webhooks, nats://, mqtt://, .. for brokers
    #[arg(long, value_name = "URL")]
    to: String,
    /// The key of the message, where the operation has several; the first one unless set
    #[arg(long, value_name = "KEY")]
    message: Option<String>,
    /// The secret to sign a webhook with; several while one replaces another
    #[arg(long = "secret", value_name = "WHSEC", value_parser = secret)]
    secrets: Vec<Secret>,
    /// The payload to send instead
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// A parameter of the address, for brokers; without it what its location in the message, its default or the first allowed value says
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = assignment)]
    parameters: Vec<(String, String)>,
    /// Makes the topic, queue or stream that is missing
    #[arg(long)]
    create: bool,
    /// Sends by core NATS, which confirms nothing, instead of JetStream
    #[arg(long)]
    unconfirmed: bool,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
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
    let mut messages = operation.messages.iter().filter_map(|id| document.message(*id));
    let message = match &arguments.message {
        None => messages.next(),
        Some(key) => Some(messages.find(|message| message.key == *key).ok_or_else(|| {
            let known = operation.messages.iter().filter_map(|id| Some(document.message(*id)?.key.as_str()));
            let known: Vec<&str> = known.collect();
            format!("the operation has no message `{key}`; it has: {}", known.join(", "))
        })?),
    };
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
    let headers = headers(&input, message);
    let mut sent = Message::new(payload).with_content_type(content_type);
    for (name, value) in &headers {
        sent = sent.with_header(name.clone(), text_of(value));
    }
    let runtime = terminal::runtime().map_err(|error| error.to_string())?;
    let published = match broker::client_of(&arguments.to) {
        Some(feature) => {
            let publication = publication(arguments, &input, &document, operation, message, sent, &headers)?;
            let manner = Manner { create: arguments.create, unconfirmed: arguments.unconfirmed };
            let version = document
                .servers
                .iter()
                .find(|server| broker::client_of(&format!("{}://", server.protocol)) == Some(feature));
            let version = version.and_then(|server| server.protocol_version.as_deref());
            runtime.block_on(broker::publish(&arguments.to, feature, version, &manner, publication))
        }
        None => runtime.block_on(post(arguments, sent)),
    };
    match published {
        Ok(position) => {
            let position = position.map_or_else(String::new, |position| format!(" at {position}"));
            terminal::say(&format!("{}: taken{position}", shown(&arguments.to)));
            Ok(Outcome::Done)
        }
        Err(Fault::Broker(error)) => {
            terminal::say(&format!("{}: {error}", shown(&arguments.to)));
            Ok(Outcome::Wrong)
        }
        Err(Fault::Usage(error)) => Err(error),
    }
}

/// A URL without the credentials that it may hold.
fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    format!("{scheme}://{}{path}", authority.rsplit_once('@').map_or(authority, |(_, host)| host))
}

/// Posts a webhook.
async fn post(arguments: &Arguments, message: Message) -> Result<Option<String>, Fault> {
    let is_web = ["http://", "https://"].iter().any(|scheme| arguments.to.starts_with(scheme));
    if !is_web {
        return Err(Fault::Usage(format!("--to: the URL begins with one of {}", broker::schemes())));
    }
    let usage = |error: &dyn std::fmt::Display| Fault::Usage(format!("--to: {error}"));
    let sender = Sender::new(&arguments.to).map_err(|error| usage(&error))?;
    let sender = arguments.secrets.iter().fold(sender, |sender, secret| sender.secret(secret.clone()));
    // The user wrote the URL: it may lead to their own machine.
    let sender = sender.destinations(Destinations::anywhere()).map_err(|error| usage(&error))?;
    let sender = sender.retry(Backoff::default().max_attempts(1));
    let published = sender.publish(None, "/", message).await;
    published.map(|_| None).map_err(|error| Fault::Broker(error.to_string()))
}

/// What goes to a broker: the message at its address, with the bindings of the document.
fn publication(
    arguments: &Arguments,
    input: &input::Input,
    document: &Document,
    operation: &Operation,
    message: Option<&MessageObject>,
    mut sent: Message,
    headers: &[(String, Value)],
) -> Result<Publication, String> {
    let channel = document.channel(operation.channel).ok_or("the operation has no channel")?;
    let payload: Value = serde_json::from_slice(&sent.payload).unwrap_or_default();
    let headers = Value::Object(headers.iter().cloned().collect());
    let at = |location: &Location| {
        let part = if location.part == Part::Payload { &payload } else { &headers };
        part.pointer(&location.pointer).filter(|value| !value.is_null()).map(text_of)
    };
    let key = operation.partition_key.as_ref().or_else(|| message?.partition_key.as_ref());
    sent.key = key.and_then(at).map(Into::into);
    let template = channel.address.as_deref().ok_or("the document leaves the channel's address unknown")?;
    let values = values(arguments, channel, &at)?;
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let address = AddressTemplate::new(template).expand(&values).map_err(|error| error.to_string())?;
    let bindings = |node: Option<NodeId>| -> &'static [(&'static str, &'static str)] {
        let entries = node.into_iter().flat_map(|node| input.files.node(node).entries());
        let entries = entries.filter_map(|entry| Some((entry.key, to_json(input.files.follow(entry.value).ok()?))));
        Vec::leak(entries.map(|(protocol, text)| (kept(protocol), kept(&text))).collect())
    };
    let descriptor =
        Descriptor::new(kept(&channel.key), Some(kept(template))).with_bindings(bindings(channel.bindings));
    let descriptor: &'static Descriptor = Box::leak(Box::new(descriptor));
    let operation_bindings = bindings(operation.bindings);
    let operation = OperationDescriptor::new(kept(&operation.key), descriptor, Action::Send);
    let operation: &'static OperationDescriptor = Box::leak(Box::new(operation.with_bindings(operation_bindings)));
    let bindings = bindings(message.and_then(|message| message.bindings));
    Ok(Publication { operation, bindings, address, message: sent })
}

/// The values of the parameters of a channel's address.
fn values(
    arguments: &Arguments,
    channel: &Channel,
    at: &dyn Fn(&Location) -> Option<String>,
) -> Result<Vec<(String, String)>, String> {
    let known = |name: &str| channel.parameters.iter().any(|parameter| parameter.name == name);
    if let Some((name, _)) = arguments.parameters.iter().find(|(name, _)| !known(name)) {
        return Err(format!("--parameter: the address of `{}` has no parameter `{name}`", channel.key));
    }
    let mut missing = Vec::new();
    let mut values = Vec::new();
    for parameter in &channel.parameters {
        let name = &parameter.name;
        let given = arguments.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        let in_message = || at(&parameter.location.as_deref().and_then(Location::parse)?);
        let value = given.or_else(in_message).or_else(|| parameter.default.clone());
        match value.or_else(|| parameter.allowed.first().cloned()) {
            Some(value) if parameter.allowed.is_empty() || parameter.allowed.contains(&value) => {
                values.push((name.clone(), value));
            }
            Some(value) => {
                let allowed = parameter.allowed.join(", ");
                return Err(format!("the parameter `{name}` cannot be `{value}`; the document allows {allowed}"));
            }
            None => missing.push(format!("--parameter {name}=VALUE")),
        }
    }
    match missing.as_slice() {
        [] => Ok(values),
        missing => Err(format!("the address of `{}` needs {}", channel.key, missing.join(" "))),
    }
}

/// A text as it is, anything else as JSON: how headers, keys and addresses hold values.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The headers of the message's first example, or those that its schema makes.
fn headers(input: &input::Input, message: Option<&MessageObject>) -> Vec<(String, Value)> {
    let Some(message) = message else { return Vec::new() };
    let example = message.examples.iter().find_map(|example| input.files.node(*example).get("headers"));
    let value = match (example, &message.headers) {
        (Some(example), _) => serde_json::from_str(&to_json(example)).unwrap_or_default(),
        (None, Some(schema)) => {
            let mut reader = Reader::new(&input.files);
            let id = reader.read(schema.node, &schema.format);
            id.map_or(Value::Null, |id| sample(&input.files, &reader.finish(), id))
        }
        (None, None) => Value::Null,
    };
    match value {
        Value::Object(members) => members.into_iter().collect(),
        _ => Vec::new(),
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
