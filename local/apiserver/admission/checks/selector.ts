import { forbiddenField, invalid, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import type { LabelSelector } from '../../storage/label-selector.ts';
import { checkLabelValue, checkQualifiedName } from './names.ts';

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number];

function checkOperator({ operator, values = [] }: Requirement, field: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length > 0
        ? []
        : [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
    case 'Exists':
    case 'DoesNotExist':
      return values.length === 0
        ? []
        : [forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")];
    default:
      return [invalid(`${field}.operator`, operator ?? '', 'not a valid selector operator')];
  }
}

/** All errors in a LabelSelector. */
export function checkLabelSelector(selector: LabelSelector | undefined, field: string): FieldError[] {
  const labels = Object.entries(selector?.matchLabels ?? {}).flatMap(([key, value]) => [
    ...checkQualifiedName(key, `${field}.matchLabels`),
    ...checkLabelValue(value, `${field}.matchLabels`),
  ]);
  const expressions = (selector?.matchExpressions ?? []).flatMap((one, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    return [
      ...checkOperator(one, at),
      ...checkQualifiedName(one.key ?? '', `${at}.key`),
      ...(one.values ?? []).flatMap((value, place) => checkLabelValue(value, `${at}.values[${place}]`)),
    ];
  });
  return [...labels, ...expressions];
}
