//! Profiles of Go's runtime.

use std::fs;
use std::path::{Path, PathBuf};

use profile::Profile;
use test_tools::{Folder, Ran, TestTools, needed};

fn go_profile(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

fn top(profile: &Path) -> Option<String> {
    let mut pprof = needed(TestTools::here().pprof())?;
    let ran = Ran::of(pprof.args(["-top", "-nodefraction=0"]).arg(profile)).expect(0);
    Some(ran.stdout)
}

#[test]
fn profiles_of_go_are_the_same_for_pprof_when_they_are_written_again() {
    let folder = Folder::new();
    for (name, samples) in [("cpu.pb.gz", 196), ("heap.pb.gz", 175)] {
        let original = go_profile(name);
        let profile = Profile::decode(&fs::read(&original).expect("a file")).expect("a profile");
        assert_eq!(profile.samples.len(), samples);
        let again = folder.path(name);
        fs::write(&again, profile.encode()).expect("a file");
        assert_eq!(top(&original), top(&again));
    }
}

#[test]
fn a_profile_of_go_is_understood() {
    let profile = fs::read(go_profile("heap.pb.gz")).expect("a file");
    let profile = Profile::decode(&profile).expect("a profile");
    let types = profile.sample_types.iter();
    let types: Vec<_> = types
        .map(|one| (profile.text(one.kind), profile.text(one.unit)))
        .collect();
    let expected = [
        ("alloc_objects", "count"),
        ("alloc_space", "bytes"),
        ("inuse_objects", "count"),
        ("inuse_space", "bytes"),
    ];
    assert_eq!(types, expected);
    let sample = profile
        .samples
        .iter()
        .find(|sample| !sample.labels.is_empty());
    let sample = sample.expect("one with its size");
    let label = sample.labels[0];
    assert_eq!(profile.text(label.key), "bytes");
    assert!(label.text == 0 && label.number > 0);
    let leaf = profile
        .location(sample.location_ids[0])
        .expect("it is there");
    let function = profile
        .function(leaf.lines[0].function_id)
        .expect("it is there");
    assert!(profile.text(function.filename).ends_with(".go"));
    assert!(profile.mapping(leaf.mapping_id).is_some());
}
