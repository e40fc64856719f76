//! The program as its users run it.

use std::error::Error;
use std::process::Command;

#[test]
fn everybody_hears_everything_in_their_room_and_strangers_are_not_let_in() -> Result<(), Box<dyn Error>> {
    let output = Command::new(env!("CARGO_BIN_EXE_chat")).args(["--people", "21"]).output()?;
    let text = String::from_utf8(output.stdout)?;
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8(output.stderr)?);
    assert!(text.starts_with("a stranger is not let in\n"), "{text}");
    for line in [
        "person 21 in the garden: heard 11 of 11, saw 11 of them write\n",
        "person 20 in the kitchen: heard 10 of 10, saw 10 of them write\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert_eq!(text.lines().count(), 22, "{text}");
    Ok(())
}
