import { cancels } from './cancels.ts';
import type { Kind } from './kind.ts';
import { origins } from './origins.ts';
import { outcomes } from './outcomes.ts';
import { pods } from './pods.ts';
import { shapes } from './shapes.ts';
import { timeouts } from './timeouts.ts';

/** Every kind of run, in the order in which they are made: those that wait longest come first. */
export const kinds: Kind[] = [...timeouts, ...pods, ...shapes, ...outcomes, ...cancels, ...origins];
