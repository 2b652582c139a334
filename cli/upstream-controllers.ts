/** User names of upstream Tekton's controllers as its releases install it: the webhook trusts them. The project's own is added by its namespace. */
export const UPSTREAM_CONTROLLERS: readonly string[] = [
  'system:serviceaccount:tekton-pipelines:tekton-pipelines-controller',
];
