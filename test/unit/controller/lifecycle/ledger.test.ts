import { expect, test } from '@jest/globals';

import { Ledger } from '../../../../controller/lifecycle/ledger.ts';
import { pipelineRun, ranRun, ranTask, taskRun } from './objects.ts';

const run = pipelineRun(ranRun);
const own = taskRun(ranTask);
const foreign = taskRun(ranTask, { namespace: 'other', uid: 'uid-foreign' });

test('a TaskRun belongs to the PipelineRun that owns it', () => {
  const ledger = new Ledger();
  for (const seen of [run, own]) ledger.observe(seen);
  expect(ledger.parentOf(own)?.run).toBe(run);
  expect(ledger.childrenOf(run).map((child) => child.run)).toEqual([own]);
});

test('an owner reference that names a PipelineRun of another namespace makes no child: nobody holds up a run from there', () => {
  const ledger = new Ledger();
  for (const seen of [run, foreign]) ledger.observe(seen);
  expect(foreign.metadata.ownerReferences).toEqual(own.metadata.ownerReferences);
  expect(ledger.parentOf(foreign)).toBeUndefined();
  expect(ledger.childrenOf(run)).toEqual([]);
});
