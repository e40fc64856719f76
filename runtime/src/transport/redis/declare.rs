//! Streams and groups: found, made, or left alone.
//!
//! In: streams and a group. Out: that they are there, or an error with the command that makes them. What exists is never
//! changed.

use redis::streams::{StreamInfoGroup, StreamInfoGroupsReply};
use redis::{Cmd, RedisError};

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

/// The groups of a stream.
async fn groups(line: &Line, stream: &str) -> Result<Vec<StreamInfoGroup>, RedisError> {
    let mut command = Cmd::new();
    command.arg("XINFO").arg("GROUPS").arg(stream);
    Ok(line.ask::<StreamInfoGroupsReply>(&command).await?.groups)
}

/// How much of the streams the group has not settled; none where the server does not say.
///
/// # Errors
/// A stream is missing, or the server does not answer.
pub(super) async fn lag(line: &Line, streams: &[String], group: &str) -> Result<Option<u64>, TransportError> {
    let mut behind = 0_u64;
    for stream in streams {
        let found = groups(line, stream).await;
        let found =
            found.map_err(|error| failure(&format!("Redis does not tell about the stream `{stream}`"), &error))?;
        let Some(known) = found.into_iter().find(|known| known.name == group) else { return Ok(None) };
        let Some(lag) = known.lag else { return Ok(None) };
        behind = behind.saturating_add(lag as u64).saturating_add(known.pending as u64);
    }
    Ok(Some(behind))
}

async fn verify(line: &Line, stream: &str, group: &str, begin: &str) -> Result<(), TransportError> {
    let missing = |what: &str| {
        TransportError::permanent(format!(
            "Redis has no {what}; create it (`redis-cli XGROUP CREATE '{stream}' '{group}' '{begin}' MKSTREAM`), or connect \
             with `declare(Declare::Create)`"
        ))
    };
    match groups(line, stream).await {
        Ok(found) if found.iter().any(|known| known.name == group) => Ok(()),
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
