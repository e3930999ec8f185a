//! The registers that a walk starts with.

/// Where a thread is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registers {
    pub(crate) pc: usize,
    pub(crate) sp: usize,
    pub(crate) fp: usize,
    /// aarch64's link register, which holds the return address of a function that calls nothing.
    pub(crate) ra: usize,
}

impl Registers {
    /// Those of a thread that a signal has interrupted.
    ///
    /// # Safety
    /// `context` is the third argument of a signal handler that is called with `SA_SIGINFO`, in that handler.
    pub(crate) unsafe fn interrupted(context: *const libc::ucontext_t) -> Self {
        // SAFETY: the kernel has written it for this handler.
        let machine = unsafe { &(*context).uc_mcontext };
        #[cfg(target_arch = "x86_64")]
        return Self {
            pc: machine.gregs[libc::REG_RIP as usize] as usize,
            sp: machine.gregs[libc::REG_RSP as usize] as usize,
            fp: machine.gregs[libc::REG_RBP as usize] as usize,
            ra: 0,
        };
        #[cfg(target_arch = "aarch64")]
        return Self {
            pc: machine.pc as usize,
            sp: machine.sp as usize,
            fp: machine.regs[29] as usize,
            ra: machine.regs[30] as usize,
        };
    }

    /// Those of the calling function, for a walk from an ordinary call.
    #[inline(always)]
    pub(crate) fn here() -> Self {
        let (pc, sp, fp): (usize, usize, usize);
        // SAFETY: it reads three registers.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            std::arch::asm!(
                "lea {pc}, [rip]", "mov {sp}, rsp", "mov {fp}, rbp",
                pc = out(reg) pc, sp = out(reg) sp, fp = out(reg) fp,
                options(nomem, nostack, preserves_flags)
            );
        }
        // SAFETY: it reads three registers.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            std::arch::asm!(
                "adr {pc}, .", "mov {sp}, sp", "mov {fp}, x29",
                pc = out(reg) pc, sp = out(reg) sp, fp = out(reg) fp,
                options(nomem, nostack, preserves_flags)
            );
        }
        Self { pc, sp, fp, ra: 0 }
    }
}

/// An address of code as it stands on the stack, without the signature that aarch64 may put into its upper bits.
pub(super) fn code_address(address: usize) -> usize {
    #[cfg(target_arch = "aarch64")]
    return address & ((1 << 48) - 1);
    #[cfg(target_arch = "x86_64")]
    return address;
}
