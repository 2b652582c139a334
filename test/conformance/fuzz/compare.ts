import type { Json } from '../harness/client.ts';
import { differences, normalize } from '../harness/normalize.ts';
import type { Entry } from '../harness/session.ts';
import { fuzzedKinds } from './kinds.ts';
import type { Step } from './step.ts';

/** Plays a sequence on one server, in a namespace of its own: an entry a step, in their order. */
export type Play = (steps: Step[]) => Promise<Entry[]>;

/** How two servers answered a sequence: normalised, and where that differs. */
export interface Outcome {
  embedded: Json[];
  real: Json[];
  /** `/index of the step/path: embedded ≠ real`. */
  differences: string[];
}

const customGroups = new Set(
  fuzzedKinds.filter(({ isCustom }) => isCustom).map((kind) => kind.apiVersion.split('/')[0]),
);
const shownObject = /"\{(?:[^"\\]|\\.)*\}"/g;

/** Managers are in the order of their times, of which some are the same second on one server only. */
function sorted(value: Json, key = ''): Json {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item));
    const byText = (item: Json): string => JSON.stringify({ ...item, time: undefined });
    return key === 'managedFields' ? items.sort((a, b) => (byText(a) < byText(b) ? -1 : 1)) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  return Object.fromEntries(keys.map((name) => [name, sorted(value[name], name)]));
}

function inOrder(quoted: string): string {
  try {
    return JSON.stringify(JSON.stringify(sorted(JSON.parse(JSON.parse(quoted)))));
  } catch {
    return quoted;
  }
}

/**
 * Objects that error texts quote have their fields in one order: Go's is that of its sources for some, which are in no document, and by
 * name for the rest.
 */
function orderedText(text: string): string {
  return (
    text
      .replaceAll(shownObject, inOrder)
      .replaceAll(/(resourceVersion[\\"]*:[\\"]*)\d+/g, '$1VERSION')
      // Go finds wrong fields of maps in no order, and looks no further behind one that is not declared.
      .replaceAll(
        /(failed to create typed patch object \([^)]*\): )(?:errors:|[^\n]*field not declared)[^]*/g,
        '$1PROBLEMS',
      )
      // A strategic merge patch is shown as far as it was applied when it failed, which takes directives and nulls out.
      .replaceAll(/map\[\$patch:\w+[^\][]*\]/g, '')
      .replaceAll(/(?<=[[ ])[^\s:[\]]+:<nil> ?/g, '')
      // Which of a map's members is looked at first is chance.
      .replaceAll(/(illegal base64 data at input byte )\d+/g, '$1N')
      // What is wrong with a text that is no YAML is told in its parser's words.
      .replaceAll(/(yaml: )line \d+: .*/g, '$1PROBLEM')
      // The first 30 bytes of a body may end within a uid or a version.
      .replaceAll(/ \(\{[^()]*(?:uid|resourceVersion)[^()]* \.\.\.\)/g, ' (BODY)')
  );
}

/** Controllers make it in no order with other things, and a bookmark in a table has the version of a list. */
function hasOwnVersion({ kind, metadata }: Json): boolean {
  const isFurniture = metadata?.name === 'kube-root-ca.crt' || (kind !== 'Namespace' && metadata?.name === 'default');
  return !isFurniture && metadata?.annotations?.['k8s.io/initial-events-end'] === undefined;
}

/** Several things wrong with a custom resource: a schema's fields are looked at in Go's order of maps, which is none. */
function isCustomInvalid({ kind, reason, details }: Json): boolean {
  return kind === 'Status' && reason === 'Invalid' && customGroups.has(details?.group) && details.causes?.length > 1;
}

function withSortedCauses({ details, message }: Json): Json {
  const texts = details.causes.map((cause: Json) => JSON.stringify(cause));
  const causes = texts.sort().map((text: string) => JSON.parse(text));
  return { details: { ...details, causes }, message: message.replace(/ is invalid: [^]*/, ' is invalid: CAUSES') };
}

/** What differs between any two servers, and the harness's normalisation does not know of. */
function withoutChance(value: Json): Json {
  if (typeof value === 'string') return orderedText(value);
  if (Array.isArray(value)) return value.map(withoutChance);
  if (typeof value !== 'object' || value === null) return value;
  const result = Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutChance(one)]));
  if (isCustomInvalid(result)) Object.assign(result, withSortedCauses(result));
  if (result['metadata']?.resourceVersion && !hasOwnVersion(result))
    result['metadata'] = { ...result['metadata'], resourceVersion: 'SOME' };
  return result;
}

interface Played {
  entries: Json[];
  /** A server that does not answer, or what could not be done with its answers. */
  failure?: string;
}

async function played(play: Play, steps: Step[]): Promise<Played> {
  try {
    return { entries: normalize(withoutChance(await play(steps))) };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { entries: [{ failure }], failure };
  }
}

/** Plays a sequence on both servers. One that could not be played is different, even where it failed on both in the same way. */
export async function compare(embedded: Play, real: Play, steps: Step[]): Promise<Outcome> {
  const [mine, other] = await Promise.all([played(embedded, steps), played(real, steps)]);
  const failures = Object.entries({ embedded: mine, real: other }).flatMap(([name, { failure }]) =>
    failure === undefined ? [] : [`/0/failure on the ${name} server: ${failure}`],
  );
  const found = failures.length > 0 ? failures : differences(mine.entries, other.entries);
  return { embedded: mine.entries, real: other.entries, differences: found };
}

/** What a difference is about, wherever in a sequence it is. */
export const placeOf = (difference: string): string => difference.replace(/^\/\d+/, '').replace(/: [^]*$/, '');
