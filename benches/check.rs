//! What checking a document costs, and generating Rust of it: `cargo bench --bench check`.
//!
//! In: a document of this repository, and documents made of many channels and schemas. Out: times; `large::check` is to be
//! at most three times `large::events`, the bare events of the YAML parser; `growth` and `generate` are to grow as their
//! input does.

#![allow(missing_docs)]

use divan::Bencher;
use divan::counter::BytesCount;
use std::fmt::Write;
use tidings::Role;
use tidings::reference::{Files, Policy};
use tidings::rust::{Settings, generate as generate_module};
use tidings::source::{Diagnostics, Sources};
use tidings::syntax::{self, Trees};

fn main() {
    divan::main();
}

/// A valid document of about so many bytes.
fn document(bytes: usize) -> String {
    let mut channels = String::new();
    let mut schemas = String::new();
    let mut number = 0;
    while channels.len() + schemas.len() < bytes {
        let _ = write!(
            channels,
            "  orders{number}:\n    address: orders/{{region}}/{number}\n    title: Orders of region {number}\n    parameters:\n      \
             region:\n        description: Where the order was placed\n    messages:\n      order:\n        contentType: \
             application/json\n        payload:\n          $ref: '#/components/schemas/Order{number}'\n"
        );
        let _ = write!(
            schemas,
            "    Order{number}:\n      type: object\n      description: An order, with all that belongs to it\n      required: [id, \
             lines]\n      properties:\n        id:\n          type: string\n          format: uuid\n        amount:\n          \
             type: number\n          minimum: 0\n        lines:\n          type: array\n          items:\n            type: \
             object\n            properties:\n              article: {{type: string, maxLength: 40}}\n              count: \
             {{type: integer, minimum: 1}}\n"
        );
        number += 1;
    }
    format!(
        "asyncapi: 3.0.0\ninfo:\n  title: Orders\n  version: 1.0.0\nchannels:\n{channels}components:\n  schemas:\n{schemas}"
    )
}

/// All that `tidings validate` does before it shows anything; the number of findings.
fn check(text: &str) -> usize {
    let mut files = Files::new(Policy::default());
    let mut diagnostics = Diagnostics::default();
    let source = files.add("asyncapi.yaml", None, text.to_owned(), &mut diagnostics);
    tidings::check(&files, source, &mut diagnostics);
    diagnostics.sort();
    diagnostics.iter().count()
}

#[divan::bench]
fn orders(bencher: Bencher<'_, '_>) {
    let text = include_str!("../specs/orders.yaml");
    bencher.counter(BytesCount::of_str(text)).bench(|| check(divan::black_box(text)));
}

#[divan::bench(args = [100_000, 1_000_000, 10_000_000], sample_count = 10)]
fn growth(bencher: Bencher<'_, '_>, bytes: usize) {
    let text = document(bytes);
    bencher.counter(BytesCount::of_str(&text)).bench(|| check(divan::black_box(&text)));
}

/// All that `tidings generate` does but for the files that it writes; the bytes of the module.
#[divan::bench(args = [80_000, 160_000, 320_000, 640_000], sample_count = 10)]
fn generate(bencher: Bencher<'_, '_>, bytes: usize) {
    let mut text = document(bytes) + "operations:\n";
    for number in 0..text.matches("\n  orders").count() {
        let _ = writeln!(text, "  send{number}: {{action: send, channel: {{$ref: '#/channels/orders{number}'}}}}");
    }
    bencher.counter(BytesCount::of_str(&text)).bench(|| {
        let mut files = Files::new(Policy::default());
        let mut diagnostics = Diagnostics::default();
        let source = files.add("asyncapi.yaml", None, divan::black_box(&text).clone(), &mut diagnostics);
        let document = tidings::read(&mut files, source, &mut diagnostics);
        let settings = Settings { role: Role::Both, ..Settings::default() };
        document
            .and_then(|document| generate_module(&files, &document, settings, &mut diagnostics))
            .map(|text| text.len())
    });
}

#[divan::bench_group(sample_count = 30)]
mod large {
    use super::*;

    const BYTES: usize = 950_000;

    #[divan::bench]
    fn events(bencher: Bencher<'_, '_>) {
        let text = document(BYTES);
        let parse = || granit_parser::Parser::new_from_str(divan::black_box(&text)).filter(Result::is_ok).count();
        bencher.counter(BytesCount::of_str(&text)).bench(parse);
    }

    #[divan::bench]
    fn tree(bencher: Bencher<'_, '_>) {
        let text = document(BYTES);
        bencher.counter(BytesCount::of_str(&text)).bench(|| {
            let mut sources = Sources::default();
            let id = sources.add("asyncapi.yaml", None, divan::black_box(&text).clone());
            let mut trees = Trees::default();
            let mut diagnostics = Diagnostics::default();
            sources.get(id).and_then(|source| syntax::read(source, id, &mut trees, &mut diagnostics))
        });
    }

    #[divan::bench]
    fn check(bencher: Bencher<'_, '_>) {
        let text = document(BYTES);
        bencher.counter(BytesCount::of_str(&text)).bench(|| super::check(divan::black_box(&text)));
    }
}
