//! The executable and the libraries in memory, and their call frame information.

use std::ffi::{CStr, c_int, c_void};
use std::ops::Range;
use std::slice;

use gimli::{BaseAddresses, EhFrameHdr, NativeEndian};

/// One ELF file in memory.
pub(super) struct Module {
    /// Its path; empty for the program itself with glibc.
    pub(super) name: String,
    /// The addresses of its code.
    pub(super) code: Range<usize>,
    /// Its `.eh_frame`, and what follows that in its segment; none if nothing tells where it is.
    pub(super) call_frames: Option<CallFrames>,
}

/// A copy, since the library may be unloaded while it is read.
pub(super) struct CallFrames {
    pub(super) address: usize,
    pub(super) bytes: Vec<u8>,
}

/// All that is loaded now, the program itself first, and the kernel's vDSO among it.
pub(super) fn modules() -> Vec<Module> {
    unsafe extern "C" fn module(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        modules: *mut c_void,
    ) -> c_int {
        // SAFETY: the loader hands over what it knows of a loaded object, valid during this call, and the pointer is
        // the one given below.
        let (info, modules) = unsafe { (&*info, &mut *modules.cast::<Vec<Module>>()) };
        // SAFETY: as above; the object stays loaded during this call.
        modules.extend(unsafe { read(info) });
        0
    }
    let mut modules: Vec<Module> = Vec::new();
    // SAFETY: the function keeps to the signature, and does not unwind short of running out of memory.
    unsafe { libc::dl_iterate_phdr(Some(module), (&raw mut modules).cast()) };
    modules
}

/// The addresses of the program's own code.
pub(super) fn executable() -> Range<usize> {
    unsafe extern "C" fn first(
        info: *mut libc::dl_phdr_info,
        _size: libc::size_t,
        found: *mut c_void,
    ) -> c_int {
        // SAFETY: the loader hands over what it knows of a loaded object, valid during this call, and the pointer is
        // the one given below.
        unsafe { *found.cast::<Range<usize>>() = headers(&*info).code().unwrap_or_default() };
        // The program is the first one, and one is enough.
        1
    }
    let mut found = 0..0;
    // SAFETY: the function keeps to the signature, and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(first), (&raw mut found).cast()) };
    found
}

/// What is in memory of an object, and where the loader has put it.
struct Headers<'a> {
    base: usize,
    headers: &'a [libc::Elf64_Phdr],
}

/// # Safety
/// `info` describes an object that is loaded and stays so as long as the result is used.
unsafe fn headers(info: &libc::dl_phdr_info) -> Headers<'_> {
    Headers {
        base: info.dlpi_addr as usize,
        // SAFETY: the loader says that there are so many headers.
        headers: unsafe { slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) },
    }
}

impl Headers<'_> {
    fn range(&self, header: &libc::Elf64_Phdr) -> Range<usize> {
        let start = self.base.wrapping_add(header.p_vaddr as usize);
        start..start.wrapping_add(header.p_memsz as usize)
    }

    /// Segments that can be read (PF_R), or executed (PF_X).
    fn loaded(&self, flag: u32) -> impl Iterator<Item = Range<usize>> {
        let loaded = self.headers.iter().filter(|h| h.p_type == libc::PT_LOAD);
        loaded
            .filter(move |h| h.p_flags & flag != 0)
            .map(|header| self.range(header))
    }

    fn code(&self) -> Option<Range<usize>> {
        let all = |code: Range<usize>, next: Range<usize>| {
            code.start.min(next.start)..code.end.max(next.end)
        };
        self.loaded(libc::PF_X).reduce(all)
    }
}

/// # Safety
/// `info` describes an object that is loaded and stays so during the call.
unsafe fn read(info: &libc::dl_phdr_info) -> Option<Module> {
    // SAFETY: the caller's promise is passed on.
    let object = unsafe { headers(info) };
    let code = object.code()?;

    // From an address to the end of the readable segment that it lies in.
    let readable = |address: usize| {
        let segment = object
            .loaded(libc::PF_R)
            .find(|segment| segment.contains(&address))?;
        // SAFETY: the loader has mapped the segment readable, and keeps it so during the call. It holds constants.
        Some(unsafe { slice::from_raw_parts(address as *const u8, segment.end - address) })
    };
    let call_frames = || {
        let mut headers = object.headers.iter();
        let header = headers.find(|h| h.p_type == libc::PT_GNU_EH_FRAME)?;
        let header = object.range(header).start;
        let bases = BaseAddresses::default().set_eh_frame_hdr(header as u64);
        let parsed = EhFrameHdr::new(readable(header)?, NativeEndian).parse(&bases, 8);
        let address = parsed.ok()?.eh_frame_ptr().direct().ok()? as usize;
        let bytes = readable(address)?.to_vec();
        Some(CallFrames { address, bytes })
    };
    let name = if info.dlpi_name.is_null() {
        String::new()
    } else {
        // SAFETY: the loader's name of the object is a C string.
        let name = unsafe { CStr::from_ptr(info.dlpi_name) };
        name.to_string_lossy().into_owned()
    };
    Some(Module {
        name,
        code,
        call_frames: call_frames(),
    })
}
