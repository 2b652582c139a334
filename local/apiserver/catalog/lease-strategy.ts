import { invalid } from '../field-errors.ts';
import { valueAt } from '../object.ts';
import type { Strategy } from './resource-type.ts';

export const leaseStrategy: Strategy = {
  validate(lease) {
    const duration = valueAt(lease, 'spec', 'leaseDurationSeconds');
    const transitions = valueAt(lease, 'spec', 'leaseTransitions');
    return [
      ...(typeof duration === 'number' && duration <= 0
        ? [invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')]
        : []),
      ...(typeof transitions === 'number' && transitions < 0
        ? [invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')]
        : []),
    ];
  },
};
