//! A tree -> structure checked by version -> one normalised AsyncAPI 3 model.
//!
//! In: [`Files`] with a document opened. Out: a [`Document`], or diagnostics that say why there is none. Downstream
//! nothing asks which version a document was written in.

mod damage;
pub mod extension;
mod format;
mod lower;
mod model;
pub mod structure;
mod version;

pub use damage::without_consequences;
pub use format::{Dialect, SchemaFormat};
pub use model::{
    Action, Bridge, Channel, ChannelId, ChannelMessage, Document, EventMode, Location, Message, MessageId, Operation,
    Parameter, Part, Reply, SchemaUse, SecurityScheme, Server, ServerId, Variable,
};
pub use version::Version;

use crate::reference::Files;
use crate::source::SourceId;

/// Makes the model of a document that was checked and has no errors. `None` when its root is no object.
pub fn lower(files: &mut Files, source: SourceId, version: Version) -> Option<Document> {
    lower::lower(files, source, version)
}
