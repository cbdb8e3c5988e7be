/** What differs between two texts, line by line: Myers' shortest script of insertions and deletions. */

export interface DiffLine {
  kind: "same" | "added" | "removed";
  text: string;
  /** Its number in the left and in the right text, from 1; null where it is not in it. */
  left: number | null;
  right: number | null;
}

const MOST_EDITS = 1500;

/** All lines of both; texts that have too little in common are one taken away and one put there. */
export function lineDiff(left: string[], right: string[], mostEdits = MOST_EDITS): DiffLine[] {
  let head = 0;
  while (head < left.length && head < right.length && left[head] === right[head]) head++;
  let tail = 0;
  const least = Math.min(left.length, right.length) - head;
  while (tail < least && left[left.length - 1 - tail] === right[right.length - 1 - tail]) tail++;
  const kinds = shortestScript(
    left.slice(head, left.length - tail),
    right.slice(head, right.length - tail),
    mostEdits,
  );
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  const same = () => {
    lines.push({ kind: "same", text: left[i]!, left: ++i, right: ++j });
  };
  while (i < head) same();
  for (const kind of kinds) {
    if (kind === "same") same();
    else if (kind === "removed") lines.push({ kind, text: left[i]!, left: ++i, right: null });
    else lines.push({ kind, text: right[j]!, left: null, right: ++j });
  }
  while (i < left.length) same();
  return lines;
}

function shortestScript(a: string[], b: string[], mostEdits: number): DiffLine["kind"][] {
  const most = Math.min(a.length + b.length, mostEdits);
  const zero = most + 1;
  // furthest[zero + k]: how far into a the best way on the diagonal x - y = k comes.
  const furthest = new Int32Array(2 * most + 3);
  const before: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    before.push(furthest.slice(zero - edits - 1, zero + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const down = isDown(k, edits, furthest[zero + k - 1]!, furthest[zero + k + 1]!);
      let x = down ? furthest[zero + k + 1]! : furthest[zero + k - 1]! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      furthest[zero + k] = x;
      if (x >= a.length && x - k >= b.length) return wayBack(a.length, b.length, before);
    }
  }
  return [...a.map(() => "removed" as const), ...b.map(() => "added" as const)];
}

function isDown(k: number, edits: number, fromLeft: number, fromAbove: number): boolean {
  return k === -edits || (k !== edits && fromLeft < fromAbove);
}

function wayBack(n: number, m: number, before: Int32Array[]): DiffLine["kind"][] {
  const kinds: DiffLine["kind"][] = [];
  let [x, y] = [n, m];
  for (let edits = before.length - 1; edits > 0; edits--) {
    const known = before[edits]!;
    const at = (k: number) => known[k + edits + 1]!;
    const k = x - y;
    const down = isDown(k, edits, at(k - 1), at(k + 1));
    const [fromX, fromK] = down ? [at(k + 1), k + 1] : [at(k - 1), k - 1];
    const fromY = fromX - fromK;
    while (x > fromX && y > fromY) {
      kinds.push("same");
      x--;
      y--;
    }
    kinds.push(down ? "added" : "removed");
    [x, y] = [fromX, fromY];
  }
  while (x-- > 0) kinds.push("same");
  return kinds.reverse();
}

/** The parts with differences, each with some lines around. */
export function hunksOf(lines: DiffLine[], around = 3): DiffLine[][] {
  const hunks: DiffLine[][] = [];
  let end = -1;
  lines.forEach((line, i) => {
    if (line.kind === "same") return;
    const from = Math.max(i - around, end);
    if (from > end || hunks.length === 0) hunks.push([]);
    const to = Math.min(i + around + 1, lines.length);
    hunks.at(-1)!.push(...lines.slice(Math.max(from, end, 0), to));
    end = to;
  });
  return hunks;
}
