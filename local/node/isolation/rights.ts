/** What this process may do to the processes that it starts. */
export interface Rights {
  /** Become any user and group. Root of a user namespace with one user may not. */
  switchUsers: boolean;
  /** Take capabilities away. */
  limitCapabilities: boolean;
}
