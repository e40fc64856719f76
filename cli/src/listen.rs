//! `tidings listen`: receives webhooks on loopback, verifies them, prints them.

use crate::payloads::Payloads;
use crate::{Outcome, input, terminal};
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};
use tidings_runtime::codegen::routing::{Action, Channel, Dispatch, Failure, Operation, Received, consumer};
use tidings_runtime::webhook::{Receiver, Secret, Verifier};

/// Receives webhooks on loopback at POST /, verifies and prints them
#[derive(Args)]
#[command(after_help = "\
Examples:
  tidings listen --port 8080 --secret whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD
  tidings listen asyncapi.yaml --port 8080        # takes only what fits a message of the document
  tidings listen --port 0 --secret whsec_b2xk.. --secret whsec_bmV3..     # a free port; either secret is good

Answers 204 to what is genuine and 4xx to what is not. Without a secret, everything is taken.
Ends with ctrl-c. Exit status: 0 ended, 1 the document is invalid, 2 bad usage or a port that cannot be had.")]
pub struct Arguments {
    /// A document: what fits none of its messages is answered 400
    file: Option<PathBuf>,
    /// The port; 0 for a free one, which is then said
    #[arg(long)]
    port: u16,
    /// A secret that signatures are checked with; several while one replaces another
    #[arg(long = "secret", value_name = "WHSEC", value_parser = secret)]
    secrets: Vec<Secret>,
}

/// Reads a secret from the command line.
pub fn secret(text: &str) -> Result<Secret, String> {
    Secret::parse(text).map_err(|error| error.to_string())
}

static CHANNEL: Channel = Channel::new("webhooks", Some("/"));
static OPERATION: Operation = Operation::new("listen", &CHANNEL, Action::Receive);

/// Prints what it gets: one line about it, then the body.
struct Printer(Payloads);

impl Dispatch for Printer {
    async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
        let message = received.message();
        self.0.check(&message.payload).map_err(|faults| Failure::Undecodable(faults.into()))?;
        let id = message.id.as_deref().unwrap_or("no id");
        let content_type = message.content_type.as_deref().unwrap_or("no content type");
        let body = String::from_utf8_lossy(&message.payload);
        // Somebody else wrote this: it must not steer the terminal.
        let plain = |text: &str| text.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "\u{fffd}");
        terminal::say(&format!("received {} ({}, {} bytes)", plain(id), plain(content_type), message.payload.len()));
        let mut out = std::io::stdout().lock();
        // A reader that has gone away is no fault of the sender.
        let _ = writeln!(out, "{}", plain(&body)).and_then(|()| out.flush());
        Ok(())
    }
}

/// Runs the subcommand.
pub fn run(arguments: &Arguments) -> Outcome {
    let payloads = match &arguments.file {
        None => Payloads::default(),
        Some(path) => match described(path) {
            Ok(payloads) => payloads,
            Err(outcome) => return outcome,
        },
    };
    match terminal::runtime().and_then(|runtime| runtime.block_on(listen(arguments, payloads))) {
        Ok(()) => Outcome::Done,
        Err(error) => {
            terminal::say(&format!("error: port {}: {error}", arguments.port));
            Outcome::Failed
        }
    }
}

/// The messages of a document; if it cannot be read or is invalid, how the command ends.
fn described(path: &Path) -> Result<Payloads, Outcome> {
    let mut input = input::open(path, &[]).ok_or(Outcome::Failed)?;
    let document = tidings::read(&mut input.files, input.root, &mut input.diagnostics);
    input.diagnostics.sort();
    let Some(document) = document else {
        input::show(&input.diagnostics, input.files.sources());
        terminal::say(&format!("{}: {}", path.display(), input.diagnostics.summary()));
        return Err(Outcome::Wrong);
    };
    Ok(Payloads::new(&input.files, &document.messages))
}

async fn listen(arguments: &Arguments, payloads: Payloads) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    let address = listener.local_addr()?;
    let mut receiver = Receiver::new(consumer(&OPERATION, Printer(payloads)));
    if arguments.secrets.is_empty() {
        terminal::say("warning: without --secret nothing is verified");
    } else {
        receiver = receiver.verify(Verifier::new(arguments.secrets.iter().cloned()));
    }
    terminal::say(&format!("listening at http://{address}/"));
    axum::serve(listener, receiver.into_router()).with_graceful_shutdown(tidings_runtime::shutdown_signal()).await
}
