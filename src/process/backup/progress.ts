export interface Progress {
  add(count: number): void;
  end(): void;
}

const EVERY_MS = 200;

/** How far long work is: the total, the share and the time left, on a terminal alone. */
export function createProgress(
  verb: string,
  total: number,
  { isTTY, write }: { isTTY?: boolean; write(text: string): unknown } = process.stderr,
  now: () => number = () => performance.now(),
): Progress {
  const begun = now();
  let done = 0;
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    add(count) {
      done += count;
      if (!isTTY || now() - shownAt < EVERY_MS) return;
      shownAt = now();
      const left = done === 0 ? 0 : Math.ceil((((now() - begun) / done) * Math.max(0, total - done)) / 1000);
      const share = total === 0 ? 100 : Math.floor((done / total) * 100);
      write(`\r\u001b[K${verb} ${done} of ${total} documents (${share} %), ${left} s left`);
    },
    end() {
      if (isTTY) write('\r\u001b[K');
    },
  };
}
