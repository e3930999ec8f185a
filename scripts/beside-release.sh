# shellcheck shell=bash
# shellcheck disable=SC2034  # For who sources it.
#
# How tests are built beside the release build that the pages' commands make, so that SQLite, jemalloc and two hundred crates
# are compiled once: with its dependencies, and not optimized themselves, since that takes longer than they run. Reading debug
# information is the exception: there they would run longer.
# Sourced from the repository's root; `cargo test "${BESIDE_RELEASE[@]}"`.

own_packages() {
  local manifest
  for manifest in steps/*/Cargo.toml app/Cargo.toml tools/*/Cargo.toml; do
    [ ! -f "$manifest" ] || sed -n '/^name = /{s/^name = "\(.*\)"$/\1/p;q;}' "$manifest"
  done
}

BESIDE_RELEASE=(--release)
while read -r package; do
  [ "$package" = profile ] || BESIDE_RELEASE+=(--config "profile.release.package.$package.opt-level=0")
done < <(own_packages)
