//! The `tidings` binary: reads its arguments and hands them to the file of the subcommand.
//!
//! Exit status: 0 done, nothing wrong; 1 the input is wrong; 2 bad usage, or a file that cannot be read or written.

mod broker;
mod config;
mod configuration;
mod diff;
mod docs;
mod documents;
mod explain;
mod generate;
mod history;
mod input;
mod link;
mod listen;
mod payloads;
mod render;
mod schema;
mod send;
mod serve;
mod terminal;
mod validate;
mod watch;
mod web;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// AsyncAPI documents in, working Rust out.
#[derive(Parser)]
#[command(version, about, max_term_width = 100, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Validate(validate::Arguments),
    Diff(diff::Arguments),
    Link(link::Arguments),
    Generate(generate::Arguments),
    Docs(docs::Arguments),
    Schema(schema::Arguments),
    Model(render::ModelArguments),
    Render(render::RenderArguments),
    Explain(explain::Arguments),
    Config(config::Arguments),
    Listen(listen::Arguments),
    Send(send::Arguments),
}

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Nothing is wrong.
    Done,
    /// The input is wrong.
    Wrong,
    /// The command could not do its work.
    Failed,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Done => 0,
            Outcome::Wrong => 1,
            Outcome::Failed => 2,
        })
    }
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        Command::Validate(arguments) => validate::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Link(arguments) => link::run(&arguments),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Docs(arguments) => docs::run(&arguments),
        Command::Schema(arguments) => schema::run(&arguments),
        Command::Model(arguments) => render::model(&arguments),
        Command::Render(arguments) => render::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Config(arguments) => config::run(&arguments),
        Command::Listen(arguments) => listen::run(&arguments),
        Command::Send(arguments) => send::run(&arguments),
    }
    .into()
}
