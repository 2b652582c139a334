import { invalid } from '../field-errors.ts';
import { isObject, valueAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import type { Strategy } from './resource-type.ts';

/** Coordinated leader election is off by default in Kubernetes. */
const gated = ['strategy', 'preferredHolder'];

function withoutGated(lease: KubeObject, old?: KubeObject): void {
  const { spec } = lease;
  if (isObject(spec)) for (const key of gated) if (valueAt(old, 'spec', key) === undefined) delete spec[key];
}

export const leaseStrategy: Strategy = {
  needsVersion: true,
  isCreatedByUpdate: true,
  prepareForCreate: (lease) => withoutGated(lease),
  prepareForUpdate: withoutGated,
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
