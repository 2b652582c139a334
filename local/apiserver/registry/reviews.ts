import { reviewResources } from '../discovery/documents.ts';
import { timestamp } from './write-request.ts';
import type { UserInfo } from '../identity/user.ts';
import { isObject } from '../object.ts';
import type { JsonObject } from '../object.ts';

/**
 * Answers SelfSubjectReviews and access reviews (given the request's body); undefined for other resources. Authenticated users may do
 * everything here.
 */
export function answerReview(
  path: { group: string; version: string; resource: string },
  user: UserInfo,
  now: Date,
): ((body: unknown) => JsonObject) | undefined {
  const review = reviewResources.find(
    (one) => one.group === path.group && one.version === path.version && one.resource === path.resource,
  );
  if (review === undefined) return undefined;
  const base = { kind: review.kind, apiVersion: `${review.group}/${review.version}`, metadata: {} };
  if (review.kind === 'SelfSubjectReview')
    return () => ({ ...base, metadata: { creationTimestamp: timestamp(now) }, status: { userInfo: user } });
  return (body) => ({
    ...base,
    spec: isObject(body) ? body['spec'] : {},
    status: { allowed: true, reason: 'every authenticated user of this loopback server is allowed' },
  });
}
