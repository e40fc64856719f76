//! What every subcommand needs to know of its user, and to speak to them.

use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;

/// Is colour wanted on standard error? Only on a terminal, and not if `NO_COLOR` is set.
pub fn colour() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && std::io::stderr().is_terminal()
}

/// The folder that the user works in, if it is one: whoever stands at the top of a file system does not mean all of it.
pub fn current_folder() -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?;
    folder.parent().is_some().then_some(folder)
}

/// Standard input to its end.
///
/// # Errors
/// It cannot be read, is not UTF-8, or is larger than a file may be.
pub fn read_standard_input() -> std::io::Result<String> {
    const MAXIMUM_BYTES: u64 = 256 * 1024 * 1024;
    let mut text = String::new();
    std::io::stdin().lock().take(MAXIMUM_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAXIMUM_BYTES {
        return Err(std::io::Error::other("it is larger than 256 MiB"));
    }
    Ok(text)
}

/// Writes a line to standard error. A reader that has gone away is no fault of ours.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes text to standard output. `false` when that failed for another reason than a reader that has gone away.
pub fn print(text: &str) -> bool {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => true,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => true,
        Err(error) => {
            say(&format!("error: cannot write to standard output: {error}"));
            false
        }
    }
}

/// What runs commands that speak over a network.
///
/// # Errors
/// When the system gives no thread or no event queue.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
