import { required } from '../test/required.ts';
/** Rounds of a thing and of what it is compared with, in turns, so that noise meets both alike. */
export interface Contender {
  name: string;
  run(): Promise<unknown> | unknown;
}

export interface Measured {
  name: string;
  perRunUs: number;
  /** Against the first contender: above 1 is slower. */
  ratio: number;
}

export async function compare(contenders: readonly Contender[], { rounds = 7, runs = 200 } = {}): Promise<Measured[]> {
  const times = contenders.map(() => [] as number[]);
  for (const contender of contenders) for (let at = 0; at < runs; at += 1) await contender.run();
  for (let round = 0; round < rounds; round += 1)
    for (const [index, contender] of contenders.entries()) {
      const begin = performance.now();
      for (let at = 0; at < runs; at += 1) await contender.run();
      required(times[index]).push(((performance.now() - begin) * 1000) / runs);
    }
  const medians = times.map((list) => required(list.sort((a, b) => a - b)[Math.floor(list.length / 2)]));
  return contenders.map(({ name }, index) => ({
    name,
    perRunUs: required(medians[index]),
    ratio: required(medians[index]) / required(medians[0]),
  }));
}

export function print(title: string, rows: readonly Measured[]): void {
  process.stdout.write(`\n${title}\n`);
  for (const { name, perRunUs, ratio } of rows)
    process.stdout.write(`  ${name.padEnd(48)} ${perRunUs.toFixed(1).padStart(10)} µs  ${ratio.toFixed(2)} ×\n`);
}
