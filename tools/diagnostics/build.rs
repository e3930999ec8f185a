//! Tells the library by what and for what it is built, which a program cannot find out about itself.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for name in ["TARGET", "PROFILE", "OPT_LEVEL"] {
        let value = env::var(name).unwrap_or_default();
        println!("cargo:rustc-env=DIAGNOSTICS_{name}={value}");
    }
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("--version").output();
    let told = told.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    println!(
        "cargo:rustc-env=DIAGNOSTICS_RUSTC={}",
        told.unwrap_or_default()
    );
}
