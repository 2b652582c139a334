export type IsolationKind = 'namespaces' | 'plain';
