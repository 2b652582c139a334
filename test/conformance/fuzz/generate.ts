import { fuzzedKinds } from './kinds.ts';
import type { FuzzedKind } from './kinds.ts';
import { patchRequest } from './patches.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { getRequest, listRequest, watchRequest } from './reads.ts';
import { resourceOf } from './step.ts';
import type { Step } from './step.ts';
import { createRequest, deleteCollectionRequest, deleteRequest, updateRequest } from './writes.ts';
import type { Request, Situation } from './writes.ts';

const MIN_STEPS = 6;
const MAX_STEPS = 18;
const MAX_WATCHES = 3;

type Make = (situation: Situation, steps: Step[]) => Request;

const isList = (step: Step): boolean => step.method === 'GET' && step.query?.['limit'] !== undefined;

const requests: [weight: number, make: Make][] = [
  [10, createRequest],
  [3, (situation) => getRequest(situation)],
  [
    6,
    (situation, steps) =>
      listRequest(
        situation,
        steps.filter(isList).map(({ id }) => id),
      ),
  ],
  [8, (situation) => updateRequest(situation)],
  [12, (situation) => patchRequest(situation)],
  [1.5, (situation) => updateRequest(situation, '/status')],
  [1.5, (situation) => patchRequest(situation, '/status')],
  [0.5, (situation) => getRequest(situation, '/status')],
  [5, deleteRequest],
  [1.5, deleteCollectionRequest],
  [4, watchRequest],
];

/** A request whose object may get its name from the server. */
function hasGeneratedName({ method, body }: Request): boolean {
  const metadata = body?.metadata;
  return method === 'POST' && metadata?.generateName === 'gen-' && metadata.name !== 'a' && metadata.name !== 'b';
}

/** A request whose object is owned by an earlier one. */
const hasOwner = ({ method, body }: Request): boolean =>
  method === 'POST' && /^\{\{\d+\.uid\}\}$/.test(body?.metadata?.ownerReferences?.[0]?.uid ?? '');

function nextRequest(situation: Situation, steps: Step[]): Request {
  const watches = steps.filter(({ method }) => method === 'WATCH').length;
  const open = watches < MAX_WATCHES ? requests : requests.filter(([, make]) => make !== watchRequest);
  return situation.random.weighted(open)(situation, steps);
}

/** A sequence about one or two kinds begins with a few objects, so that most of what follows is about something. */
function kindsOf(random: Random): FuzzedKind[] {
  const first = random.pick(fuzzedKinds);
  return random.chance(0.25) ? [first, random.pick(fuzzedKinds)] : [first, first];
}

/** The sequence of a seed: always the same. */
export function generateSequence(seed: number): Step[] {
  const random = createRandom(seed);
  const kinds = kindsOf(random);
  const steps: Step[] = [];
  const length = MIN_STEPS + random.below(MAX_STEPS - MIN_STEPS + 1);
  while (steps.length < length) {
    const kind = random.pick(kinds);
    const known = steps.filter((step) => step.method !== 'WATCH' && resourceOf(step) === kind.resource);
    const isObject = ({ method, path }: Step): boolean =>
      method !== 'DELETE' && (method === 'POST' || path.includes('/'));
    const situation: Situation = {
      random,
      kind,
      earlier: known.filter(isObject).map(({ id }) => id),
      // What a trial answers with has the version that it was sent.
      versions: known.filter(({ query }) => query?.['dryRun'] === undefined).map(({ id }) => id),
    };
    const isFirst = steps.length === 0 || (steps.length === 1 && random.chance(0.5));
    const request = isFirst ? createRequest(situation) : nextRequest(situation, steps);
    // Two generated names would come in any order, and two owned objects go in any.
    if (steps.some(hasGeneratedName) && hasGeneratedName(request)) continue;
    if (steps.some(hasOwner) && hasOwner(request)) continue;
    steps.push({ id: steps.length + 1, ...request });
  }
  return steps;
}
