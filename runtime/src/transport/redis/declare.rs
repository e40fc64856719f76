//! Streams and groups: found, made, or left alone.
//!
//! In: streams and a group. Out: that they are there, or an error with the command that makes them. What exists is never
//! changed.

use redis::Cmd;

use super::line::{Line, failure};
use crate::transport::{Declare, Start, TransportError};

/// Finds or makes the group on each of the streams, and the streams with it.
///
/// # Errors
/// It is missing and may not be made, a key holds something else, or the server does not answer.
pub(super) async fn group(
    line: &Line,
    declare: Declare,
    streams: &[String],
    group: &str,
    start: Start,
) -> Result<(), TransportError> {
    let begin = match start {
        Start::New => "$",
        Start::Earliest => "0",
    };
    for stream in streams {
        match declare {
            Declare::Never => (),
            Declare::Create => create(line, stream, group, begin).await?,
            Declare::Verify => verify(line, stream, group, begin).await?,
        }
    }
    Ok(())
}

async fn create(line: &Line, stream: &str, group: &str, begin: &str) -> Result<(), TransportError> {
    let mut command = Cmd::new();
    command.arg("XGROUP").arg("CREATE").arg(stream).arg(group).arg(begin).arg("MKSTREAM");
    match line.ask::<()>(&command).await {
        Ok(()) => {
            tracing::info!(stream, group, "group created");
            Ok(())
        }
        Err(error) if error.code() == Some("BUSYGROUP") => Ok(()),
        Err(error) => {
            Err(failure(&format!("the group `{group}` of the stream `{stream}` could not be created"), &error))
        }
    }
}

async fn verify(line: &Line, stream: &str, group: &str, begin: &str) -> Result<(), TransportError> {
    let missing = |what: &str| {
        TransportError::permanent(format!(
            "Redis has no {what}; create it (`redis-cli XGROUP CREATE '{stream}' '{group}' '{begin}' MKSTREAM`), or connect \
             with `declare(Declare::Create)`"
        ))
    };
    let mut command = Cmd::new();
    command.arg("XINFO").arg("GROUPS").arg(stream);
    match line.ask::<redis::streams::StreamInfoGroupsReply>(&command).await {
        Ok(found) if found.groups.iter().any(|known| known.name == group) => Ok(()),
        Ok(_) => Err(missing(&format!("group `{group}` of the stream `{stream}`"))),
        Err(error) if error.to_string().contains("no such key") => Err(missing(&format!("stream `{stream}`"))),
        Err(error) => Err(failure(&format!("Redis does not tell about the stream `{stream}`"), &error)),
    }
}

/// For a publication whose stream is not there, and may not be made.
pub(super) fn no_stream(stream: &str) -> TransportError {
    TransportError::permanent(format!(
        "Redis has no stream `{stream}`; create it (`redis-cli XGROUP CREATE '{stream}' GROUP '$' MKSTREAM` for those who \
         consume it), or connect with `declare(Declare::Create)`"
    ))
}
