import { createHash } from 'node:crypto';

const MAX_ANNOTATION_NAME = 63;
const MAX_OBJECT_NAME = 63;

/** The attempt in a Pod's name: the number of its `-retry<N>` suffix, 0 without one. */
export function attemptOfPod(podName: string | undefined): number {
  const suffix = /-retry(\d{1,6})$/.exec(podName ?? '');
  return suffix ? Number(suffix[1]) : 0;
}

/**
 * The Pod annotation with one step's bare traceparent. `container` is the container's name (`step-build`). An annotation's name may have 63
 * characters; a longer one is cut and gets a hash.
 */
export function stepAnnotation(container: string): string {
  const name = `${container}-span-context`;
  if (name.length <= MAX_ANNOTATION_NAME) return `tekton/${name}`;
  const hash = createHash('sha256').update(container).digest('hex').slice(0, 10);
  return `tekton/${container.slice(0, MAX_ANNOTATION_NAME - hash.length - '--span-context'.length)}-${hash}-span-context`;
}

/** A child's name as in knative's kmeta.ChildName: parent + suffix; with more than 63 characters, with an MD5 hash. */
export function childName(parent: string, suffix: string): string {
  const whole = `${parent}${suffix}`;
  if (whole.length <= MAX_OBJECT_NAME) return whole;
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const head = MAX_OBJECT_NAME - 32;
  if (suffix.length < head) return `${parent.slice(0, head - suffix.length)}${md5(parent)}${suffix}`;
  const hashed = `${parent.slice(0, head)}${md5(whole)}`;
  return `${hashed}${suffix.slice(0, MAX_OBJECT_NAME - hashed.length)}`.replace(/[^a-z0-9]+$/, '');
}
