#!/bin/sh
# Stands before rustc for the workspace's own crates, and saves what rustc tells about the explained one.
#
# That one is known by --emit=llvm-ir=BASE.ll. Written are BASE.calls (the lines of the LLVM code that are read
# later), BASE.sizes (rustc's stdout), BASE.remarks, and at the very end BASE.id.
set -eu

# A stable compiler takes the -Z flags with it. It is set here rather than for all of cargo, because build
# scripts of dependencies would think that the compiler is a nightly one, and the code would be another.
export RUSTC_BOOTSTRAP=1
export LC_ALL=C

base='' crate='' folder='' suffix='' before=''
for argument; do
  case "$before $argument" in
    *' --emit=llvm-ir='*)
      base=${argument#--emit=llvm-ir=}
      base=${base%.ll}
      # Cargo's children may outlive it, and this one must not write where its successor does. The next run
      # removes the folder, and with it whatever is not finished.
      work=$(mktemp -d "$base.XXXXXX")
      argument=--emit=llvm-ir=$work/llvm
      ;;
    '--crate-name '*) crate=$argument ;;
    '--out-dir '*) folder=$argument ;;
    '-C extra-filename='*) suffix=${argument#extra-filename=} ;;
  esac
  before=$argument
  shift
  set -- "$@" "$argument"
done
if [ -z "$base" ]; then
  exec "$@"
fi

trap 'rm -rf "$work"' EXIT
status=0
"$@" >"$work/sizes" 2>"$work/said" || status=$?

# Cargo would print the remarks and keep them, all forty megabytes. It gets everything else.
remark='^{"[$]message_type":"diagnostic","message":"\([^"]* inline ([a-z]*): .*\)","code":null,"level":"note",.*$'
sed "/$remark/d" "$work/said" >&2
if [ "$status" != 0 ]; then
  exit "$status"
fi
# What std calls is std's affair.
sed -n -e '/"message":"\/rustc\//d' -e "s/$remark/\\1/p" "$work/said" >"$work/remarks"
grep -E '^(define |![0-9]+ = (distinct )?!DI(Location|Subprogram|LexicalBlock|File)|  .*(call|invoke) |          to label)' \
  "$work/llvm" >"$work/calls" || [ $? = 1 ]

# Without the id the other files count for nothing.
rm -f "$base.id"
for file in calls remarks sizes; do
  mv -f "$work/$file" "$base.$file"
done
# Cargo compiles again when a variable that the code depends on has another value. So cargo's notion of fresh
# becomes: unchanged, and the files at hand are those of this very compilation.
id=$(date +%s).$$
echo "# env-dep:CARGO_EXPLAINED=$id" >>"$folder/$crate$suffix.d"
echo "$id" >"$base.id"
