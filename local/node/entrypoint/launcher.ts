import { MKFIFO_VARIABLE } from './command.ts';

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * The program `/ko-app/entrypoint`, which `init` copies into a Pod. It is a shell script, so that the parts that only place files
 * (`init SOURCE DESTINATION STEP…`, `cp`, `decode-script FILE`) cost no start of Node; a step runs `script` in `node`.
 * NODE_OPTIONS and NODE_COMPILE_CACHE are the step's, so they are put by for it. With its modules in the compile cache Node is three times as fast to start.
 * `mkfifo` is that tool's path: the step's PATH may not have it.
 */
export function launcher(node: string, script: string, compileCache: string, mkfifo: string): string {
  return `#!/bin/sh
fail() {
  echo "entrypoint: $1" >&2
  exit 1
}
place() {
  cat "$1" > "$2" && chmod 755 "$2" || fail "cannot copy $1 to $2"
}
if [ "$1" = init ] && [ $# -ge 3 ]; then
  place "$2" "$3"
  tekton=$(dirname "$(dirname "$3")")
  shift 3
  mkdir -p "$tekton/steps" || fail "cannot make $tekton/steps"
  index=0
  for step in "$@"; do
    run=$tekton/run/$index
    [ ! -e "$run" ] || run=$(readlink -f "$run") || fail "cannot follow $run"
    for name in "$step" "$index"; do
      [ -L "$tekton/steps/$name" ] || ln -s "$run/status" "$tekton/steps/$name" || fail "cannot link step $name"
    done
    index=$((index + 1))
  done
  exit 0
fi
if [ "$1" = cp ] && [ $# -eq 3 ]; then
  place "$2" "$3"
  exit 0
fi
if [ "$1" = decode-script ] && [ $# -eq 2 ]; then
  base64 -d "$2" > "$2.decoded" && cat "$2.decoded" > "$2" && rm "$2.decoded" || fail "error decoding script file $2"
  exit 0
fi
for name in NODE_OPTIONS NODE_COMPILE_CACHE; do
  eval "[ -z \\"\\\${$name+set}\\" ] || export TEKTRACE_$name=\\"\\$$name\\""
  unset "$name"
done
NODE_COMPILE_CACHE=${quote(compileCache)}
${MKFIFO_VARIABLE}=${quote(mkfifo)}
export NODE_COMPILE_CACHE ${MKFIFO_VARIABLE}
exec ${quote(node)} --no-warnings ${quote(script)} "$@"
`;
}
