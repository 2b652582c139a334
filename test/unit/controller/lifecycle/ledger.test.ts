import { expect, test } from '@jest/globals';

import { Ledger } from '../../../../controller/lifecycle/ledger.ts';
import { pipelineRun, ranRun, ranTask, taskRun } from './objects.ts';

const run = pipelineRun(ranRun);
const own = taskRun(ranTask);
const foreign = taskRun(ranTask, { namespace: 'other', uid: 'uid-foreign' });

test('a TaskRun belongs to the PipelineRun that owns it', () => {
  const ledger = new Ledger();
  for (const seen of [run, own]) ledger.observe(seen);
  expect(ledger.ownerWaitingFor(own)?.run).toBe(run);
  expect(ledger.childrenAwaitedBy(run).map((child) => child.run)).toEqual([own]);
});

test('an owner reference that names a PipelineRun of another namespace makes no child: nobody holds up a run from there', () => {
  const ledger = new Ledger();
  for (const seen of [run, foreign]) ledger.observe(seen);
  expect(foreign.metadata.ownerReferences).toEqual(own.metadata.ownerReferences);
  expect(ledger.ownerWaitingFor(foreign)).toBeUndefined();
  expect(ledger.childrenAwaitedBy(run)).toEqual([]);
});

test('owner references that lead in a circle make nobody a parent: the runs above and below a run come to an end', () => {
  const owned = (uid: string, owner: string) =>
    pipelineRun(undefined, {
      name: uid,
      uid,
      ownerReferences: [{ apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: owner, uid: owner }],
    });
  const [first, second, outside] = [owned('a', 'b'), owned('b', 'a'), owned('c', 'a')];
  const ledger = new Ledger();
  for (const seen of [first, second, outside]) ledger.observe(seen);
  expect([first, second].map((one) => ledger.ownerOf(one))).toEqual([undefined, undefined]);
  expect(ledger.ownersOf(outside).map((owner) => owner.run)).toEqual([first]);
  expect(ledger.descendantsOf(first).map((below) => below.run)).toEqual([outside]);
});
