/** The options of the `pods/log` subresource. */
export interface PodLogRequest {
  namespace: string;
  pod: string;
  /** Absent only where the Pod has a single container. */
  container: string;
  follow: boolean;
  timestamps: boolean;
  tailLines?: number;
  sinceSeconds?: number;
  limitBytes?: number;
  signal: AbortSignal;
}

/**
 * The source of containers' logs (the node). The API server streams its output for `GET …/pods/NAME/log`. Throws an Error, for the client
 * with status 400, if the container has not started.
 */
export interface PodLogSource {
  logs(request: PodLogRequest): AsyncIterable<Buffer>;
}
