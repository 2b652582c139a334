/** The given command with `--isolation plain`. */
export function plainCommand({ npm_lifecycle_event: script }: NodeJS.ProcessEnv, args: string[]): string {
  if (script === 'start') return 'npm start -- --isolation plain';
  const program = script === undefined ? 'tektrace' : `npm run -s ${script} --`;
  return [program, ...args, '--isolation', 'plain'].join(' ');
}
