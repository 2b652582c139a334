/** The user of a request (authentication.k8s.io UserInfo). */
export interface UserInfo {
  username: string;
  groups: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}
