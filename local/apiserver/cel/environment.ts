import { Environment } from '@marcbachmann/cel-js';
import { addAuthorizer } from './authorizer.ts';
import { addLists } from './lists.ts';
import { addQuantities } from './quantity.ts';
import { addStrings } from './strings.ts';
import { addUrls } from './urls.ts';

const groupVersionKind = { group: 'string', version: 'string', kind: 'string' };
const groupVersionResource = { group: 'string', version: 'string', resource: 'string' };

/** The fields of `request`: an AdmissionRequest without uid and objects (k8s.io/apiserver, BuildRequestType). */
const request = {
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: 'string',
  requestKind: groupVersionKind,
  requestResource: groupVersionResource,
  requestSubResource: 'string',
  name: 'string',
  namespace: 'string',
  operation: 'string',
  userInfo: { username: 'string', uid: 'string', groups: 'list<string>', extra: 'map<string, list<string>>' },
  dryRun: 'bool',
  options: 'dyn',
};

/** The CEL environment of rules in CustomResourceDefinitions, without their variables: Kubernetes' libraries. */
export function createRuleEnvironment(): Environment {
  const environment = new Environment({ enableOptionalTypes: true });
  for (const add of [addStrings, addLists, addQuantities, addUrls]) add(environment);
  return environment;
}

/** The CEL environment of matchConditions: the variables of admission and Kubernetes' libraries. */
export function createAdmissionEnvironment(): Environment {
  const environment = new Environment({ enableOptionalTypes: true })
    .registerVariable('object', 'dyn')
    .registerVariable('oldObject', 'dyn')
    .registerVariable('namespaceObject', 'dyn')
    .registerVariable({ name: 'request', schema: request });
  for (const add of [addStrings, addLists, addQuantities, addUrls, addAuthorizer]) add(environment);
  return environment;
}
