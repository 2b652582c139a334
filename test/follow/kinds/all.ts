import { cancels } from './cancels.ts';
import { inbound } from './inbound.ts';
import type { Kind } from './kind.ts';
import { origins } from './origins.ts';
import { outcomes } from './outcomes.ts';
import { pods } from './pods.ts';
import { shapes } from './shapes.ts';
import { timeouts } from './timeouts.ts';

const all = [...timeouts, ...pods, ...shapes, ...outcomes, ...cancels, ...origins, ...inbound];
/** FOLLOW_KINDS, a regular expression, selects kinds by their titles. */
const selected = new RegExp(process.env['FOLLOW_KINDS'] ?? '');

/** Every kind of run, in the order in which they are made: those that wait longest come first. */
export const kinds: Kind[] = all.filter(({ title }) => selected.test(title));
