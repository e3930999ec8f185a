//! How to get from a frame to its caller: call frame information in the few forms that compilers write.

use gimli::{
    CfaRule, Encoding, EndianSlice, Expression, Format, NativeEndian, Operation, Register,
    RegisterRule, UnwindExpression, UnwindSection, UnwindTableRow,
};

use super::table::Table;

pub(super) type Reader<'a> = EndianSlice<'a, NativeEndian>;

/// What holds for some addresses of code. The CFA is the stack pointer as it was before the call.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Rule {
    pub(super) cfa: Cfa,
    pub(super) ra: Saved,
    pub(super) fp: Saved,
}

/// Where the CFA is, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Cfa {
    /// So far from the stack pointer.
    Stack(i32),
    /// So far from the frame pointer.
    Frame(i32),
    /// It stands so far from the frame pointer, in a function that aligns its stack further.
    BehindFrame(i32),
    /// An entry of x86-64's procedure linkage table: from this byte of its 16 on, one word more is on the stack.
    LinkageTable(u8),
}

/// Where the caller's register is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Saved {
    /// Still in the register.
    Same,
    /// So far from the CFA, in bytes.
    At(i32),
}

#[cfg(target_arch = "x86_64")]
mod registers {
    use gimli::{Register, X86_64};

    pub(super) const FRAME: Register = X86_64::RBP;
    pub(super) const STACK: Register = X86_64::RSP;
    pub(super) const RETURN: Register = X86_64::RA;
}

#[cfg(target_arch = "aarch64")]
mod registers {
    use gimli::{AArch64, Register};

    pub(super) const FRAME: Register = AArch64::X29;
    pub(super) const STACK: Register = AArch64::SP;
    pub(super) const RETURN: Register = AArch64::X30;
}

use registers::{FRAME, RETURN, STACK};

impl Rule {
    /// Nothing is known. No compiler writes this: it would leave the stack pointer where it is.
    pub(super) const UNKNOWN: Self = Self::no(1);

    /// There is no caller: the thread starts here.
    pub(super) const END: Self = Self::no(2);

    const fn no(reason: i32) -> Self {
        Self {
            cfa: Cfa::Stack(-reason),
            ra: Saved::Same,
            fp: Saved::Same,
        }
    }

    /// Translates a row; [`Self::UNKNOWN`] for what no compiler we know writes.
    pub(super) fn of<'a>(
        row: &UnwindTableRow<usize>,
        section: &impl UnwindSection<Reader<'a>>,
    ) -> Self {
        let Some(cfa) = Cfa::of(row.cfa(), section) else {
            return Self::UNKNOWN;
        };
        let ra = match row.register(RETURN) {
            Some(RegisterRule::Undefined) => return Self::END,
            rule => Saved::of(rule),
        };
        let (Some(ra), Some(fp)) = (ra, Saved::of(row.register(FRAME))) else {
            return Self::UNKNOWN;
        };
        Self { cfa, ra, fp }
    }
}

impl Cfa {
    fn of<'a>(rule: &CfaRule<usize>, section: &impl UnwindSection<Reader<'a>>) -> Option<Self> {
        match *rule {
            CfaRule::RegisterAndOffset { register, offset } => {
                let offset = offset.try_into().ok()?;
                match register {
                    STACK => Some(Self::Stack(offset)),
                    FRAME => Some(Self::Frame(offset)),
                    _ => None,
                }
            }
            CfaRule::Expression(expression) => Self::of_expression(expression, section),
        }
    }

    fn of_expression<'a>(
        expression: UnwindExpression<usize>,
        section: &impl UnwindSection<Reader<'a>>,
    ) -> Option<Self> {
        let encoding = Encoding {
            address_size: 8,
            format: Format::Dwarf32,
            version: 4,
        };
        let expression: Expression<Reader<'a>> = expression.get(section).ok()?;
        let operations: Vec<_> = expression
            .operations(encoding)
            .collect::<Result<_, _>>()
            .ok()?;
        match operations[..] {
            [
                Operation::RegisterOffset {
                    register: FRAME,
                    offset,
                    ..
                },
                Operation::Deref { space: false, .. },
            ] => Some(Self::BehindFrame(offset.try_into().ok()?)),
            // `rsp + 8 + ((rip & 15) >= pushed) << 3`, as all linkers write it.
            [
                Operation::RegisterOffset {
                    register: STACK,
                    offset: 8,
                    ..
                },
                Operation::RegisterOffset {
                    register: Register(16),
                    offset: 0,
                    ..
                },
                Operation::UnsignedConstant { value: 15 },
                Operation::And,
                Operation::UnsignedConstant { value: pushed },
                Operation::Ge,
                Operation::UnsignedConstant { value: 3 },
                Operation::Shl,
                Operation::Plus,
            ] => Some(Self::LinkageTable(pushed.try_into().ok()?)),
            _ => None,
        }
    }
}

impl Saved {
    fn of(rule: Option<RegisterRule<usize>>) -> Option<Self> {
        match rule {
            None | Some(RegisterRule::SameValue | RegisterRule::Undefined) => Some(Self::Same),
            Some(RegisterRule::Offset(offset)) => Some(Self::At(offset.try_into().ok()?)),
            _ => None,
        }
    }
}

/// Whether the program's code keeps frame pointers: whether this function does, which is compiled as the rest is. std's
/// code would prove nothing, since it always has them.
#[inline(never)]
pub(super) fn keep_frame_pointers(table: &Table) -> bool {
    let somewhere_inside = std::hint::black_box(keep_frame_pointers as fn(&Table) -> bool) as usize;
    let rule = (0..64).map(|byte| table.rule(somewhere_inside + byte));
    let mut known = rule.filter(|rule| *rule != Rule::UNKNOWN).peekable();
    // Without call frame information there is nothing else to go by.
    known.peek().is_none() || known.any(|rule| matches!(rule.cfa, Cfa::Frame(_)))
}
