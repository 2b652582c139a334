/** Edit distance of `a` and `b`: characters to add, remove, replace or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_item, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const above = rows[i - 1] ?? [];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      row[j] = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) row[j] = Math.min(row[j] ?? 0, (rows[i - 2]?.[j - 2] ?? 0) + 1);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

const MAX_LENGTH = 40;

/** ` (did you mean NAME?)` for the most similar name; empty if none is similar. A third of the characters may differ. */
export function didYouMean(word: string, names: readonly string[]): string {
  if (word.length > MAX_LENGTH) return '';
  const near = names
    .map((name) => ({ name, wrong: distance(word, name), isBeginning: word.length > 2 && name.startsWith(word) }))
    .filter(({ name, wrong, isBeginning }) => {
      const most = Math.max(1, Math.floor(Math.min(word.length, name.length) / 3));
      return isBeginning || wrong <= most;
    })
    .toSorted((a, b) => Number(b.isBeginning) - Number(a.isBeginning) || a.wrong - b.wrong);
  return near[0] ? ` (did you mean ${near[0].name}?)` : '';
}
