import { invalid, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import type { CrdSubresources } from '../types.ts';

/** The error in a simple JSONPath. */
export function pathProblem(path: string): string | undefined {
  return path.startsWith('.') ? undefined : 'must be a simple json path starting with .';
}

function checkPath(path: string, roots: string[], place: string, field: string): FieldError[] {
  const problem =
    pathProblem(path) ??
    (roots.some((root) => path.startsWith(root)) ? undefined : `should be a json path under ${place}`);
  return problem === undefined ? [] : [invalid(field, path, problem)];
}

export function checkSubresources({ scale }: CrdSubresources, field: string): FieldError[] {
  if (scale === undefined) return [];
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale;
  const at = (name: string): string => `${field}.scale.${name}`;
  return [
    ...(specReplicasPath === ''
      ? [required(at('specReplicasPath'))]
      : checkPath(specReplicasPath, ['.spec.'], '.spec', at('specReplicasPath'))),
    ...(statusReplicasPath === ''
      ? [required(at('statusReplicasPath'))]
      : checkPath(statusReplicasPath, ['.status.'], '.status', at('statusReplicasPath'))),
    ...(labelSelectorPath === ''
      ? []
      : checkPath(labelSelectorPath, ['.spec.', '.status.'], 'either .spec or .status', at('labelSelectorPath'))),
  ];
}
