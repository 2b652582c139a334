/** Makes etcd forget all versions before `revision`, by its JSON gateway. Throws when it refuses. */
export async function compact(etcdUrl: string, revision: string): Promise<void> {
  const body = JSON.stringify({ revision, physical: true });
  const answer = await fetch(`${etcdUrl}/v3/kv/compaction`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`etcd did not compact to ${revision}: ${answer.status} ${await answer.text()}`);
}
