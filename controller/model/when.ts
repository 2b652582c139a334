import type { WhenExpression } from '../../shared/tekton/types.ts';

/** Whether all expressions hold: `input` is (`in`) or isn't (`notin`) one of `values`. */
export function whenAllows(expressions: readonly WhenExpression[] | undefined): boolean {
  return (expressions ?? []).every(
    ({ input = '', operator, values = [] }) => values.includes(input) === (operator === 'in'),
  );
}
