import { badRequest } from '../status.ts';

export type Labels = Record<string, string>;
export type Matches = (labels: Labels) => boolean;

const setBased = /^([^\s!=()]+)\s+(in|notin)\s+\(([^()]*)\)$/;
const equality = /^([^\s!=()]+)\s*(==|=|!=)\s*([^\s!=()]*)$/;
const existence = /^(!?)\s*([^\s!=()]+)$/;

/** Splits at commas, except inside the parentheses of a set. */
function requirements(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/).map((one) => one.trim());
}

function requirement(text: string): Matches {
  const set = setBased.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((one) => one.trim()));
    return (labels) => {
      const value = labels[key];
      return operator === 'in' ? value !== undefined && values.has(value) : value === undefined || !values.has(value);
    };
  }
  const equal = equality.exec(text);
  if (equal !== null) {
    const [, key = '', operator, value = ''] = equal;
    return (labels) => (operator === '!=' ? labels[key] !== value : labels[key] === value);
  }
  const exists = existence.exec(text);
  if (exists !== null) {
    const [, negated, key = ''] = exists;
    return (labels) => Object.hasOwn(labels, key) !== (negated === '!');
  }
  throw badRequest(`unable to parse requirement: found '${text}', expected: in, notin, =, ==, !=`);
}

/** Parses the `labelSelector` query parameter. */
export function parseLabelSelector(selector: string): Matches {
  if (selector.trim() === '') return () => true;
  const all = requirements(selector).map(requirement);
  return (labels) => all.every((matches) => matches(labels));
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** Whether labels fit a LabelSelector object; an empty or missing one fits all. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  const pairs = Object.entries(selector?.matchLabels ?? {});
  if (!pairs.every(([key, value]) => labels[key] === value)) return false;
  return (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
}
