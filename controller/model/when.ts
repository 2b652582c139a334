import type { WhenExpression } from '../../shared/tekton/types.ts';

/** Whether all expressions are true: `input` is one of `values` (`in`), or is not (`notin`). */
export function whenAllows(expressions: readonly WhenExpression[] | undefined): boolean {
  return (expressions ?? []).every(
    ({ input = '', operator, values = [] }) => values.includes(input) === (operator === 'in'),
  );
}
