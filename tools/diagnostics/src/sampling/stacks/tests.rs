//! Walks from ordinary calls. Those of interrupted threads are tested with the sampler.

use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::sync::OnceLock;

use super::{By, Registers, Tables, frame_pointers_lead_to_callers};

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(Tables::of_this_process)
}

/// Both walks, which must come out the same.
#[inline(always)]
fn stack_here() -> Vec<usize> {
    let here = Registers::here();
    let stack: Vec<_> = tables().walk(here, By::Rule).collect();
    let all: Vec<_> = tables().walk(here, By::CallFrameInformation).collect();
    assert_eq!(stack, all);
    stack
}

#[inline(never)]
fn deep(depth: usize) -> Vec<usize> {
    if depth == 0 {
        return stack_here();
    }
    black_box(deep(black_box(depth - 1)))
}

#[test]
fn every_frame_of_a_deep_stack_is_there() {
    let stack = deep(2000);
    let mut times = HashMap::new();
    for address in &stack {
        *times.entry(address).or_insert(0) += 1;
    }
    // The call in `deep` that is in nearly all frames.
    assert_eq!(times.values().max(), Some(&2000));
    let outermost = stack.last().expect("frames");
    assert!(
        !tables().table.in_executable(*outermost),
        "it ends before the start of the thread, in libc"
    );
}

/// libc's functions keep no frame pointers: `qsort` calls this, and its own caller must not be lost.
#[test]
fn the_caller_of_a_c_function_that_calls_back_is_there() {
    static STACK: OnceLock<Vec<usize>> = OnceLock::new();

    extern "C" fn compare(_: *const c_void, _: *const c_void) -> c_int {
        STACK.get_or_init(stack_here);
        0
    }

    #[inline(never)]
    fn sort(numbers: &mut [u64]) {
        // SAFETY: the array has so many elements of that size, and the function only compares.
        unsafe { libc::qsort(numbers.as_mut_ptr().cast(), numbers.len(), 8, Some(compare)) };
        black_box(numbers);
    }

    sort(black_box(&mut [3, 1, 2]));
    let stack = STACK.get().expect("it was called");
    let start = sort as *const () as usize;
    assert!(
        stack
            .iter()
            .any(|address| (start..start + 256).contains(address)),
        "no address of {start:#x} in {stack:x?}"
    );
}

#[test]
fn this_build_keeps_frame_pointers() {
    let tables = tables();
    assert!(tables.lead_anywhere());
    // As `.cargo/config.toml` says.
    assert!(tables.frame_pointers());
    assert!(tables.table.rows() > 10_000, "{}", tables.table.rows());
    assert!(frame_pointers_lead_to_callers());
    let quick = Tables::of_frame_pointers().expect("it keeps them");
    let here = this_build_keeps_frame_pointers as *const () as usize;
    assert!(quick.in_executable(here) && !quick.in_executable(libc::qsort as *const () as usize));
    assert_eq!(quick.table.executable(), tables.table.executable());
}

/// From an ordinary call, frame pointers alone are right as far as the stack is the program's own.
#[test]
fn frame_pointers_alone_suffice_in_the_executable() {
    let quick = Tables::of_frame_pointers().expect("it keeps them");
    let here = Registers::here();
    let all: Vec<_> = tables().walk(here, By::CallFrameInformation).collect();
    let own = all.iter().take_while(|frame| quick.in_executable(**frame));
    let own: Vec<_> = own.copied().collect();
    assert!(own.len() > 5, "{all:x?}");
    let walked: Vec<_> = quick.walk(here, By::Rule).take(own.len()).collect();
    assert_eq!(walked, own);
}

#[test]
fn nonsense_in_the_registers_ends_the_walk() {
    let here = Registers::here();
    for fp in [
        0,
        1,
        here.sp - 8,
        here.sp + 1,
        here.sp + (64 << 20),
        usize::MAX - 7,
        usize::MAX,
    ] {
        for pc in [0x1000, usize::MAX] {
            let nonsense = Registers { pc, fp, ..here };
            assert_eq!(tables().walk(nonsense, By::Rule).collect::<Vec<_>>(), [pc]);
        }
    }
    let nowhere = Registers { sp: 8, ..here };
    assert_eq!(tables().walk(nowhere, By::CallFrameInformation).count(), 1);
}
