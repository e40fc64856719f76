//! The members of an object as JSON text, whose names generated code knows beforehand.
//!
//! In: names and values. Out: the text of an object at the end of a buffer. Names that need no escapes are copied as they are;
//! which those are is found out when the code is compiled.

use super::encode::Encode;

/// The name of a member.
#[derive(Clone, Copy, Debug)]
pub enum Name {
    /// `,"name":`, for a name without escapes.
    Plain(&'static str),
    /// The name alone.
    Other(&'static str),
}

impl Name {
    /// The name `key`, which without escapes is written as `written`: made by a macro.
    pub const fn new(key: &'static str, written: &'static str) -> Self {
        let mut rest = key.as_bytes();
        while let [byte, behind @ ..] = rest {
            if *byte < b' ' || *byte == b'"' || *byte == b'\\' {
                return Self::Other(key);
            }
            rest = behind;
        }
        Self::Plain(written)
    }
}

/// An object that is being written.
#[derive(Debug)]
pub struct Members<'t> {
    text: &'t mut Vec<u8>,
    /// Where the object begins.
    begin: usize,
}

impl<'t> Members<'t> {
    /// An object behind what `text` holds.
    pub const fn open(text: &'t mut Vec<u8>) -> Self {
        Self { begin: text.len(), text }
    }

    /// A member whose name the document has.
    ///
    /// # Errors
    /// The value has no JSON form.
    #[inline]
    pub fn put<T: Encode + ?Sized>(&mut self, name: Name, value: &T) -> Result<(), serde_json::Error> {
        match name {
            Name::Plain(written) => self.text.extend_from_slice(written.as_bytes()),
            Name::Other(key) => self.name(key)?,
        }
        value.write(self.text)
    }

    /// A member of any name.
    ///
    /// # Errors
    /// The value has no JSON form.
    pub fn put_other<T: Encode + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), serde_json::Error> {
        self.name(name)?;
        value.write(self.text)
    }

    fn name(&mut self, name: &str) -> Result<(), serde_json::Error> {
        self.text.push(b',');
        serde_json::to_writer(&mut *self.text, name)?;
        self.text.push(b':');
        Ok(())
    }

    /// The end of the object. What stands in front of the first member becomes the brace.
    pub fn close(self) {
        match self.text.get_mut(self.begin) {
            Some(first) => *first = b'{',
            None => self.text.push(b'{'),
        }
        self.text.push(b'}');
    }
}
