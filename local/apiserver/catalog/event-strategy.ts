import { invalid, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { textAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { qualifiedNameProblems } from '../qualified-name.ts';
import type { Strategy } from './resource-type.ts';

const MAX_LENGTH = 128;
const MAX_MESSAGE_LENGTH = 1024;
const OTHER_NAMESPACE = 'does not match event.namespace';

function checkNamespace(event: KubeObject, isNew: boolean): FieldError[] {
  const { namespace = '' } = event.metadata;
  const about = textAt(event, 'involvedObject', 'namespace');
  const anywhere = isNew ? ['default', 'kube-system'] : ['', 'default'];
  const fits = about === '' ? anywhere.includes(namespace) : isNew || about === namespace;
  return fits ? [] : [invalid('involvedObject.namespace', about, OTHER_NAMESPACE)];
}

function checkText(event: KubeObject, field: string): FieldError[] {
  const text = textAt(event, field);
  return [
    ...(text === '' ? [required(field)] : []),
    ...(text.length > MAX_LENGTH ? [invalid(field, '', `can have at most ${MAX_LENGTH} characters`)] : []),
  ];
}

/** An Event with an eventTime must name its reporter and the action. */
function checkNew(event: KubeObject): FieldError[] {
  const component = textAt(event, 'reportingComponent');
  const tooLong = textAt(event, 'message').length > MAX_MESSAGE_LENGTH;
  return [
    ...(component === '' ? [required('reportingComponent')] : []),
    ...qualifiedNameProblems(component).map((problem) => invalid('reportingComponent', component, problem)),
    ...['reportingInstance', 'action', 'reason'].flatMap((field) => checkText(event, field)),
    ...(tooLong ? [invalid('message', '', `can have at most ${MAX_MESSAGE_LENGTH} characters`)] : []),
  ];
}

export const eventStrategy: Strategy = {
  isCreatedByUpdate: true,
  ignoresMetadata: true,
  validate(event) {
    const isNew = textAt(event, 'eventTime') !== '';
    return [...checkNamespace(event, isNew), ...(isNew ? checkNew(event) : [])];
  },
};
