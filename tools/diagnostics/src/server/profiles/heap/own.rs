//! A profile shows the program's frames, from whoever asked for memory outwards: not those of the allocator.

use std::collections::HashSet;

use profile::Profile;

/// The sources of what lies between whoever asks for memory and the sampler; what they inline has no better name where
/// debug information is of lines alone.
const FILES: [&str; 3] = [
    "diagnostics/src/allocator.rs",
    "diagnostics/src/sampling/heap.rs",
    "library/alloc/src/alloc.rs",
];

/// What the compiler puts before the global allocator: `__rust_alloc_zeroed`, `__rg_alloc` and so on.
const SHIMS: [&str; 3] = ["__rust_alloc", "__rust_realloc", "__rg_"];

/// The same for a profile whose functions are named by whoever reads it.
const FRAMES: &str = r".*(diagnostics::allocator::|diagnostics::sampling::heap::|__rust_alloc|__rust_realloc|__rg_).*";

/// Takes the allocator's frames from the inner ends of all stacks.
pub(super) fn leave_out(profile: &mut Profile) {
    let is_own: Vec<_> = profile
        .functions
        .iter()
        .map(|function| {
            let (name, file) = (profile.text(function.name), profile.text(function.filename));
            SHIMS.iter().any(|shim| name.contains(shim))
                || FILES.iter().any(|own| file.ends_with(own))
        })
        .collect();
    let is_own = |function: u64| {
        let place = usize::try_from(function)
            .ok()
            .and_then(|id| id.checked_sub(1));
        place.and_then(|place| is_own.get(place)) == Some(&true)
    };
    // A place where the allocator was inlined keeps what it was inlined into.
    let mut gone = HashSet::new();
    for location in &mut profile.locations {
        let own = location
            .lines
            .iter()
            .take_while(|line| is_own(line.function_id));
        let own = own.count();
        if own > 0 && own == location.lines.len() {
            gone.insert(location.id);
        }
        location.lines.drain(..own);
    }
    for sample in &mut profile.samples {
        let own = sample
            .location_ids
            .iter()
            .take_while(|id| gone.contains(id));
        let own = own.count();
        sample.location_ids.drain(..own);
    }
}

/// Leaves it to whoever names the functions, as far as pprof does that.
pub(super) fn leave_to_pprof(profile: &mut Profile) {
    profile.drop_frames = profile.strings.len() as i64;
    profile.strings.push(FRAMES.into());
}
