/** `$(NAME)` as Kubernetes expands it in env, command and args: `$$` stands for one `$`, unknown names stay as written. */
export function expand(text: string, values: Record<string, string>): string {
  return text.replace(/\$(?:\$|\(([^)]*)\))/g, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    return Object.hasOwn(values, name) ? (values[name] ?? '') : match;
  });
}
