//! A command for a shell that takes part in an operation, with tools that people have.
//!
//! In: what the operation is about, as plain text. Out: a command in which every text of the document is one word of the
//! shell, whatever it contains.

use crate::document::Action;

/// Continues a command on the next line.
const NEXT: &str = " \\\n  ";

/// What a command is made of.
pub(super) struct Call<'a> {
    /// Protocol of the server.
    pub protocol: &'a str,
    /// Host and port of the server.
    pub host: &'a str,
    /// Path on the host; empty for none.
    pub path: &'a str,
    /// Address of the channel, its parameters replaced where a value is known.
    pub address: &'a str,
    /// Address of the channel, as it is.
    pub pattern: &'a str,
    /// What the described application does: a reader does the opposite.
    pub action: Action,
    /// A payload, in one line.
    pub sample: &'a str,
    /// Media type of the payload.
    pub content_type: &'a str,
}

/// A word of a POSIX shell that means `text` and nothing else.
pub(super) fn quote(text: &str) -> String {
    // Controls other than a line feed have no business in a command, and could deceive whoever pastes it.
    let text: String = text.chars().filter(|character| *character == '\n' || !character.is_control()).collect();
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@%+=,".contains(character);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A word with a part that is ours in front, so that no text is taken for an option.
fn option(name: &str, text: &str) -> String {
    format!("{name} {}", quote(text))
}

/// The command for a reader of the page, who is at the other end of the operation. `None` for a protocol without such a tool.
pub(super) fn command(call: &Call<'_>) -> Option<String> {
    let listens = call.action == Action::Send;
    let host = call.host.trim_end_matches('/');
    if host.is_empty() {
        return None;
    }
    let (name, port) = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).unwrap_or((host, ""));
    let piped = |command: String| format!("printf '%s' {}{NEXT}| {command}", quote(call.sample));
    let url = |scheme: &str| {
        let rest = call.address.trim_start_matches('/');
        let path = call.path.trim_end_matches('/');
        quote(&format!("{scheme}://{host}{path}/{rest}"))
    };
    Some(match call.protocol.to_ascii_lowercase().as_str() {
        "kafka" | "kafka-secure" => {
            let base = format!("kcat {}{NEXT}{}", option("-b", host), option("-t", call.address));
            if listens { format!("{base} -C") } else { piped(format!("{base} -P")) }
        }
        protocol @ ("mqtt" | "mqtts" | "mqtt5" | "secure-mqtt") => {
            let secure = matches!(protocol, "mqtts" | "secure-mqtt");
            let port = match (port, secure) {
                ("", true) => "8883",
                ("", false) => "1883",
                (port, _) => port,
            };
            let to = format!("{} {}", option("-h", name), option("-p", port));
            // A subscription to an address with parameters is one to all of them.
            let topic =
                option("-t", &if listens { with_parameters(call.pattern, "+") } else { call.address.to_owned() });
            match listens {
                true => format!("mosquitto_sub {to}{NEXT}{topic} -v"),
                false => format!("mosquitto_pub {to}{NEXT}{topic}{NEXT}{}", option("-m", call.sample)),
            }
        }
        "nats" => match listens {
            true => {
                format!("nats {}{NEXT}sub {}", option("--server", host), quote(&with_parameters(call.pattern, "*")))
            }
            false => format!(
                "nats {}{NEXT}pub -- {}{NEXT}{}",
                option("--server", host),
                quote(call.address),
                quote(call.sample)
            ),
        },
        scheme @ ("ws" | "wss") => {
            let target = url(scheme);
            if listens { format!("websocat {target}") } else { piped(format!("websocat {target}")) }
        }
        scheme @ ("http" | "https") if !listens => {
            let header = option("-H", &format!("Content-Type: {}", call.content_type));
            format!("curl {header}{NEXT}{}{NEXT}{}", option("--data-raw", call.sample), url(scheme))
        }
        "redis" => {
            let to = match port {
                "" => option("-h", name),
                port => format!("{} {}", option("-h", name), option("-p", port)),
            };
            match listens {
                true => format!("redis-cli {to}{NEXT}SUBSCRIBE {}", quote(call.address)),
                false => format!("redis-cli {to}{NEXT}PUBLISH {} {}", quote(call.address), quote(call.sample)),
            }
        }
        _ => return None,
    })
}

/// An address with every parameter replaced.
fn with_parameters(address: &str, by: &str) -> String {
    filled(address, |_| Some(by.to_owned()))
}

/// A text with the names in braces replaced by what they stand for, where that is known.
pub(super) fn filled(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(&value(name).unwrap_or_else(|| format!("{{{name}}}")));
        rest = behind;
    }
    // What is left holds the brace that nothing closed.
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        for text in ["plain", "", "it's", "$(id)", "`id`", "a\nb", "-n", "\"; rm x #", "~", "*", "a b\\", "!x", "ü"] {
            let output = Command::new("sh").args(["-c", &format!("printf %s {}", quote(text))]).output();
            let Ok(output) = output else { return };
            // `printf -n` would be an option, were it not for what stands before it.
            assert_eq!(String::from_utf8_lossy(&output.stdout), text, "{text:?}");
        }
        assert_eq!(quote("a\u{1b}[31m\rb"), "'a[31mb'");
    }
}
