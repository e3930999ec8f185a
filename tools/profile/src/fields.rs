//! The fields of a message, before it is read.

/// A field of a message: its number in `profile.proto`, and its bytes.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    pub(crate) number: u64,
    pub(crate) bytes: &'a [u8],
}

impl Field<'_> {
    /// How many numbers it is: each ends in a byte without the highest bit.
    pub(crate) fn numbers(&self) -> u64 {
        self.bytes.iter().filter(|&&byte| byte < 0x80).count() as u64
    }
}

/// The fields of a message up to the first that is damaged.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    fn number(&mut self) -> Option<u64> {
        let end = self.0.iter().take(10).position(|&byte| byte < 0x80)?;
        let (number, rest) = self.0.split_at(end + 1);
        self.0 = rest;
        let parts = number.iter().rev().map(|byte| u64::from(byte & 0x7f));
        Some(parts.fold(0, |number, part| number << 7 | part))
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let key = self.number()?;
        let bytes = match key & 7 {
            0 => {
                let before = self.0;
                self.number()?;
                &before[..before.len() - self.0.len()]
            }
            1 => self.take(8)?,
            2 => {
                let length = self.number()?;
                self.take(length)?
            }
            5 => self.take(4)?,
            _ => return None,
        };
        Some(Field {
            number: key >> 3,
            bytes,
        })
    }
}
