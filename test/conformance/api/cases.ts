import type { ConformanceCase } from '../harness/types.ts';
import { admissionAnswers } from './admission-answers.ts';
import { admissionMatch } from './admission-match.ts';
import { admissionReview } from './admission-review.ts';
import { apply } from './apply.ts';
import { core } from './core.ts';
import { crds } from './crds.ts';
import { create } from './create.ts';
import { deletion } from './deletion.ts';
import { discovery } from './discovery.ts';
import { dryRun } from './dry-run.ts';
import { errors } from './errors.ts';
import { garbage } from './garbage.ts';
import { managedFields } from './managed-fields.ts';
import { paging } from './paging.ts';
import { patches } from './patches.ts';
import { ruleCases } from './rules.ts';
import { scale } from './scale.ts';
import { schemas } from './schemas.ts';
import { selectors } from './selectors.ts';
import { services } from './services.ts';
import { status } from './status.ts';
import { tables } from './tables.ts';
import { update } from './update.ts';
import { validation } from './validation.ts';
import { watches } from './watches.ts';

/** How a Kubernetes API behaves, case by case. */
export const cases: ConformanceCase[] = [
  create,
  update,
  patches,
  apply,
  selectors,
  paging,
  watches,
  deletion,
  garbage,
  dryRun,
  validation,
  status,
  tables,
  errors,
  discovery,
  crds,
  schemas,
  ruleCases,
  core,
  services,
  scale,
  managedFields,
  admissionReview,
  admissionAnswers,
  admissionMatch,
].flat();
