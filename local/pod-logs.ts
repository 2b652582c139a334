/** Which part of which container's log is asked for; the fields are those of the Kubernetes `pods/log` subresource. */
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
 * Whoever runs the containers and so holds their logs (the node). The API server streams what this yields as the answer to
 * `GET …/pods/NAME/log`. Throws an Error whose message is shown to the caller with status 400 when the container has not started.
 */
export interface PodLogSource {
  logs(request: PodLogRequest): AsyncIterable<Buffer>;
}
