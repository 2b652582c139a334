import { MKFIFO_VARIABLE } from './command.ts';
import { ENVIRONMENT_VARIABLE } from './environment.ts';
import { OPEN_FILES_VARIABLE, PRLIMIT_VARIABLE } from './limits.ts';

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Absolute paths of tools, which the step's PATH may not have. */
export interface LauncherTools {
  base64: string;
  mkfifo: string;
  prlimit?: string | undefined;
}

/**
 * The program `/ko-app/entrypoint`, which `init` copies into a Pod. It is a shell script, so that commands that only place files (`init
 * SOURCE DESTINATION STEP…`, `cp`, `decode-script FILE`) need no Node; a step runs `script` in `node`. The step's environment is saved in a
 * variable: a shell adds to it and drops names that it does not support (`db.password`), and NODE_OPTIONS must not reach this Node. One
 * argument or variable is limited to 128 KiB: a larger environment passes through the shell. With its modules in the compile cache Node
 * starts three times as fast. Node hangs if one of its threads is refused (RLIMIT_NPROC): it gets the minimum of threads, and the shell
 * first starts as many processes.
 */
export function launcher(node: string, script: string, compileCache: string, tools: LauncherTools): string {
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
  tekton=\${3%/*}
  tekton=\${tekton%/*}
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
(: | : | :) 2>/dev/null || fail 'this machine can start no more processes: end other programs, or raise the limit with ulimit -u'
${ENVIRONMENT_VARIABLE}=$(${quote(tools.base64)} "/proc/$$/environ") || fail 'cannot read its environment'
[ \${#${ENVIRONMENT_VARIABLE}} -lt 131000 ] || ${ENVIRONMENT_VARIABLE}=
${MKFIFO_VARIABLE}=${quote(tools.mkfifo)}
${PRLIMIT_VARIABLE}=${quote(tools.prlimit ?? '')}
${OPEN_FILES_VARIABLE}=$(ulimit -S -n)
NODE_COMPILE_CACHE=${quote(compileCache)}
unset NODE_OPTIONS
export NODE_COMPILE_CACHE ${ENVIRONMENT_VARIABLE} ${MKFIFO_VARIABLE} ${PRLIMIT_VARIABLE} ${OPEN_FILES_VARIABLE}
exec ${quote(node)} --no-warnings --v8-pool-size=1 --disable-sigusr1 ${quote(script)} "$@"
`;
}
