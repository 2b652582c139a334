import { SpanKind } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';

import { redacted } from '../../shared/runtime/redact.ts';
import type { SpanCarrier } from '../../shared/tracing/carrier.ts';
import type { SpanRecord } from '../../shared/tracing/span-record.ts';
import { definitionName } from '../../shared/tracing/definition-name.ts';
import type { PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import type { PipelineRunFacts } from './facts.ts';
import { combinationOf, matrixAttributes, memberLabel } from './matrix.ts';
import { graphAttributes } from './pipeline-of.ts';
import { errorAttributes, outcomeOf, statusOf } from './result.ts';
import { runInterval } from './run-interval.ts';
import { ancestry, runAttributes, span } from './span.ts';
import { raisedTo, within } from './times.ts';

/** Attributes of the semantic conventions from Pipelines-as-Code's labels and annotations. */
function vcsAttributes(run: PipelineRun | TaskRun): Attributes {
  const pick = (key: string): string | undefined =>
    run.metadata.annotations?.[`pipelinesascode.tekton.dev/${key}`] ??
    run.metadata.labels?.[`pipelinesascode.tekton.dev/${key}`];
  const url = pick('repo-url');
  const found: Record<string, string | undefined> = {
    'vcs.provider.name': pick('git-provider'),
    'vcs.repository.name': pick('url-repository'),
    'vcs.repository.url.full': url === undefined ? undefined : redacted(url),
    'vcs.ref.head.name': pick('source-branch'),
    'vcs.ref.head.revision': pick('sha'),
    'vcs.change.id': pick('pull-request'),
  };
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** Facts about a run besides the object. A TaskRun needs no children, because its interval covers them. */
type RootFacts = Pick<PipelineRunFacts, 'deletedMs' | 'pipelineTask' | 'owner'> &
  Partial<Pick<PipelineRunFacts, 'children' | 'customRuns' | 'below'>>;

/** The run's root span, with the run's time and result. It is sent last, once. */
export function rootSpan(
  run: PipelineRun | TaskRun,
  own: SpanCarrier,
  { deletedMs, pipelineTask, owner, children = [], customRuns = [], below = [] }: RootFacts,
): SpanRecord {
  const combination = combinationOf(pipelineTask, run.spec.params);
  const outcome = outcomeOf(run, [...children, ...customRuns.map(({ customRun }) => customRun)]);
  const { parentSpanId, links } = ancestry(run, own);
  const ids = { traceId: own.traceId, spanId: own.spanId, ...(parentSpanId !== undefined && { parentSpanId }) };
  const attributes: Attributes = {
    'cicd.pipeline.name': definitionName(run),
    'cicd.pipeline.run.id': run.metadata.uid ?? '',
    'cicd.pipeline.result': outcome.result,
    ...(pipelineTask && { 'cicd.pipeline.task.name': pipelineTask.name }),
    ...matrixAttributes(combination),
    ...runAttributes(run),
    ...vcsAttributes(run),
    ...(run.kind === 'PipelineRun' && graphAttributes(run)),
    ...errorAttributes(outcome),
  };
  const root = span(ids, `RUN ${definitionName(run)}${memberLabel(combination)}`, runInterval(run, deletedMs, below), {
    kind: SpanKind.SERVER,
    attributes,
    links,
    status: statusOf(outcome),
  });
  // A child that takes its time to be cancelled ends with its owner, whose root may end later in the same second because of it.
  return owner ? within(root, { ...owner, endMs: raisedTo(owner.endMs, root.endMs) }) : root;
}
