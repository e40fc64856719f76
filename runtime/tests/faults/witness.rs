//! A client of NATS that shares nothing with the one under test: the protocol's lines over TCP.
//!
//! In: a port and a stream. Out: what the stream holds.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut client = Self(BufReader::new(stream));
        client.send(
            "CONNECT {\"verbose\":false,\"headers\":true,\"lang\":\"test\",\"version\":\"0\"}\r\nSUB witness.> 1\r\n",
        );
        client
    }

    fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The payload of the next message.
    fn receive(&mut self) -> Vec<u8> {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            let words: Vec<&str> = line.split_whitespace().collect();
            let lengths = match words.first() {
                Some(&"PING") => {
                    self.send("PONG\r\n");
                    continue;
                }
                Some(&"MSG") => (0, words[words.len() - 1].parse::<usize>().unwrap()),
                Some(&"HMSG") => (words[words.len() - 2].parse().unwrap(), words[words.len() - 1].parse().unwrap()),
                Some(&"-ERR") | None => panic!("{line}"),
                _ => continue,
            };
            let mut bytes = vec![0; lengths.1 + 2];
            self.0.read_exact(&mut bytes).unwrap();
            return bytes[lengths.0..lengths.1].to_vec();
        }
    }

    fn ask(&mut self, subject: &str, request: &Value) -> Value {
        let request = request.to_string();
        self.send(&format!("PUB $JS.API.{subject} witness.answer {}\r\n{request}\r\n", request.len()));
        serde_json::from_slice(&self.receive()).unwrap()
    }

    fn held(&mut self, stream: &str) -> u64 {
        self.ask(&format!("STREAM.INFO.{stream}"), &json!({}))["state"]["messages"].as_u64().unwrap_or(0)
    }
}

/// How many messages a stream holds; none when there is no such stream.
pub fn held(port: u16, stream: &str) -> u64 {
    Client::connect(port).held(stream)
}

/// The payloads of a stream.
pub fn payloads(port: u16, stream: &str) -> Vec<Vec<u8>> {
    let mut client = Client::connect(port);
    let count = client.held(stream);
    let mut message = |number: u64| {
        let answer = client.ask(&format!("STREAM.MSG.GET.{stream}"), &json!({"seq": number}));
        decoded(answer["message"]["data"].as_str().unwrap_or_else(|| panic!("{answer}")))
    };
    // Nothing is removed from the stream, so that its numbers have no gap.
    (1..=count).map(&mut message).collect()
}

/// Base64, in which JetStream's answers hold payloads.
fn decoded(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| alphabet.iter().position(|known| *known == byte));
    let bits: Vec<u8> = digits.flat_map(|digit| (0..6).rev().map(move |bit| (digit >> bit & 1) as u8)).collect();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | bit)).collect()
}
