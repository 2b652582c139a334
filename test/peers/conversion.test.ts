import { beforeAll, describe, expect, test } from '@jest/globals';

import { readCrds } from '../../cli/local/crds.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { convertTekton, V1, V1BETA1 } from '../../cli/v1beta1/convert.ts';
import { fieldPathInV1beta1 } from '../../cli/v1beta1/field-path.ts';
import { withV1beta1 } from '../../cli/v1beta1/definition.ts';
import { refusedInV1beta1 } from '../../cli/v1beta1/refused.ts';
import { validatePipelineRun, validateTaskRun } from '../../shared/tekton/validation/run.ts';
import { compared, convertUpstream, readCorpus, readUpstreamDefinition } from './support/conversion.ts';
import type { TektonObject, UpstreamOutcome } from './support/conversion.ts';

const valid = [...(await readCorpus('v1beta1')), ...(await readCorpus('v1'))];
const refused = await readCorpus('v1beta1-refused');
/** Both versions have these fields, and upstream's conversion forgets them. */
const forgotten = await readCorpus('v1beta1-forgotten');

const other = ({ apiVersion }: TektonObject): string => (apiVersion === V1 ? V1BETA1 : V1);

async function outcomesOf(objects: [string, TektonObject][]): Promise<Map<string, UpstreamOutcome>> {
  const outcomes = await convertUpstream(objects.map(([, object]) => object));
  return new Map(objects.map(([name, { apiVersion }], index) => [`${apiVersion} ${name}`, outcomes[index] ?? {}]));
}

function ourPaths(object: TektonObject): string[] {
  const run = convertTekton(object, V1) as unknown;
  const ofRun =
    object.kind === 'PipelineRun'
      ? validatePipelineRun(run as PipelineRun)
      : object.kind === 'TaskRun'
        ? validateTaskRun(run as TaskRun)
        : [];
  const hasTimeout = object.spec?.['timeout'] !== undefined;
  const paths = [
    ...refusedInV1beta1(object).map(({ path }) => path),
    ...ofRun.map(({ path }) => fieldPathInV1beta1(object.kind, path, hasTimeout)),
  ];
  return [...new Set(paths)].sort();
}

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** Fields of one schema that another one would drop. */
function missing(theirs: Schema, ours: Schema | undefined, path: string): string[] {
  if (ours === undefined) return [path];
  if (ours['x-kubernetes-preserve-unknown-fields'] === true) return [];
  const fields = Object.entries(theirs.properties ?? {});
  return [
    ...fields.flatMap(([key, schema]) => missing(schema, ours.properties?.[key], `${path}.${key}`)),
    ...(theirs.items === undefined ? [] : missing(theirs.items, ours.items, `${path}[]`)),
  ];
}

interface Definition {
  metadata: { name: string };
  spec: { versions: { name: string; schema: { openAPIV3Schema: Schema } }[] };
}

const schemaOf = ({ spec }: Definition, version: string): Schema | undefined =>
  spec.versions.find(({ name }) => name === version)?.schema.openAPIV3Schema;

test.each(['task', 'pipeline', 'taskrun', 'pipelinerun'])(
  "the definition of %s has every field of upstream's, and no other",
  async (kind) => {
    const upstream = await readUpstreamDefinition<Definition>(`300-crds/300-${kind}.yaml`);
    const ours = (await readCrds()).map(withV1beta1) as Definition[];
    const own = ours.find(({ metadata }) => metadata.name === upstream.metadata.name) as Definition;
    for (const version of ['v1', 'v1beta1']) {
      const [theirs, here] = [schemaOf(upstream, version) as Schema, schemaOf(own, version) as Schema];
      expect({ version, missing: missing(theirs, here, '') }).toEqual({ version, missing: [] });
      expect({ version, more: missing(here, theirs, '') }).toEqual({ version, more: [] });
    }
  },
);

describe("v1beta1, converted as upstream's webhook converts it", () => {
  let upstream: Map<string, UpstreamOutcome>;

  beforeAll(async () => {
    upstream = await outcomesOf([...valid, ...refused, ...forgotten]);
  });

  const outcome = (name: string, { apiVersion }: TektonObject): UpstreamOutcome =>
    upstream.get(`${apiVersion} ${name}`) ?? {};

  test.each(valid)('%s', (name, object) => {
    const { unreadable, failed, converted, back } = outcome(name, object);
    expect({ unreadable, failed }).toEqual({});
    const ours = convertTekton(object, other(object));
    expect(compared(ours)).toEqual(compared(converted));
    expect(compared(convertTekton(ours, object.apiVersion))).toEqual(compared(back));
    // What upstream has converted is read as well.
    expect(compared(convertTekton(converted as TektonObject, object.apiVersion))).toEqual(compared(back));
  });

  test.each(refused)('%s is refused', (name, object) => {
    const { unreadable, refused: reason = '', paths = [] } = outcome(name, object);
    expect(unreadable).toBeUndefined();
    expect(reason).not.toBe('');
    expect(ourPaths(object)).toEqual(expect.arrayContaining([...new Set(paths)].sort()));
    if (reason.startsWith('must not set the field(s)'))
      expect(refusedInV1beta1(object).map(({ message }) => message)).toEqual(
        expect.arrayContaining([expect.stringContaining('must not set the field(s)')]),
      );
  });

  test.each(forgotten)('%s comes back, where upstream forgets it', (name, object) => {
    const { back } = outcome(name, object);
    const ours = convertTekton(convertTekton(object, V1), V1BETA1);
    expect(compared(ours)).toEqual(compared(object));
    expect(compared(back)).not.toEqual(compared(object));
  });
});
