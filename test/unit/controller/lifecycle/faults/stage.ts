import { afterEach, beforeAll, beforeEach } from '@jest/globals';

import type { LocatedSpan } from '../../../../../shared/otlp/spans.ts';
import { Rig } from './rig.ts';
import { undisturbed } from './trace.ts';

/** The spans of the standard run without a fault. */
export let whole: LocatedSpan[];
/** What the test that runs plays in; a new one for each. Importing this file sets both up. */
export let rig: Rig;

beforeAll(async () => {
  whole = await undisturbed();
});
beforeEach(async () => {
  rig = await Rig.start();
});
afterEach(() => rig.stop());
