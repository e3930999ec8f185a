//! Walking a thread's stack, from a signal handler or an ordinary call.
//!
//! Two ways lead from a frame to its caller. The frame pointer is the quick one, and it is wrong wherever a function
//! keeps none: in libc, in leaf functions, and on the first instructions of every function, its caller would be left
//! out. Call frame information, which the compiler writes for unwinding, is right everywhere, and its search costs a
//! few cache misses a frame.
//!
//! So the first frame, and every frame outside the program's own executable, is left by call frame information, and the
//! rest by the frame pointer. In an executable without frame pointers all frames are left by call frame information.
//! Where there is none (a library loaded after the [`Tables`] were made), the frame pointer is taken.
//!
//! A walk allocates nothing, takes no lock, and reads nothing but the stack: what it needs to know of the code is
//! prepared, and what it reads of the stack it has asked the kernel for ([`Stack`]).
//!
//! It is tested on x86-64 alone.
#![allow(unsafe_code)]

mod loaded;
mod memory;
mod registers;
pub(crate) mod remote;
mod rules;
pub(crate) mod signal;
mod table;

pub(crate) use registers::Registers;

use std::mem;

use memory::Stack;
use rules::{Cfa, Rule, Saved};
use table::Table;

/// What has to be known of the code in memory before stacks can be walked.
pub(crate) struct Tables {
    table: Table,
    /// Whether the executable's functions keep frame pointers, so that these are enough inside it.
    frame_pointers: bool,
}

/// How a walk leaves a frame.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The cheapest way that is right, as told above.
    Rule,
    /// Call frame information for every frame: what the rule is compared with.
    CallFrameInformation,
}

impl Tables {
    /// Reads the call frame information of all that is loaded now. It takes some milliseconds and 6 bytes for each row.
    pub(crate) fn of_this_process() -> Self {
        let table = Table::new(&loaded::modules());
        let frame_pointers = rules::keep_frame_pointers(&table);
        Self {
            table,
            frame_pointers,
        }
    }

    /// For walks that start in an ordinary call and go by frame pointers alone. It reads no call frame information, so
    /// it costs nothing; there is none where the program keeps no frame pointers.
    pub(crate) fn of_frame_pointers() -> Option<Self> {
        frame_pointers_lead_to_callers().then(|| Self {
            table: Table::empty(loaded::executable()),
            frame_pointers: true,
        })
    }

    /// Whether an address lies in the program's own code.
    pub(crate) fn in_executable(&self, address: usize) -> bool {
        self.table.in_executable(address)
    }

    /// Whether walks can be trusted at all: by frame pointers, or by call frame information.
    pub(crate) fn lead_anywhere(&self) -> bool {
        self.frame_pointers || !self.table.is_empty()
    }

    /// Whether the executable's functions keep frame pointers.
    pub(crate) fn frame_pointers(&self) -> bool {
        self.frame_pointers
    }

    /// Libraries that are loaded and tell nothing about their frames.
    pub(crate) fn without_information(&self) -> &[String] {
        self.table.without_information()
    }

    /// The addresses from the innermost frame to the outermost one. The first is where the thread is; the others are
    /// return addresses minus one, so that each lies within the call.
    ///
    /// It ends early at what cannot be read.
    pub(crate) fn walk(&self, from: Registers, by: By) -> Walk<'_> {
        Walk {
            tables: self,
            by,
            stack: Stack::from(from.sp),
            next: Some(from),
            first: true,
        }
    }
}

/// The frames of a stack, as addresses.
pub(crate) struct Walk<'a> {
    tables: &'a Tables,
    by: By,
    stack: Stack,
    next: Option<Registers>,
    first: bool,
}

impl Iterator for Walk<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let frame = self.next?;
        let first = mem::replace(&mut self.first, false);
        let address = if first { frame.pc } else { frame.pc - 1 };
        let Tables {
            table,
            frame_pointers,
        } = self.tables;
        let quick =
            *frame_pointers && !first && self.by == By::Rule && table.in_executable(address);
        let rule = if quick {
            Rule::UNKNOWN
        } else {
            table.rule(address)
        };
        self.next = match rule {
            Rule::END => None,
            Rule::UNKNOWN => frame.caller_by_frame_pointer(&mut self.stack),
            rule => frame.caller_by(rule, &mut self.stack),
        };
        // A stack grows downwards: what does not lead up leads nowhere.
        self.next = self
            .next
            .filter(|caller| caller.pc > 1 && (caller.sp > frame.sp || first));
        Some(address)
    }
}

impl Registers {
    fn caller_by_frame_pointer(self, stack: &mut Stack) -> Option<Self> {
        if self.fp < self.sp {
            return None;
        }
        Some(Self {
            fp: stack.read(self.fp)?,
            pc: registers::code_address(stack.read(self.fp.checked_add(8)?)?),
            sp: self.fp.checked_add(16)?,
            ra: 0,
        })
    }

    fn caller_by(self, rule: Rule, stack: &mut Stack) -> Option<Self> {
        let sum = |base: usize, offset: i32| base.checked_add_signed(offset as isize);
        let cfa = match rule.cfa {
            Cfa::Stack(offset) => sum(self.sp, offset)?,
            Cfa::Frame(offset) => sum(self.fp, offset)?,
            Cfa::BehindFrame(offset) => stack.read(sum(self.fp, offset)?)?,
            // The entry's last instructions run with one word more on the stack.
            Cfa::LinkageTable(pushed) => {
                let more = self.pc & 15 >= usize::from(pushed);
                self.sp.checked_add(if more { 16 } else { 8 })?
            }
        };
        let ra = match rule.ra {
            Saved::At(offset) => stack.read(sum(cfa, offset)?)?,
            Saved::Same => self.ra,
        };
        let fp = match rule.fp {
            // Once the function has taken it from the stack again, it is in the register, and the place is free.
            Saved::At(offset) if sum(cfa, offset)? >= self.sp => stack.read(sum(cfa, offset)?)?,
            _ => self.fp,
        };
        Some(Self {
            pc: registers::code_address(ra),
            sp: cfa,
            fp,
            ra: 0,
        })
    }
}

/// Whether this build keeps frame pointers: tried with a call.
#[inline(never)]
fn frame_pointers_lead_to_callers() -> bool {
    #[inline(never)]
    fn lead_to(caller: Registers) -> bool {
        let here = Registers::here();
        let found = here.caller_by_frame_pointer(&mut Stack::from(here.sp));
        here.fp != caller.fp && found.is_some_and(|found| found.fp == caller.fp)
    }
    // Not the last thing that it does, or there would be no frame to find.
    std::hint::black_box(lead_to(std::hint::black_box(Registers::here())))
}

#[cfg(test)]
mod tests;
