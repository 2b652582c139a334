import type { VersionConverter } from '../../local/apiserver/catalog/versions.ts';
import { forbiddenField } from '../../local/apiserver/field-errors.ts';
import { convertTekton, V1BETA1 } from '../v1beta1/convert.ts';
import { refusedInV1beta1 } from '../v1beta1/refused.ts';

const converter: VersionConverter = {
  convert: convertTekton,
  validate: (object) =>
    object.apiVersion === V1BETA1
      ? refusedInV1beta1(object).map(({ path, message }) => forbiddenField(path, message))
      : [],
};

/** The converters of the embedded API server, in place of upstream's conversion webhook: it stores tekton.dev/v1 and also serves v1beta1. */
export const tektonConverters: ReadonlyMap<string, VersionConverter> = new Map(
  ['tasks', 'pipelines', 'taskruns', 'pipelineruns'].map((plural) => [`${plural}.tekton.dev`, converter]),
);
