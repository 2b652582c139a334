import type { Environment } from '@marcbachmann/cel-js';

class Authorizer {
  readonly requestResource = new ResourceCheck();
}
class PathCheck {}
class GroupCheck {}
class ResourceCheck {}
class Decision {}

const narrowing = ['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'];

/** The value of `authorizer`. */
export const authorizer = new Authorizer();

/** Kubernetes' authorizer library, on a server without RBAC: every check is allowed. */
export function addAuthorizer(environment: Environment): void {
  environment
    .registerType('ResourceCheck', { ctor: ResourceCheck, fields: {} })
    .registerType('PathCheck', { ctor: PathCheck, fields: {} })
    .registerType('GroupCheck', { ctor: GroupCheck, fields: {} })
    .registerType('Decision', { ctor: Decision, fields: {} })
    .registerType('Authorizer', { ctor: Authorizer, fields: { requestResource: 'ResourceCheck' } })
    .registerVariable('authorizer', 'Authorizer')
    .registerFunction('Authorizer.path(string): PathCheck', () => new PathCheck())
    .registerFunction('Authorizer.group(string): GroupCheck', () => new GroupCheck())
    .registerFunction('Authorizer.serviceAccount(string, string): Authorizer', () => authorizer)
    .registerFunction('GroupCheck.resource(string): ResourceCheck', () => new ResourceCheck())
    .registerFunction('ResourceCheck.check(string): Decision', () => new Decision())
    .registerFunction('PathCheck.check(string): Decision', () => new Decision())
    .registerFunction('Decision.allowed(): bool', () => true)
    .registerFunction('Decision.reason(): string', () => '')
    .registerFunction('Decision.errored(): bool', () => false)
    .registerFunction('Decision.error(): string', () => '');
  for (const name of narrowing)
    environment.registerFunction(`ResourceCheck.${name}(string): ResourceCheck`, (check: ResourceCheck) => check);
}
